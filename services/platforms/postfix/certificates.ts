/** Certificate files of a generation: one per certificate in use, the key first, so that a daemon never reads a mixed pair. */
import type { ManifestFile, Settings } from '../../schema/types.generated.ts';
import { named } from '../reference.ts';

export function certificatePath(name: string): string {
  return `certificates/${name}.pem`;
}

/** Files for the certificates in use, by path; `users` says by name who uses one. postconf smtpd_tls_chain_files wants this order. */
export function certificateFiles(users: ReadonlyMap<string, string>, settings: Settings): readonly ManifestFile[] {
  return [...users.keys()].sort().map((name) => {
    const { key, chain } = named(settings.certificates, name, users.get(name) ?? 'nobody', 'certificate');
    return { path: certificatePath(name), parts: [{ key }, { chain }] };
  });
}
