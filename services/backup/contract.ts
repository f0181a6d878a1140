/** What backup offers: the whole configuration as one file, and a file as a draft. */
import type { Operation } from '../schema/types.generated.ts';

export interface LoadResult {
  /** What was added to the author's draft. */
  readonly operations: readonly Operation[];
  /** Machines of the file that this controller does not know; they are named, not admitted. */
  readonly unknownMachines: readonly string[];
  readonly certificates: number;
}

export interface BackupService {
  /** The configuration file of a revision; secrets are encrypted under `passphrase`. */
  save(options: { readonly revision?: number; readonly passphrase: string }): Promise<string>;
  /**
   * Checks the file whole, brings its keys, chains, authorities and archives in, and puts the difference in the author's draft.
   * What the authorities here issued and revoked stays as it is, and so do archives of later leaves.
   */
  load(author: string, file: string, passphrase: string): Promise<LoadResult>;
}
