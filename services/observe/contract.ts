/** What the alert service offers, and what it needs. */
import type { SaveState } from '../backup/schedule/contract.ts';
import type { ConfigService } from '../config/service.ts';
import type { AuthorityService } from '../pki/authority/contract.ts';
import type { PkiService } from '../pki/service.ts';
import type { PushService } from '../push/contract.ts';
import type { AlertView } from '../schema/types.generated.ts';
import type { Compare, Store } from '../store/store.ts';
import type { Delivery } from './deliver.ts';
import type { SessionService } from './sessions/service.ts';

export interface AlertDeps {
  readonly store: Store;
  readonly config: Pick<ConfigService, 'head' | 'configuration' | 'effective'>;
  readonly pki: Pick<PkiService, 'chain' | 'bundle' | 'demonstration'>;
  readonly authorities: Pick<AuthorityService, 'list'>;
  readonly push: Pick<PushService, 'statuses'>;
  readonly sessions: Pick<SessionService, 'failing'>;
  /** How scheduled saves go. */
  readonly saves: { state(): Promise<SaveState> };
  readonly now: () => Date;
}

export interface AlertService {
  /** Every alert that is not over, as the last check left it, the most urgent first. */
  list(): Promise<readonly AlertView[]>;
  /** Nobody is told of it again until it comes to its next rung; not-found. */
  acknowledge(id: string, by: string): Promise<AlertView>;
  /** Nobody is told of it until then; a time that is past ends a silence. not-found. */
  silence(id: string, until: string, by: string): Promise<AlertView>;
  /** Sends a test notice to every recipient; throws `invalid-input` when there is none. */
  test(signal: AbortSignal): Promise<readonly Delivery[]>;
}

export interface Checked {
  readonly alerts: number;
  /** Recipients that could not be told; the next check tries again. */
  readonly failed: readonly Delivery[];
  /** When something that is watched already becomes an alert. */
  readonly next: Date | undefined;
}

/** What the leading controller runs besides the contract. */
export interface AlertKeeper {
  /**
   * Looks at everything that may need a person, records it, and tells whoever has not heard of it. All writes hold `fence`:
   * throws `interrupted` once another controller leads. What was sent just before that is sent once more by the other.
   */
  check(fence: Compare, signal: AbortSignal): Promise<Checked>;
}
