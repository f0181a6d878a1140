/** How a rollout proceeds: waves, what is next, and when it ends. Pure: the runner carries it out. */
import type { Outcome, Registration, Rollout } from '../schema/types.generated.ts';
import type { RolloutOptions } from './contract.ts';

/** The first wave is the canary; the others take `waveSize` machines each, in the given order. */
export function waves(machines: readonly string[], canary: number, waveSize: number): readonly (readonly string[])[] {
  const out: (readonly string[])[] = [];
  for (let start = 0; start < machines.length;) {
    const size = start === 0 ? canary : waveSize;
    out.push(machines.slice(start, start + size));
    start += size;
  }
  return out;
}

/** Whether a machine that ended so counts against the budget. Unreachable counts: silence is not success. */
export function failed(state: Outcome['state']): boolean {
  return state === 'reverted' || state === 'refused' || state === 'unreachable' || state === 'unknown';
}

/** Whether the machine is done, one way or the other. */
export function settled(state: Outcome['state']): boolean {
  return state !== 'waiting' && state !== 'pushing';
}

export type Decisions = Pick<Rollout, 'decided' | 'started'>;

/** Whether a machine is disconnected, and not so that it is this rollout which connects it again. */
export function isLeftAlone(
  { name, disconnected }: Pick<Registration, 'name' | 'disconnected'>,
  rollout?: Decisions,
): boolean {
  if (!disconnected) return false;
  return !rollout?.decided?.[name] || disconnected.since > rollout.started;
}

export type Next =
  | { readonly kind: 'push'; readonly machines: readonly string[] }
  | { readonly kind: 'end'; readonly state: 'succeeded' | 'failed'; readonly reason?: string };

/** What to do now, given how every machine fares: push the rest of the present wave, or end. */
export function next(rollout: Rollout, outcomes: readonly Outcome[]): Next {
  const states = new Map(outcomes.map(({ machine, state }) => [machine, state]));
  const failures = outcomes.filter(({ state }) => failed(state)).map(({ machine }) => machine);
  const wave = rollout.waves.find((machines) => machines.some((machine) => !settled(states.get(machine) ?? 'waiting')));
  if (failures.length > rollout.budget) {
    return {
      kind: 'end',
      state: 'failed',
      reason: `failed on ${failures.join(', ')}; the budget is ${rollout.budget}`,
    };
  }
  if (wave) return { kind: 'push', machines: wave.filter((machine) => !settled(states.get(machine) ?? 'waiting')) };
  if (failures.length === 0) return { kind: 'end', state: 'succeeded' };
  return {
    kind: 'end',
    state: 'succeeded',
    reason: `within its budget of ${rollout.budget}; failed on ${failures.join(', ')}`,
  };
}

/**
 * The rollout that takes another back: each member that it changed, or may have changed, goes to the revision it had before,
 * all at once. Undefined when there is none.
 */
export function takeBack(
  { id }: Rollout,
  outcomes: readonly Outcome[],
  members: readonly string[],
): { readonly options: RolloutOptions; readonly extra: Partial<Rollout> } | undefined {
  const revisions = Object.fromEntries(
    outcomes.flatMap(({ machine, state, previous }) =>
      previous !== undefined && mayHaveChanged(state) && members.includes(machine)
        ? [[machine, previous] as const]
        : [],
    ),
  );
  const machines = Object.keys(revisions);
  if (machines.length === 0) return undefined;
  const revision = Math.max(...Object.values(revisions));
  return {
    options: { machines, revision, canary: machines.length, budget: machines.length },
    extra: { reverts: id, revisions },
  };
}

function mayHaveChanged(state: Outcome['state']): boolean {
  return state === 'confirmed' || state === 'unproven' || state === 'unknown' || state === 'pushing';
}
