/** One scheduled save: written, read back, restored aside, and only then is anything older removed. */
import { isNamed, NamedError } from '../../errors.ts';
import type { RemoteFolder } from '../../push/sftp.ts';
import type { FileVerification, SavedFile } from '../../schema/types.generated.ts';
import { deposit, partOf, sha256 } from './deposit.ts';
import { expired, readName } from './retention.ts';

export interface SaveJob {
  readonly folder: RemoteFolder;
  readonly name: string;
  readonly revision: number;
  readonly time: Date;
  readonly host: string | undefined;
  readonly text: string;
  readonly keep: number;
  /** Those that are there already, and those of which part may be. */
  readonly files: readonly SavedFile[];
  readonly unfinished: readonly string[];
  readonly verify: (text: string) => Promise<FileVerification>;
  /** Records what is there; false when the schedule is another one by now. */
  readonly keepRecord: (files: readonly SavedFile[]) => Promise<boolean>;
}

export interface Outcome {
  readonly file?: SavedFile;
  readonly files: readonly SavedFile[];
  readonly unfinished: readonly string[];
  /** What did not work, of whichever step. */
  readonly error?: NamedError;
  /** What is to be thrown once the rest is recorded: no disk, network or file does that. */
  readonly bug?: Error;
}

/** Never throws for what a disk, a network or a file can do: that is an outcome. */
export async function save(job: SaveJob): Promise<Outcome> {
  const { folder, name, revision, time, host } = job;
  const { files: before, unfinished } = await cleanedUp(job);
  let found: Buffer;
  try {
    found = await deposit(folder, name, Buffer.from(job.text));
  } catch (error) {
    return { files: before, unfinished: [...unfinished, name], error: named(error) };
  }
  const common = { name, ...(host === undefined ? {} : { host }), time: time.toISOString(), revision };
  const written = { ...common, bytes: found.length, sha256: sha256(found) };
  const proof = await prove(job, found.toString('utf8'));
  const file: SavedFile = { ...written, ...proof.facts };
  const there = [file, ...before];
  // Before anything goes: what is not on record must not be all that is left.
  const unrecorded = await failure(() => recorded(job, there));
  if (unrecorded?.code === 'interrupted') {
    // A save that counts for nothing any more leaves nothing behind: nobody would ever remove it.
    await failure(() => folder.remove(name));
    return { files: before, unfinished, error: unrecorded };
  }
  if (unrecorded) return { files: there, unfinished, error: unrecorded };
  const { files, error } = await thinOut(folder, there, job.keep, file);
  const wrong = proof.error ?? error;
  return { file, files, unfinished, ...(wrong ? { error: wrong } : {}), ...(proof.bug ? { bug: proof.bug } : {}) };
}

/** What broke off: parts go, and a file that was finished before that was recorded counts as one of those that are there. */
async function cleanedUp({ folder, files, unfinished, host }: SaveJob) {
  const found: SavedFile[] = [];
  const left: string[] = [];
  for (const name of unfinished) {
    const error = await failure(async () => {
      await folder.remove(partOf(name));
      const content = await folder.read(name);
      if (!content || files.some((file) => file.name === name)) return;
      const facts = { bytes: content.length, sha256: sha256(content), proven: false };
      found.unshift({ ...readName(name), ...(host === undefined ? {} : { host }), ...facts });
    });
    if (error) left.push(name);
  }
  return { files: [...found, ...files], unfinished: left };
}

async function prove({ name, verify }: SaveJob, text: string) {
  try {
    const { machines } = await verify(text);
    const lost = machines.find(({ verdict }) => verdict === 'cannot-render' || verdict === 'missing');
    const members = machines.filter(({ verdict }) => verdict !== 'waiting');
    const facts = {
      proven: !lost,
      machines: members.length,
      inSync: members.filter(({ verdict }) => verdict === 'in-sync').length,
    };
    if (!lost) return { facts };
    const why = `${lost.machine}: ${lost.detail ?? lost.verdict}`;
    return { facts, error: unproven(name, why) };
  } catch (error) {
    const facts = { proven: false };
    if (isNamed(error)) return { facts, error: unproven(name, error.message) };
    const bug = error instanceof Error ? error : new Error(String(error));
    return { facts, error: unproven(name, 'an internal error; see the log of signetd'), bug };
  }
}

async function recorded({ keepRecord }: SaveJob, files: readonly SavedFile[]): Promise<void> {
  if (await keepRecord(files)) return;
  throw new NamedError(
    'interrupted',
    'the schedule was set anew meanwhile, or another save took its place; nothing was saved by this one',
  );
}

/** What is unproven removes nothing but what is unproven itself. */
async function thinOut(folder: RemoteFolder, files: readonly SavedFile[], keep: number, { host, proven }: SavedFile) {
  const gone = new Set<SavedFile>();
  let error: NamedError | undefined;
  for (const old of expired(files, keep, host).filter((one) => proven || !one.proven)) {
    error ??= await failure(() => folder.remove(old.name));
    if (!error) gone.add(old);
  }
  return { files: files.filter((one) => !gone.has(one)), error };
}

async function failure(act: () => Promise<void>): Promise<NamedError | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    return named(error);
  }
}

function named(error: unknown): NamedError {
  if (isNamed(error)) return error;
  throw error;
}

function unproven(name: string, why: string): NamedError {
  return new NamedError(
    'precondition-failed',
    `${name} is written, and would not restore all of it: ${why}; nothing proven was removed for it`,
  );
}
