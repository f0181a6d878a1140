/** Seals over the audit trail, by the controller that leads: every minute, when there is something to seal. */
import { setTimeout as sleep } from 'node:timers/promises';

import type { AuditSealer } from '../audit/service.ts';
import { isNamed } from '../errors.ts';
import type { Compare } from '../store/store.ts';

export interface SealingDeps {
  readonly audit: AuditSealer;
  readonly log: (event: string, facts: Readonly<Record<string, unknown>>) => void;
}

const everyMilliseconds = 60_000;

/**
 * Seals until `signal` aborts. The log says each seal, so that a log kept elsewhere proves the trail up to there. A run that
 * fails is made up for by the next; only `interrupted` is thrown.
 */
export async function sealing({ audit, log }: SealingDeps, fence: Compare, signal: AbortSignal): Promise<void> {
  const over = () => signal.aborted;
  while (!over()) {
    try {
      const seal = await audit.seal(fence);
      if (seal) log('audit trail sealed', { seal: `${seal.number}:${seal.digest}` });
    } catch (error) {
      if (over()) return;
      if (isNamed(error, 'interrupted')) throw error;
      log('audit trail not sealed', { error: String(error) });
    }
    await sleep(everyMilliseconds, undefined, { signal }).catch(() => undefined);
  }
}
