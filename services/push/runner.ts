/** Carries rollouts out, wave by wave, on the controller that leads; every step is recorded before the next, so another can go on. */
import pLimit from 'p-limit';

import type { Outcome, Rollout } from '../schema/types.generated.ts';
import type { Delivery } from './conclude.ts';
import { next, settled } from './rollout.ts';

export interface RunnerDeps {
  /** The rollout as recorded now, with an outcome for every machine. */
  readonly read: (id: number) => Promise<{ readonly rollout: Rollout; readonly outcomes: readonly Outcome[] }>;
  /** Records an outcome and what it says of the machine, together; false: the rollout has ended, so no push may begin. */
  readonly record: (rollout: Rollout, outcome: Outcome, delivery?: Delivery) => Promise<boolean>;
  /** Records how a rollout ended, unless someone ended it meanwhile. */
  readonly finish: (id: number, state: Rollout['state'], reason?: string) => Promise<void>;
  readonly deliver: (rollout: Rollout, machine: string) => Promise<Delivery>;
  /** Aborts when someone stopped or superseded the rollout. */
  readonly ended: (id: number, signal: AbortSignal) => AbortSignal;
  readonly now: () => Date;
}

/** How many machines of a wave are pushed to at once. */
const atOnce = 32;

/** Runs one rollout to its end. Started again after a crash, it goes on where the records stop. */
export async function run(id: number, deps: RunnerDeps, signal: AbortSignal): Promise<void> {
  const ended = deps.ended(id, signal);
  for (;;) {
    const { rollout, outcomes } = await deps.read(id);
    if (rollout.state !== 'running') {
      if (!signal.aborted) await skipRest(rollout, outcomes, deps);
      return;
    }
    // Not ended on record: this controller cannot go on now, and nothing is to be called done or skipped for that.
    if (ended.aborted) return;
    const step = next(rollout, outcomes);
    if (step.kind === 'end') {
      await skipRest(rollout, outcomes, deps);
      await deps.finish(id, step.state, step.reason);
      return;
    }
    const limit = pLimit(atOnce);
    await Promise.all(
      step.machines.map((machine) =>
        limit(async () => {
          if (ended.aborted || !(await deps.record(rollout, outcome(machine, 'pushing', deps)))) return;
          const delivery = await deps.deliver(rollout, machine);
          await deps.record(rollout, { ...outcome(machine, delivery.state, deps), ...detail(delivery) }, delivery);
        }),
      ),
    );
  }
}

async function skipRest(rollout: Rollout, outcomes: readonly Outcome[], deps: RunnerDeps): Promise<void> {
  for (const { machine, state } of outcomes) {
    if (!settled(state)) await deps.record(rollout, outcome(machine, 'skipped', deps));
  }
}

function outcome(machine: string, state: Outcome['state'], { now }: RunnerDeps): Outcome {
  return { machine, state, updated: now().toISOString() };
}

function detail(delivery: Delivery): Partial<Outcome> {
  return {
    ...(delivery.detail === undefined ? {} : { detail: delivery.detail }),
    ...(delivery.deployed === undefined ? {} : { digest: delivery.deployed.digest }),
    ...(delivery.generation === undefined ? {} : { generation: delivery.generation }),
  };
}
