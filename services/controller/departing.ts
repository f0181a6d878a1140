/** Machines that left without being let go, tried again and again by the controller that leads, ever more seldom. */
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';

import type { AuditService } from '../audit/service.ts';
import type { MembershipService } from '../membership/contract.ts';

export interface DepartingDeps {
  readonly membership: Pick<MembershipService, 'expectedBack' | 'finishLeave'>;
  readonly audit: Pick<AuditService, 'record'>;
  readonly sweepSeconds: number;
  readonly log: (event: string, facts: Readonly<Record<string, unknown>>) => void;
}

/** Each that is dark holds its place until its connection is given up. */
const atOnce = 4;

const longestSeconds = 3_600;

/** Tries until `signal` aborts; what it finishes is in the audit trail. */
export async function departing(
  { membership, audit, sweepSeconds, log }: DepartingDeps,
  signal: AbortSignal,
): Promise<void> {
  const over = () => signal.aborted;
  const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  /** After how many rounds each is tried again, and how many it has waited. */
  const rounds = new Map<string, { readonly pause: number; readonly waited: number }>();
  const longest = Math.max(1, Math.floor(longestSeconds / sweepSeconds));

  async function attempt(id: string, name: string): Promise<void> {
    const { pause, waited } = rounds.get(id) ?? { pause: 1, waited: 1 };
    if (over()) return;
    if (waited < pause) {
      rounds.set(id, { pause, waited: waited + 1 });
      return;
    }
    try {
      const detail = await membership.finishLeave(id);
      rounds.delete(id);
      if (detail === undefined) return;
      log('leave finished', { machine: name, detail });
      const object = `/machines/${name}`;
      await audit.record({ actor: 'signetd', action: 'finish-leave', object, outcome: 'ok', detail });
    } catch (error) {
      rounds.set(id, { pause: Math.min(pause * 2, longest), waited: 1 });
      if (!over()) log('leave not finished yet', { machine: name, error: String(error) });
    }
  }

  while (!over()) {
    await sleep(sweepSeconds * 1000, undefined, { signal }).catch(() => undefined);
    if (over()) return;
    const limit = pLimit(atOnce);
    const expected = await membership.expectedBack();
    await Promise.race([Promise.all(expected.map(({ id, name }) => limit(attempt, id, name))), stopped]);
  }
}
