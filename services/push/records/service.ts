/** What push remembers, as records of the store: rollouts, outcomes, the status of machines, and what gateways confirmed. */
import { auditWrites } from '../../audit/service.ts';
import { NamedError } from '../../errors.ts';
import { parse } from '../../schema/parse.ts';
import type {
  Disconnection,
  MachineStatus,
  Manifest,
  Outcome,
  Registration,
  Rollout,
} from '../../schema/types.generated.ts';
import { follow, type Gap } from '../../store/follow.ts';
import { keys } from '../../store/keys.ts';
import { readAll } from '../../store/read-all.ts';
import { limits, unchanged, type Change, type Compare, type Entry, type Store, type Write } from '../../store/store.ts';
import { news } from '../status.ts';

/** What a gateway is believed to have: the manifest it confirmed, and the one that was last sent. */
export interface Deployed {
  readonly confirmed?: Manifest;
  readonly sent?: Manifest;
}

/** What is written together when a machine's step in a rollout begins or ends. */
export interface Step {
  readonly rollout: number;
  readonly outcome: Outcome;
  /** What it says of the machine; nothing of one that is no longer known. */
  readonly machine?: { readonly id: string; readonly status: MachineStatus; readonly deployed?: Deployed };
}

export interface CreateOptions {
  /** The revision that is to be rolled out by itself only once. */
  readonly once?: number;
  /** How the running rollout ends; superseded by default. */
  readonly ending?: Pick<Rollout, 'state' | 'reason'>;
  readonly fence?: Compare;
}

/*
 * A fence is a condition that holds only for the controller that leads: what is written with one throws `interrupted` when
 * another has taken over. One that was stopped for a while would otherwise record what is long untrue.
 */

export interface Records {
  rollout(id: number): Promise<Rollout>;
  /** Newest first. */
  rollouts(limit?: number): Promise<readonly Rollout[]>;
  /**
   * Records what `make` gives for the next id, and ends the newest rollout in the same transaction if that was still
   * running: so only the newest can be. Undefined when the revision `once` was rolled out before, or `make` gives nothing.
   */
  create(
    make: (id: number, running: Rollout | undefined) => Promise<Rollout | undefined>,
    options?: CreateOptions,
  ): Promise<Rollout | undefined>;
  /** The rollout that is running, if one is. */
  running(): Promise<Rollout | undefined>;
  /** Applies `change` to the rollout as it is now; undefined leaves it. Returns what was written. */
  amend(id: number, change: (present: Rollout) => Rollout | undefined, fence?: Compare): Promise<Rollout | undefined>;
  outcomes(rollout: number): Promise<ReadonlyMap<string, Outcome>>;
  outcome(rollout: number, machine: string): Promise<Outcome | undefined>;
  status(registration: Registration): Promise<MachineStatus>;
  /** Applies `change` to the status as it is now. */
  amendStatus(registration: Registration, change: (present: MachineStatus) => MachineStatus): Promise<MachineStatus>;
  deployed(id: string): Promise<Deployed>;
  /** Writes a step; that a machine's push begins only while the rollout is running, as told by false. */
  write(step: Step, fence: Compare): Promise<boolean>;
  forget(id: string): Promise<void>;
  /**
   * Removes all but the newest `keep` rollouts, and never the one that is running, until `signal` aborts; their outcomes
   * with them, and what an earlier run has left. The marks of revisions that were rolled out stay. Returns how many went.
   */
  prune(keep: number, fence: Compare, signal: AbortSignal): Promise<number>;
  /** Every change of rollouts and outcomes after `since`. */
  watch(since: number, signal: AbortSignal): AsyncIterable<Change | Gap>;
  /** Every change of one rollout's own record after `since`. */
  watchRollout(id: number, since: number, signal: AbortSignal): AsyncIterable<Change | Gap>;
  /** Whether a change is, or may be, of this rollout or of one of its outcomes. */
  concerns(rollout: number, change: Change | Gap): boolean;
  /** The store's revision, to watch from. */
  now(): Promise<number>;
}

/** One operation is left for what a store adds by itself to tell whether a transaction was applied. */
const batch = limits.operations - 1;

/** What ends a rollout, and what is newly seen of a machine, stands in the audit trail, in the same transaction. */
export function recordsService(store: Store, now: () => Date): Records {
  async function entryOf(id: number): Promise<Entry> {
    const entry = await store.get(keys.rollout(id));
    if (!entry) throw new NamedError('not-found', `there is no rollout ${id}; see "signet rollout list"`);
    return entry;
  }

  async function latest(): Promise<Entry | undefined> {
    return store.get(keys.latestRollout);
  }

  async function rollouts(limit = 50): Promise<readonly Rollout[]> {
    const newest = Number((await latest())?.value ?? 0);
    const { entries } = await store.range(keys.rollouts, {
      startAfter: keys.rollout(Math.max(0, newest - limit)),
      limit,
    });
    return entries.map(rolloutOf).reverse();
  }

  async function running(): Promise<Rollout | undefined> {
    const [newest] = await rollouts(1);
    return newest?.state === 'running' ? newest : undefined;
  }

  async function passes(fence: Compare): Promise<void> {
    const { applied } = await store.transact({ compare: [fence], writes: [] });
    if (applied) return;
    throw new NamedError('interrupted', 'another controller leads by now, and goes on where this one was');
  }

  /** Removes what is under `prefix` and before `end`, and returns how many records went. */
  async function removeBefore(end: string, prefix: string, fence: Compare, signal: AbortSignal): Promise<number> {
    let removed = 0;
    while (!signal.aborted) {
      const { entries } = await store.range(prefix, { limit: batch });
      const old = entries.filter(({ key }) => key < end);
      if (old.length === 0) break;
      const { applied } = await store.transact({ compare: [fence], writes: old.map(({ key }) => ({ delete: key })) });
      if (applied) removed += old.length;
      else await passes(fence);
    }
    return removed;
  }

  async function deployed(id: string): Promise<Deployed> {
    const entry = await store.get(keys.deployed(id));
    return entry ? (JSON.parse(entry.value) as Deployed) : {};
  }

  function newsOf(id: string, before: Omit<MachineStatus, 'machine'>, after: MachineStatus): readonly Write[] {
    const detail = news(before, after);
    if (detail === undefined) return [];
    const entry = { actor: 'signetd', action: 'see-machine', object: `/machines/${after.machine}` };
    return auditWrites(now().toISOString(), `status-${id}`, {
      ...entry,
      outcome: after.problem ? 'failed' : 'ok',
      detail,
    });
  }

  return {
    rollouts,
    deployed,
    rollout: async (id) => rolloutOf(await entryOf(id)),
    running,
    async create(make, { once, ending, fence } = {}) {
      const mark = once === undefined ? undefined : keys.rolledOut(once);
      for (;;) {
        if (mark !== undefined && (await store.get(mark))) return undefined;
        const newest = await latest();
        const before = newest ? await store.get(keys.rollout(Number(newest.value))) : undefined;
        const open = before && rolloutOf(before).state === 'running' ? before : undefined;
        const rollout = await make(Number(newest?.value ?? 0) + 1, open && rolloutOf(open));
        if (!rollout) return undefined;
        const ended: Rollout | undefined = open && {
          ...rolloutOf(open),
          finished: rollout.started,
          state: 'superseded',
          reason: `rollout ${rollout.id} was started`,
          ...ending,
        };
        const { applied } = await store.transact({
          compare: [
            unchanged(keys.latestRollout, newest),
            ...(open ? [{ key: open.key, modRevision: open.modRevision }] : []),
            ...(mark === undefined ? [] : [{ key: mark, absent: true as const }]),
            ...(fence ? [fence] : []),
          ],
          writes: [
            { put: keys.latestRollout, value: String(rollout.id) },
            { put: keys.rollout(rollout.id), value: JSON.stringify(rollout) },
            ...(open && ended ? [{ put: open.key, value: JSON.stringify(ended) }, ...endOf(ended)] : []),
            ...(mark === undefined ? [] : [{ put: mark, value: String(rollout.id) }]),
          ],
        });
        if (applied) return rollout;
        if (fence) await passes(fence);
      }
    },
    async amend(id, change, fence) {
      for (;;) {
        const entry = await entryOf(id);
        const changed = change(rolloutOf(entry));
        if (!changed) return undefined;
        const { applied } = await store.transact({
          compare: [{ key: entry.key, modRevision: entry.modRevision }, ...(fence ? [fence] : [])],
          writes: [
            { put: entry.key, value: JSON.stringify(changed) },
            ...(rolloutOf(entry).state === 'running' && changed.state !== 'running' ? endOf(changed) : []),
          ],
        });
        if (applied) return changed;
        if (fence) await passes(fence);
      }
    },
    async outcomes(rollout) {
      return new Map(
        (await readAll(store, keys.outcomes(rollout))).map(outcomeOf).map((outcome) => [outcome.machine, outcome]),
      );
    },
    async outcome(rollout, machine) {
      const entry = await store.get(keys.outcome(rollout, machine));
      return entry && outcomeOf(entry);
    },
    status: async (registration) => statusOf(registration, await store.get(keys.status(registration.id))),
    async amendStatus(registration, change) {
      const key = keys.status(registration.id);
      for (;;) {
        const entry = await store.get(key);
        const before = statusOf(registration, entry);
        const status = change(before);
        const { applied } = await store.transact({
          compare: [unchanged(key, entry)],
          writes: [{ put: key, value: JSON.stringify(status) }, ...newsOf(registration.id, before, status)],
        });
        if (applied) return status;
      }
    },
    async write({ rollout, outcome, machine }, fence) {
      const begins = outcome.state === 'pushing' ? await entryOf(rollout) : undefined;
      if (begins && rolloutOf(begins).state !== 'running') return false;
      const writes: Write[] = [{ put: keys.outcome(rollout, outcome.machine), value: JSON.stringify(outcome) }];
      if (machine) {
        const { id, status } = machine;
        const before = statusIn(await store.get(keys.status(id)));
        writes.push({ put: keys.status(id), value: JSON.stringify(status) }, ...newsOf(id, before, status));
      }
      if (machine?.deployed) writes.push({ put: keys.deployed(machine.id), value: JSON.stringify(machine.deployed) });
      const { applied } = await store.transact({
        compare: [fence, ...(begins ? [{ key: begins.key, modRevision: begins.modRevision }] : [])],
        writes,
      });
      if (!applied) await passes(fence);
      return applied;
    },
    async forget(id) {
      await store.transact({ compare: [], writes: [{ delete: keys.status(id) }, { delete: keys.deployed(id) }] });
    },
    async prune(keep, fence, signal) {
      // The newest stays in any case: it is the only one that may be running.
      const oldest = Number((await latest())?.value ?? 0) - Math.max(keep, 1) + 1;
      if (oldest <= 1) return 0;
      // Rollouts first, so that none is ever seen without its outcomes.
      const removed = await removeBefore(keys.rollout(oldest), keys.rollouts, fence, signal);
      await removeBefore(keys.outcomes(oldest), keys.allOutcomes, fence, signal);
      return removed;
    },
    watch: (since, signal) => follow(store, 'push/', since + 1, signal),
    watchRollout: (id, since, signal) => follow(store, keys.rollout(id), since + 1, signal),
    concerns: (id, change) =>
      change.kind === 'gap' || change.key === keys.rollout(id) || change.key.startsWith(keys.outcomes(id)),
    now: async () => (await store.range(keys.rollouts, { limit: 1 })).revision,
  };
}

/** What was seen is on record with the status; what is known of the machine otherwise is in its registration. */
function statusOf({ name, facts, disconnected }: Registration, entry: Entry | undefined): MachineStatus {
  const { disconnected: _then, ...seen } = statusIn(entry);
  return {
    ...seen,
    machine: name,
    ...(facts ? { bootHook: facts.bootHook } : {}),
    ...(disconnected ? { disconnected: sinceWhen(disconnected) } : {}),
  };
}

function sinceWhen({ since, by, reason }: Disconnection): NonNullable<MachineStatus['disconnected']> {
  return { since, by, ...(reason === undefined ? {} : { reason }) };
}

function statusIn(entry: Entry | undefined): Omit<MachineStatus, 'machine'> {
  return entry ? parse('status', JSON.parse(entry.value), 'a recorded status') : { served: [] };
}

function endOf({ id, revision, by, state, reason, finished, started }: Rollout): readonly Write[] {
  const outcome = state === 'succeeded' ? 'ok' : state;
  const detail = `revision ${revision}${reason === undefined ? '' : `: ${reason}`}`;
  const entry = { actor: by, action: 'end-rollout', object: `/rollouts/${id}`, outcome, detail };
  return auditWrites(finished ?? started, `rollout-${id}`, entry);
}

function rolloutOf({ key, value }: Entry): Rollout {
  return parse('rollout', JSON.parse(value), key);
}

function outcomeOf({ key, value }: Entry): Outcome {
  return parse('outcome', JSON.parse(value), key);
}
