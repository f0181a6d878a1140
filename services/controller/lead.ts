/** Leadership: one controller holds the lease, pushes, and raises the epoch that fences all before it. */
import { setTimeout as sleep } from 'node:timers/promises';

import type { ConfigService } from '../config/service.ts';
import { isNamed, isTransient } from '../errors.ts';
import type { PushService } from '../push/contract.ts';
import type { PushLeader } from '../push/service.ts';
import type { Revision } from '../schema/types.generated.ts';
import { follow } from '../store/follow.ts';
import { keys } from '../store/keys.ts';
import { unchanged, type Lease, type Store } from '../store/store.ts';
import { alerting, type AlertingDeps } from './alerting.ts';
import { departing, type DepartingDeps } from './departing.ts';
import { saving, type SavingDeps } from './saving.ts';
import { sealing, type SealingDeps } from './sealing.ts';
import { collecting, type CollectingDeps } from './collecting.ts';
import { sweep, type SweepDeps } from './sweep.ts';
import { upkeep, type UpkeepDeps } from './upkeep.ts';

export interface LeadDeps extends SweepDeps, DepartingDeps, AlertingDeps, CollectingDeps, SealingDeps, SavingDeps {
  readonly store: Store;
  readonly config: ConfigService;
  readonly push: PushService & PushLeader;
  readonly plans: UpkeepDeps['plans'];
  readonly audit: SealingDeps['audit'] & DepartingDeps['audit'];
  readonly name: string;
}

const leaseSeconds = 10;
const retryMilliseconds = 1_000;
const upkeepSeconds = 3_600;
/** More joins in a row than this are rolled out by what comes after them. */
const lookBack = 200;

/** Campaigns and leads, over and over, until `signal` aborts. `leading` tells whether it does at the moment. */
export async function lead(deps: LeadDeps, leading: (yes: boolean) => void, signal: AbortSignal): Promise<void> {
  const over = () => signal.aborted;
  while (!over()) {
    try {
      const lease = await deps.store.lease(keys.leader, deps.name, leaseSeconds, signal);
      leading(true);
      try {
        await term(deps, lease, AbortSignal.any([signal, lease.lost]));
      } finally {
        leading(false);
        await lease.release().catch(() => undefined);
      }
    } catch (error) {
      if (over()) return;
      deps.log('leadership interrupted', {
        error: error instanceof Error ? error.message : String(error),
        transient: isTransient(error),
      });
      await sleep(retryMilliseconds, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** One term: a new epoch, then rollouts, the watch on the head, the sweep, alerts, seals, saves, and upkeep, until the lease is lost. */
async function term(deps: LeadDeps, lease: Lease, signal: AbortSignal): Promise<void> {
  const epoch = await nextEpoch(deps.store, lease);
  deps.log('leading', { epoch });
  const failed = new AbortController();
  const all = AbortSignal.any([signal, failed.signal]);
  const tasks = [
    deps.push.lead({ epoch, fence: lease.fence }, all),
    followHead(deps, all),
    sweep(deps, all),
    departing(deps, all),
    collecting(deps, all),
    alerting(deps, lease.fence, all),
    sealing(deps, lease.fence, all),
    saving(deps, lease.fence, all),
    upkeep(deps, { fence: lease.fence, everySeconds: upkeepSeconds }, all),
  ];
  try {
    await Promise.all(tasks);
  } finally {
    failed.abort();
    await Promise.allSettled(tasks);
  }
}

async function nextEpoch(store: Store, lease: Lease): Promise<number> {
  const entry = await store.get(keys.epoch);
  const epoch = Number(entry?.value ?? 0) + 1;
  const { applied } = await store.transact({
    compare: [lease.fence, unchanged(keys.epoch, entry)],
    writes: [{ put: keys.epoch, value: String(epoch) }],
  });
  if (!applied) throw new Error('the lease was lost before the epoch was raised');
  return epoch;
}

/** A commit does not push: every new head that wants a rollout gets one here, also when it was committed while nobody led. */
async function followHead({ store, config, push, log }: LeadDeps, signal: AbortSignal): Promise<void> {
  const { revision } = await store.range(keys.head, { limit: 1 });
  const rollOut = async () => {
    // Revisions that concern single machines do not stand for those before them.
    const open: Revision[] = [];
    for (const revision of await config.history({ limit: lookBack })) {
      if (revision.number > 0 && revision.rollout) open.unshift(revision);
      if (revision.rollout && !revision.machines) break;
    }
    for (const { number, author } of open) {
      // What keeps one revision from going out must not end the term, and with it all that others wait for.
      await push.ensure(number, author).catch((error: unknown) => {
        if (!isNamed(error) || isTransient(error)) throw error;
        log('rollout not started', { revision: number, detail: error.message });
      });
    }
  };
  await rollOut();
  for await (const _change of follow(store, keys.head, revision + 1, signal)) await rollOut();
}
