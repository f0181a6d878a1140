/** The names of saved files, and which of them go when a new one is there. Pure. */
import type { SavedFile } from '../../schema/types.generated.ts';

/** By time (UTC) and revision; a host may take no colons. */
export function nameOf(time: Date, revision: number): string {
  return `signet-${time.toISOString().slice(0, 19).replaceAll(':', '-')}Z-r${revision}.signet`;
}

/** A file by its name, as far as that tells. */
export function readName(name: string): Pick<SavedFile, 'name' | 'time' | 'revision'> {
  const [, day = '', time = '', revision] = /^signet-(.{10})T(.{8})Z-r(\d+)\.signet$/.exec(name) ?? [];
  return { name, time: `${day}T${time.replaceAll('-', ':')}.000Z`, revision: Number(revision) };
}

/**
 * Of the files on one host, as they were made, the newest first: those beyond the newest `keep` proven ones, and unproven ones that are not
 * the newest file. So the newest proven one stays whatever comes and whatever clocks said, and failing saves fill no disk. Files on other
 * hosts are left to the controllers there.
 */
export function expired(files: readonly SavedFile[], keep: number, host: string | undefined): readonly SavedFile[] {
  const here = files.filter((file) => file.host === host);
  const proven = here.filter((file) => file.proven);
  return [...proven.slice(Math.max(1, keep)), ...here.slice(1).filter((file) => !file.proven)];
}
