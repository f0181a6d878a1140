/** What push remembers, as records of the store: rollouts, outcomes, the status of machines, and what gateways confirmed. */
import { NamedError } from '../../errors.ts';
import { parse } from '../../schema/parse.ts';
import type { MachineStatus, Manifest, Outcome, Registration, Rollout } from '../../schema/types.generated.ts';
import { keys } from '../../store/keys.ts';
import type { Change, Entry, Store, Write } from '../../store/store.ts';

/** What a gateway is believed to have: the manifest it confirmed, and the one that was last sent. */
export interface Deployed {
  readonly confirmed?: Manifest;
  readonly sent?: Manifest;
}

/** What is written together when a machine's step in a rollout begins or ends. */
export interface Step {
  readonly rollout: number;
  readonly outcome: Outcome;
  readonly machine: string;
  readonly status: MachineStatus;
  readonly deployed?: Deployed;
}

export interface Records {
  rollout(id: number): Promise<Rollout>;
  /** Newest first. */
  rollouts(limit?: number): Promise<readonly Rollout[]>;
  /** Records a new rollout under the next id; undefined when the revision `once` was rolled out before. */
  create(make: (id: number) => Rollout, once?: number): Promise<Rollout | undefined>;
  /** Applies `change` to the rollout as it is now; undefined leaves it. Returns what was written. */
  amend(id: number, change: (present: Rollout) => Rollout | undefined): Promise<Rollout | undefined>;
  outcomes(rollout: number): Promise<ReadonlyMap<string, Outcome>>;
  outcome(rollout: number, machine: string): Promise<Outcome | undefined>;
  status(registration: Registration): Promise<MachineStatus>;
  writeStatus(id: string, status: MachineStatus): Promise<void>;
  deployed(id: string): Promise<Deployed>;
  write(step: Step): Promise<void>;
  forget(id: string): Promise<void>;
  /** Every change of rollouts and outcomes after `since`. */
  watch(since: number, signal: AbortSignal): AsyncIterable<Change>;
  /** The store's revision, to watch from. */
  now(): Promise<number>;
}

const page = 500;

export function recordsService(store: Store): Records {
  async function all(prefix: string): Promise<readonly Entry[]> {
    const out: Entry[] = [];
    for (;;) {
      const last = out.at(-1)?.key;
      const { entries } = await store.range(prefix, {
        limit: page,
        ...(last === undefined ? {} : { startAfter: last }),
      });
      out.push(...entries);
      if (entries.length < page) return out;
    }
  }

  async function entryOf(id: number): Promise<Entry> {
    const entry = await store.get(keys.rollout(id));
    if (!entry) throw new NamedError('not-found', `there is no rollout ${id}; see "signet rollout list"`);
    return entry;
  }

  async function rollouts(limit = 50): Promise<readonly Rollout[]> {
    return (await all(keys.rollouts)).slice(-limit).reverse().map(rolloutOf);
  }

  async function deployed(id: string): Promise<Deployed> {
    const entry = await store.get(keys.deployed(id));
    return entry ? (JSON.parse(entry.value) as Deployed) : {};
  }

  return {
    rollouts,
    deployed,
    rollout: async (id) => rolloutOf(await entryOf(id)),
    async create(make, once) {
      const mark = once === undefined ? undefined : keys.rolledOut(once);
      for (;;) {
        if (mark !== undefined && (await store.get(mark))) return undefined;
        const rollout = make(((await rollouts(1))[0]?.id ?? 0) + 1);
        const { applied } = await store.transact({
          compare: [keys.rollout(rollout.id), ...(mark === undefined ? [] : [mark])].map((key) => ({
            key,
            absent: true,
          })),
          writes: [
            { put: keys.rollout(rollout.id), value: JSON.stringify(rollout) },
            ...(mark === undefined ? [] : [{ put: mark, value: String(rollout.id) }]),
          ],
        });
        if (applied) return rollout;
      }
    },
    async amend(id, change) {
      for (;;) {
        const entry = await entryOf(id);
        const changed = change(rolloutOf(entry));
        if (!changed) return undefined;
        const { applied } = await store.transact({
          compare: [{ key: entry.key, modRevision: entry.modRevision }],
          writes: [{ put: entry.key, value: JSON.stringify(changed) }],
        });
        if (applied) return changed;
      }
    },
    async outcomes(rollout) {
      return new Map((await all(keys.outcomes(rollout))).map(outcomeOf).map((outcome) => [outcome.machine, outcome]));
    },
    async outcome(rollout, machine) {
      const entry = await store.get(keys.outcome(rollout, machine));
      return entry && outcomeOf(entry);
    },
    async status({ id, name, facts }) {
      const entry = await store.get(keys.status(id));
      const status = entry ? parse('status', JSON.parse(entry.value), 'a recorded status') : { served: [] };
      return { ...status, machine: name, ...(facts ? { bootHook: facts.bootHook } : {}) };
    },
    async writeStatus(id, status) {
      await store.transact({ compare: [], writes: [{ put: keys.status(id), value: JSON.stringify(status) }] });
    },
    async write({ rollout, outcome, machine, status, deployed: manifests }) {
      const writes: Write[] = [
        { put: keys.outcome(rollout, outcome.machine), value: JSON.stringify(outcome) },
        { put: keys.status(machine), value: JSON.stringify(status) },
      ];
      if (manifests) writes.push({ put: keys.deployed(machine), value: JSON.stringify(manifests) });
      await store.transact({ compare: [], writes });
    },
    async forget(id) {
      await store.transact({ compare: [], writes: [{ delete: keys.status(id) }, { delete: keys.deployed(id) }] });
    },
    watch: (since, signal) => store.watch('push/', since + 1, signal),
    now: async () => (await store.range(keys.rollouts, { limit: 1 })).revision,
  };
}

function rolloutOf({ key, value }: Entry): Rollout {
  return parse('rollout', JSON.parse(value), key);
}

function outcomeOf({ key, value }: Entry): Outcome {
  return parse('outcome', JSON.parse(value), key);
}
