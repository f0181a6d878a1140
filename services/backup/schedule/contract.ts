/** What scheduled saves offer: the schedule, a save now, and for the leading controller, a save when one is due. */
import type { Address, Login, SshKey } from '../../push/ssh.ts';
import type { RemoteFolder } from '../../push/sftp.ts';
import type {
  SavedFile,
  SaveProblem,
  SaveScheduleRequest,
  SaveScheduleView,
  SaveTarget,
} from '../../schema/types.generated.ts';
import type { Secrets } from '../../secrets/service.ts';
import type { Compare, Store } from '../../store/store.ts';
import type { ConfigService } from '../../config/service.ts';
import type { BackupService } from '../contract.ts';

export interface ScheduleDeps {
  readonly store: Store;
  readonly secrets: Secrets;
  readonly config: Pick<ConfigService, 'head'>;
  readonly backup: Pick<BackupService, 'save' | 'verify'>;
  readonly sshKey: () => Promise<SshKey>;
  readonly ssh: {
    readonly readHostKey: (at: Address) => Promise<string>;
    readonly folder: (at: Address, login: Login, pinned: string, folder: string) => Promise<RemoteFolder>;
  };
  /** Of the machine this runs on. */
  readonly hostname: string;
  readonly now: () => Date;
  /** As many unpredictable bytes as asked for. */
  readonly random: (size: number) => Uint8Array;
}

/** How it goes: what failed last, and since when the last good save is too old. */
export type SaveState =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'scheduled';
      readonly target: SaveTarget;
      readonly problem?: SaveProblem;
      readonly overdue?: string;
    };

export interface ScheduleService {
  /** Throws `not-found` when nothing is scheduled. */
  show(): Promise<SaveScheduleView>;
  /**
   * Sets or changes it. Files that were saved elsewhere before are left alone from then on. Throws `invalid-input`, and
   * `host-key-mismatch` when the SFTP host shows another key than was said.
   */
  set(by: string, request: SaveScheduleRequest): Promise<SaveScheduleView>;
  /** Nothing is saved by itself any more; the files stay, and the passphrase goes. */
  off(): Promise<void>;
  /** Saves now, whenever it is due; throws what did not work, as it is recorded too, and `busy` while a save is under way. */
  run(): Promise<SavedFile>;
  state(): Promise<SaveState>;
}

export type Saved =
  | { readonly kind: 'saved'; readonly file: SavedFile }
  | { readonly kind: 'failed'; readonly code: string; readonly detail: string };

/** What the leading controller runs besides. */
export interface ScheduleKeeper {
  /** Saves when it is due and something was committed ever; undefined when not. All writes hold `fence`. */
  saveIfDue(fence: Compare): Promise<Saved | undefined>;
}
