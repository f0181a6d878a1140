/** Scheduled saves of the configuration, by the controller that leads: each is in the log and in the audit trail. */
import { setTimeout as sleep } from 'node:timers/promises';

import type { AuditService } from '../audit/service.ts';
import type { ScheduleKeeper } from '../backup/schedule/contract.ts';
import { isNamed } from '../errors.ts';
import type { Compare } from '../store/store.ts';

export interface SavingDeps {
  readonly schedule: ScheduleKeeper;
  readonly audit: Pick<AuditService, 'record'>;
  readonly log: (event: string, facts: Readonly<Record<string, unknown>>) => void;
}

const everyMilliseconds = 30_000;

/** Looks until `signal` aborts whether a save is due. What fails is recorded and tried again; only `interrupted` is thrown. */
export async function saving({ schedule, audit, log }: SavingDeps, fence: Compare, signal: AbortSignal): Promise<void> {
  const over = () => signal.aborted;
  while (!over()) {
    try {
      const saved = await schedule.saveIfDue(fence);
      const common = { actor: 'signetd', action: 'scheduled-save' };
      if (saved?.kind === 'saved') {
        const { name, revision, bytes, inSync = 0, machines = 0 } = saved.file;
        log('configuration saved', { file: name, revision, bytes });
        const detail = `${name}: ${inSync} of ${machines} machines would be in sync`;
        await audit.record({ ...common, object: `/revisions/${revision}`, outcome: 'ok', detail });
      } else if (saved) {
        const { code, detail } = saved;
        log('configuration not saved', { detail });
        await audit.record({ ...common, object: '/configuration-files/schedule', outcome: code, detail });
      }
    } catch (error) {
      if (over()) return;
      if (isNamed(error, 'interrupted')) throw error;
      log('configuration not saved', { error: String(error) });
    }
    await sleep(everyMilliseconds, undefined, { signal }).catch(() => undefined);
  }
}
