/** Upkeep of the store by the controller that leads: rollouts of long ago and plans that nobody accepted go, and history that nobody watches from any more. */
import { setTimeout as sleep } from 'node:timers/promises';

import { isNamed } from '../errors.ts';
import type { PlanService } from '../membership/plans/service.ts';
import type { PushLeader } from '../push/service.ts';
import { keys } from '../store/keys.ts';
import type { Compare, Store } from '../store/store.ts';

export interface UpkeepDeps {
  readonly store: Pick<Store, 'range' | 'compact'>;
  readonly push: Pick<PushLeader, 'prune'>;
  readonly plans: Pick<PlanService, 'prune'>;
  readonly log: (event: string, facts: Readonly<Record<string, unknown>>) => void;
}

export interface Schedule {
  /** Holds only for as long as this controller leads. */
  readonly fence: Compare;
  readonly everySeconds: number;
}

const keptRollouts = 200;

/**
 * Runs at once and then every `everySeconds`, until `signal` aborts. Each run leaves the history since the run before it, so
 * who was away for less than that misses nothing. A run that fails is made up for by the next; only `interrupted` is thrown.
 */
export async function upkeep(
  { store, push, plans, log }: UpkeepDeps,
  { fence, everySeconds }: Schedule,
  signal: AbortSignal,
): Promise<void> {
  const over = () => signal.aborted;
  let before: number | undefined;
  while (!over()) {
    try {
      const rollouts = await push.prune(keptRollouts, fence, signal);
      await plans.prune();
      if (before !== undefined && !over()) await store.compact(before);
      if (rollouts > 0) log('old rollouts removed', { rollouts });
      before = (await store.range(keys.head, { limit: 1 })).revision;
    } catch (error) {
      if (over()) return;
      if (isNamed(error, 'interrupted')) throw error;
      log('upkeep failed', { error: String(error) });
    }
    await sleep(everySeconds * 1000, undefined, { signal }).catch(() => undefined);
  }
}
