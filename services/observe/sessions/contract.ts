/** What the service of mail sessions offers, and what it needs. */
import type { Finding } from '../../errors.ts';
import type { MachineService } from '../../machines/service.ts';
import type { LogReading as Reading } from '../../push/mail-log.ts';
import type {
  Configuration,
  LogReading,
  MailSessionList,
  MailSessionQuery,
  SessionCountList,
  SessionCountQuery,
} from '../../schema/types.generated.ts';
import type { Store } from '../../store/store.ts';
import type { Failing } from './failing.ts';

export interface SessionDeps {
  readonly store: Store;
  readonly machines: Pick<MachineService, 'list'>;
  /** Reads the mail log of a machine, by its id, from a cursor on. */
  readonly read: (id: string, cursor: string) => Promise<Reading>;
  readonly now: () => Date;
}

export interface SessionService {
  /** Sessions that are kept one by one, the newest first. */
  list(query: MailSessionQuery): Promise<MailSessionList>;
  /** All that were counted, by destination and client, the largest first; also of those that are not kept one by one. */
  counts(query: SessionCountQuery): Promise<SessionCountList>;
  /**
   * Reads the logs of all members, or of one, from where they were read last. A log that cannot be read says why; only an unknown
   * machine is an error. Two that read the same log at once keep nothing twice.
   */
  collect(machine?: string, signal?: AbortSignal): Promise<readonly LogReading[]>;
  /** The destinations whose last session failed, machine by machine. When that changes, `keys.failing` is written. */
  failing(): Promise<readonly Failing[]>;
  /**
   * Warnings of destinations and clients whose messages of the last 14 days would not have gone as they did under `after`, or of which
   * that cannot be told. Both configurations must be whole.
   */
  whatIf(before: Configuration, after: Configuration): Promise<readonly Finding[]>;
}
