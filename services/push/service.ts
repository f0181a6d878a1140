/** Push's shell: rollouts are started, stopped and taken back here, and carried out by the controller that leads. */
import { NamedError } from '../errors.ts';
import type { Outcome, Rollout } from '../schema/types.generated.ts';
import type { Store } from '../store/store.ts';
import type { PushService, RolloutOptions, RolloutView } from './contract.ts';
import type { Delivery } from './deliver.ts';
import { deliverTo, look, registered, revisionFor, type MachineDeps } from './machine.ts';
import { recordsService, type Deployed } from './records/service.ts';
import { settled, waves } from './rollout.ts';
import { run } from './runner.ts';
import { fold } from './status.ts';

export interface PushDeps extends Omit<MachineDeps, 'records'> {
  readonly store: Store;
  /** After how long a gateway reverts by itself, and how long a listener may take to serve what was sent. */
  readonly windowSeconds: number;
  readonly probeSeconds: number;
}

/** What the leader runs besides the contract. */
export interface PushLeader {
  /** Carries out rollouts as they are recorded, until `signal` aborts. */
  lead(epoch: number, signal: AbortSignal): Promise<void>;
}

export function pushService({ store, windowSeconds, probeSeconds, ...rest }: PushDeps): PushService & PushLeader {
  const records = recordsService(store);
  const deps: MachineDeps = { ...rest, records };
  const { config, machines, now, log } = deps;

  async function view(id: number): Promise<RolloutView> {
    const rollout = await records.rollout(id);
    const recorded = await records.outcomes(id);
    const outcomes = rollout.waves
      .flat()
      .map((machine): Outcome => recorded.get(machine) ?? { machine, state: 'waiting', updated: rollout.started });
    return { rollout, outcomes };
  }

  async function create(
    by: string,
    options: RolloutOptions,
    extra: Partial<Rollout>,
    once?: number,
  ): Promise<Rollout | undefined> {
    const revision = options.revision ?? (await config.head()).number;
    const asked = options.machines ?? (await members(revision));
    for (const machine of asked) await registered(deps, machine);
    // A rollout that this one supersedes leaves no machine behind.
    const chosen = [...new Set([...asked, ...(await unfinished(revision))])];
    const rollout = await records.create(
      (id) => ({
        id,
        revision,
        started: now().toISOString(),
        state: 'running',
        by,
        waves: waves(chosen, options.canary ?? 1, options.waveSize ?? 50),
        budget: options.budget ?? 0,
        revertOnFailure: options.revertOnFailure ?? false,
        overwriteDrift: options.overwriteDrift ?? false,
        ...extra,
      }),
      once,
    );
    if (!rollout) return undefined;
    for (const { id, state } of await records.rollouts()) {
      if (id < rollout.id && state === 'running') await finish(id, 'superseded', `rollout ${rollout.id} was started`);
    }
    return rollout;
  }

  async function start(by: string, options: RolloutOptions, extra: Partial<Rollout> = {}): Promise<Rollout> {
    const rollout = await create(by, options, extra);
    if (!rollout) throw new Error('a rollout that is not marked cannot have been started before');
    return rollout;
  }

  /** Members that rollouts still running have not come to. */
  async function unfinished(revision: number): Promise<readonly string[]> {
    const present = new Set(await members(revision));
    const running = (await records.rollouts()).filter(({ state }) => state === 'running');
    const views = await Promise.all(running.map(({ id }) => view(id)));
    return views.flatMap(({ outcomes }) =>
      outcomes.flatMap(({ machine, state }) => (!settled(state) && present.has(machine) ? [machine] : [])),
    );
  }

  /** The machines of a revision that are members now, in order. */
  async function members(revision: number): Promise<readonly string[]> {
    const roster = (await config.configuration(revision)).machines;
    const present = (await machines.list()).filter(
      ({ state, name }) => state === 'member' && Object.hasOwn(roster, name),
    );
    return present.map(({ name }) => name).sort();
  }

  async function finish(id: number, state: Rollout['state'], reason?: string): Promise<void> {
    const ended = await records.amend(id, (present) =>
      present.state === 'running'
        ? { ...present, state, finished: now().toISOString(), ...(reason === undefined ? {} : { reason }) }
        : undefined,
    );
    if (!ended) return;
    log('rollout ended', { rollout: id, revision: ended.revision, state, reason });
    if (state === 'failed' && ended.revertOnFailure) await revert(id, ended.by);
  }

  async function revert(id: number, by: string): Promise<Rollout> {
    const { rollout, outcomes } = await view(id);
    const changed = outcomes.filter(({ state }) => state === 'confirmed' || state === 'unproven');
    const revisions = Object.fromEntries(
      changed.flatMap(({ machine, previous }) => (previous === undefined ? [] : [[machine, previous] as const])),
    );
    const chosen = Object.keys(revisions);
    if (chosen.length === 0) {
      throw new NamedError(
        'invalid-input',
        `rollout ${id} changed no machine that had a revision before; there is nothing to take back`,
      );
    }
    if (rollout.state === 'running') await finish(id, 'stopped', `taken back by ${by}`);
    const revision = Math.max(...Object.values(revisions));
    return start(
      by,
      { machines: chosen, revision, canary: chosen.length, budget: chosen.length },
      { reverts: id, revisions },
    );
  }

  async function record(rollout: Rollout, outcome: Outcome, delivery?: Delivery): Promise<void> {
    const registration = await machines.byName(outcome.machine);
    if (!registration) return;
    const { id } = registration;
    const revision = revisionFor(rollout, outcome.machine);
    const before = await records.status(registration);
    const previous = (await records.outcome(rollout.id, outcome.machine))?.previous ?? before.deployed?.revision;
    let status = before;
    let deployed: Deployed | undefined;
    if (delivery) {
      if (delivery.facts) await machines.setFacts(id, delivery.facts);
      if (delivery.deployed) deployed = { confirmed: delivery.deployed };
      status = fold(before, { kind: 'delivered', delivery, revision, time: now() });
      log('push ended', {
        machine: outcome.machine,
        rollout: rollout.id,
        revision,
        state: delivery.state,
        detail: delivery.detail,
      });
    } else if (outcome.state === 'pushing') {
      // Recorded before anything is sent: whoever goes on after a crash must know what may have arrived.
      const sent = await config.manifest(outcome.machine, revision).catch(() => undefined);
      if (sent) {
        status = fold(before, { kind: 'wanted', revision, manifest: sent });
        deployed = { ...(await records.deployed(id)), sent };
      }
    }
    await records.write({
      rollout: rollout.id,
      outcome: { ...outcome, ...(previous === undefined ? {} : { previous }) },
      machine: id,
      status,
      ...(deployed ? { deployed } : {}),
    });
  }

  async function* follow(id: number, signal: AbortSignal): AsyncIterable<RolloutView> {
    const since = await records.now();
    let shown = await view(id);
    yield shown;
    if (shown.rollout.state !== 'running') return;
    for await (const _change of records.watch(since, signal)) {
      const later = await view(id);
      if (JSON.stringify(later) === JSON.stringify(shown)) continue;
      shown = later;
      yield shown;
      if (shown.rollout.state !== 'running') return;
    }
  }

  /** Aborts when the rollout is no longer running, or with `signal`. */
  function ended(id: number, signal: AbortSignal): AbortSignal {
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    async function wait() {
      for await (const { rollout } of follow(id, either)) if (rollout.state !== 'running') over.abort();
    }
    wait().catch(() => over.abort());
    return either;
  }

  async function lead(epoch: number, signal: AbortSignal): Promise<void> {
    const options = { epoch, script: deps.script.version, windowSeconds, probeSeconds };
    const deliverOne = (rollout: Rollout, machine: string) =>
      deliverTo(deps, rollout, machine, { ...options, overwriteDrift: rollout.overwriteDrift });
    while (!signal.aborted) {
      const since = await records.now();
      const open = (await records.rollouts()).find(({ state }) => state === 'running');
      if (open) await run(open.id, { read: view, record, finish, ended, now, deliver: deliverOne }, signal);
      else for await (const _change of records.watch(since, signal)) break;
    }
  }

  return {
    rollouts: records.rollouts,
    rollout: view,
    follow,
    revert,
    start,
    lead,
    forget: records.forget,
    look: (machine) => look(deps, machine),
    async ensure(revision, by) {
      const only = (await config.revision(revision)).machines;
      return create(by, { revision, ...(only ? { machines: only } : {}) }, {}, revision);
    },
    async statuses() {
      const present = (await machines.list()).filter(({ state }) => state === 'member');
      return Promise.all(present.map(records.status));
    },
    async status(machine) {
      return records.status(await registered(deps, machine));
    },
    async rolloutOf(revision) {
      return (await records.rollouts(1000)).findLast(
        (rollout) => rollout.revision === revision && rollout.reverts === undefined,
      );
    },
    async stop(id, by) {
      await finish(id, 'stopped', `stopped by ${by}`);
      return records.rollout(id);
    },
  };
}
