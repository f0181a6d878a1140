/** What backup offers: the whole configuration as one file, a file as a draft, and a lost controller's place from its file. */
import type { FileVerification, Operation, TakeOver } from '../schema/types.generated.ts';

export interface LoadResult {
  /** What was added to the author's draft. */
  readonly operations: readonly Operation[];
  /** Machines of the file that this controller does not know; they are named, not admitted. */
  readonly unknownMachines: readonly string[];
  readonly certificates: number;
}

export interface SaveOptions {
  /** The head when left out. */
  readonly revision?: number;
  /** What the secrets are encrypted under; without it they are left out of the file. */
  readonly passphrase?: string | undefined;
}

/** A file that was saved without secrets is given without a passphrase: with one it is refused, as that would prove nothing. */
export interface BackupService {
  save(options: SaveOptions): Promise<string>;
  /**
   * Checks the file whole, brings its keys, chains, authorities and archives in, and puts the difference in the author's draft.
   * A file without secrets takes the keys it needs from this controller; `precondition-failed` names those that are not there.
   * What the authorities here issued and revoked stays as it is, and so do archives of later leaves.
   */
  load(author: string, file: string, passphrase?: string): Promise<LoadResult>;
  /**
   * Takes the place of the controller that saved the file: its revision becomes the head, its machines are members, and they
   * are told of a new epoch, so that they refuse the old one. All of it or nothing, also when the process is killed. Throws
   * `precondition-failed` for a controller that is not empty, for a file of format 1, and for one without secrets.
   */
  takeOver(author: string, file: string, passphrase?: string): Promise<TakeOver>;
  /** The same, but for doing it. */
  planTakeOver(file: string, passphrase?: string): Promise<TakeOver>;
  /**
   * Restores the file as a take-over would, into a store that is removed again, and says of each machine whether it would be
   * given what is on record of it here. Changes nothing. Throws as `takeOver` does, but for a controller that is not empty.
   */
  verify(file: string, passphrase?: string): Promise<FileVerification>;
  /** Removes what a take-over that was killed has left; for the start. */
  recover(): Promise<void>;
}
