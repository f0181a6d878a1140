/** What backup offers: the whole configuration as one file, a file as a draft, and a lost controller's place from its file. */
import type { ChangePlan } from '../config/contract.ts';
import type { Finding } from '../errors.ts';
import type { CertificatePlace, FileVerification, LoadResult, TakeOver } from '../schema/types.generated.ts';

export type { LoadResult } from '../schema/types.generated.ts';

export interface LoadOptions {
  readonly passphrase?: string | undefined;
  /** By the names of machines in the file: the machine here that gets its settings, or null to leave it out. */
  readonly map?: Readonly<Record<string, string | null>> | undefined;
  /** Also when another controller saved the file. */
  readonly foreign?: boolean | undefined;
  /** Also when its audit trail is not as it was written. */
  readonly damagedTrail?: boolean | undefined;
}

export type TakeOverOptions = Pick<LoadOptions, 'passphrase' | 'damagedTrail'>;

export type Origin = LoadResult['origin'];

export interface LoadPlan extends Omit<LoadResult, 'operations' | 'unknownMachines'> {
  /** What a load would be refused for. */
  readonly obstacles: readonly Finding[];
  /** With the difference in files of each machine that it changes. */
  readonly change: ChangePlan & { readonly diffs: Readonly<Record<string, string>> };
}

export interface SaveOptions {
  /** The head when left out. */
  readonly revision?: number;
  /** What the secrets are encrypted under; without it they are left out of the file. */
  readonly passphrase?: string | undefined;
  /** With the revisions before, the keys and chains that only they name, and the audit trail. */
  readonly history?: boolean | undefined;
  /** Only these, with what they refer to; the whole configuration when neither is given. */
  readonly levels?: readonly string[] | undefined;
  readonly certificates?: readonly CertificatePlace[] | undefined;
}

export interface Loading {
  /**
   * Checks the file whole, brings its keys, chains, authorities and archives in, and puts the difference in the author's draft.
   * Machines are told by identity, and by hand where that is said; no member is dismissed. A file without secrets takes the keys
   * it needs from this controller; `precondition-failed` names those that are not there, and whatever else stands in the way.
   * What the authorities here issued and revoked stays as it is, and so do archives of later leaves.
   */
  load(author: string, file: string, options: LoadOptions): Promise<LoadResult>;
  /** What a load would do, found out by doing it aside; an obstacle is in the answer, and nothing changes. */
  planLoad(author: string, file: string, options: LoadOptions): Promise<LoadPlan>;
}

/** A file that was saved without secrets is given without a passphrase: with one it is refused, as that would prove nothing. */
export interface BackupService extends Loading {
  save(options: SaveOptions): Promise<string>;
  /**
   * Takes the place of the controller that saved the file: its revision becomes the head, its machines are members, and they
   * are told of a new epoch, so that they refuse the old one. All of it or nothing, also when the process is killed. Throws
   * `precondition-failed` for a controller that is not empty, for a file of format 1, for one without secrets, and for one with a
   * damaged audit trail.
   */
  takeOver(author: string, file: string, options: TakeOverOptions): Promise<TakeOver>;
  /** The same, but for doing it. */
  planTakeOver(file: string, options: TakeOverOptions): Promise<TakeOver>;
  /**
   * Restores the file as a take-over would, into a store that is removed again, and says of each machine whether it would be
   * given what is on record of it here; and of the audit trail, whether it is as it was written. Changes nothing. Throws as `takeOver` does, but for a controller that is not empty.
   */
  verify(file: string, passphrase?: string): Promise<FileVerification>;
  /** Removes what a take-over that was killed has left, or ends one that counts already; for the start. */
  recover(): Promise<void>;
}
