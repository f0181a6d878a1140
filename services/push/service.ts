/** Push's shell: rollouts are started, stopped and taken back here, and carried out by the controller that leads. */
import { setTimeout as sleep } from 'node:timers/promises';

import { NamedError } from '../errors.ts';
import { checkConnected } from '../machines/connected.ts';
import { compareNames } from '../machines/names.ts';
import type { Outcome, Rollout } from '../schema/types.generated.ts';
import { keys } from '../store/keys.ts';
import type { Compare, Store } from '../store/store.ts';
import type { PushService, RolloutOptions, RolloutView } from './contract.ts';
import type { Delivery } from './conclude.ts';
import { flatten } from './flatten.ts';
import { deliverTo, examine, look, registered, revisionFor, type MachineDeps } from './machine.ts';
import { recordsService, type CreateOptions, type Deployed } from './records/service.ts';
import { isLeftAlone, settled, takeBack, waves, type Decisions } from './rollout.ts';
import { run, type RunnerDeps } from './runner.ts';
import { fold } from './status.ts';

export interface PushDeps extends Omit<MachineDeps, 'records'> {
  readonly store: Store;
  /** After how long a gateway reverts by itself, and how long a listener may take to serve what was sent. */
  readonly windowSeconds: number;
  readonly probeSeconds: number;
}

/** The time in which one controller leads. */
export interface Term {
  /** Gateways refuse a lower one than they have seen. */
  readonly epoch: number;
  /** Holds only for as long as it leads: everything it records of rollouts is written on this condition. */
  readonly fence: Compare;
}

/** What the leader runs besides the contract. */
export interface PushLeader {
  /** Carries out rollouts as they are recorded, until `signal` aborts; throws `interrupted` once another controller leads. */
  lead(term: Term, signal: AbortSignal): Promise<void>;
  /**
   * Removes all but the newest `keep` rollouts with their outcomes, never the one that is running, until `signal` aborts;
   * returns how many went. A revision that was rolled out long ago still counts as rolled out. Throws `interrupted` once
   * another controller leads.
   */
  prune(keep: number, fence: Compare, signal: AbortSignal): Promise<number>;
}

export function pushService({ store, windowSeconds, probeSeconds, ...rest }: PushDeps): PushService & PushLeader {
  const records = recordsService(store, rest.now);
  const deps: MachineDeps = { ...rest, records };
  const { config, machines, now, log } = deps;

  async function view(id: number): Promise<RolloutView> {
    const rollout = await records.rollout(id);
    const recorded = await records.outcomes(id);
    const untouched = rollout.state === 'running' ? 'waiting' : 'skipped';
    const outcomes = rollout.waves
      .flat()
      .map((machine): Outcome => recorded.get(machine) ?? { machine, state: untouched, updated: rollout.started });
    return { rollout, outcomes };
  }

  async function create(
    by: string,
    options: RolloutOptions,
    extra: Partial<Rollout>,
    further: CreateOptions & { readonly insteadOf?: number } = {},
  ): Promise<Rollout | undefined> {
    const revision = options.revision ?? (await config.head()).number;
    const asked = options.machines ?? (await members(revision));
    for (const machine of asked) {
      const registration = await registered(deps, machine);
      if (!options.decided?.[machine]) checkConnected(registration);
    }
    return records.create(async (id, running) => {
      if (further.insteadOf !== undefined && running?.id !== further.insteadOf) return undefined;
      const open = await unfinished(running);
      const left = open.filter(({ machine }) => !asked.includes(machine));
      if (options.overwriteDrift && left.length > 0) {
        throw new NamedError(
          'busy',
          `rollout ${running?.id ?? 0} is running, and its machines would have their hand edits overwritten too; wait for it or stop it first`,
        );
      }
      const older = left.filter((one) => options.machines !== undefined || one.revision > revision);
      const decided = {
        ...decisions(running, [...left, ...open.filter((one) => one.revision <= revision)]),
        ...options.decided,
      };
      return {
        id,
        revision,
        started: now().toISOString(),
        state: 'running',
        by,
        waves: waves([...asked, ...left.map(({ machine }) => machine)], options.canary ?? 1, options.waveSize ?? 50),
        budget: options.budget ?? 0,
        revertOnFailure: options.revertOnFailure ?? false,
        overwriteDrift: options.overwriteDrift ?? false,
        ...(Object.keys(decided).length > 0 ? { decided } : {}),
        ...extra,
        ...revisions(extra, older),
      };
    }, further);
  }

  async function start(by: string, options: RolloutOptions, extra: Partial<Rollout> = {}): Promise<Rollout> {
    const rollout = await create(by, options, extra);
    if (!rollout) throw new Error('a rollout that is not marked cannot have been started before');
    return rollout;
  }

  /** Members that the running rollout has not come to, with what they were to get: a rollout that supersedes it leaves none behind. */
  async function unfinished(running: Rollout | undefined): Promise<readonly { machine: string; revision: number }[]> {
    if (!running) return [];
    const present = new Set(await members(running.revision, running));
    const { outcomes } = await view(running.id);
    return outcomes
      .filter(({ machine, state }) => !settled(state) && present.has(machine))
      .map(({ machine }) => ({ machine, revision: revisionFor(running, machine) }));
  }

  /** The machines of a revision that are members now and not left alone, in order. */
  async function members(revision: number, by?: Decisions): Promise<readonly string[]> {
    const roster = (await config.configuration(revision)).machines;
    const present = (await machines.list()).filter(
      (one) => one.state === 'member' && !isLeftAlone(one, by) && Object.hasOwn(roster, one.name),
    );
    return present.map(({ name }) => name).sort(compareNames);
  }

  async function finish(id: number, state: Rollout['state'], reason?: string, fence?: Compare): Promise<void> {
    const why = reason === undefined ? {} : { reason };
    const ended = await records.amend(
      id,
      (present) =>
        present.state === 'running' ? { ...present, state, finished: now().toISOString(), ...why } : undefined,
      fence,
    );
    if (ended) log('rollout ended', { rollout: id, revision: ended.revision, state, reason });
  }

  /** Ends a rollout that was carried out; one that takes back what it did when it failed does so in the same transaction. */
  async function conclude(
    id: number,
    state: Rollout['state'],
    reason: string | undefined,
    fence: Compare,
  ): Promise<void> {
    const { rollout, outcomes } = await view(id);
    const wanted = state === 'failed' && rollout.revertOnFailure;
    const back = wanted ? takeBack(rollout, outcomes, await members(rollout.revision)) : undefined;
    if (!back) {
      await finish(id, state, reason, fence);
      return;
    }
    const ending = { state, ...(reason === undefined ? {} : { reason }) };
    const taking = await create(rollout.by, back.options, back.extra, { insteadOf: id, ending, fence });
    if (taking) log('rollout ended', { rollout: id, revision: rollout.revision, state, reason, takenBack: taking.id });
  }

  async function revert(id: number, by: string): Promise<Rollout> {
    const { rollout, outcomes } = await view(id);
    const present = await members(rollout.revision);
    let back = takeBack(rollout, outcomes, present);
    if (!back) {
      throw new NamedError(
        'invalid-input',
        `rollout ${id} changed no machine that had a revision before; there is nothing to take back`,
      );
    }
    if (rollout.state === 'running') {
      await finish(id, 'stopped', `taken back by ${by}`);
      // From here on it begins with no machine; what it had begun with by then is taken back too.
      back = takeBack(rollout, (await view(id)).outcomes, present) ?? back;
    }
    return start(by, back.options, back.extra);
  }

  async function record(rollout: Rollout, outcome: Outcome, delivery: Delivery | undefined, fence: Compare) {
    const registration = await machines.byName(outcome.machine);
    if (!registration) {
      const skipped = { ...outcome, state: 'skipped', detail: 'it is not a member any more' } as const;
      return records.write({ rollout: rollout.id, outcome: skipped }, fence);
    }
    if (outcome.state === 'pushing' && isLeftAlone(registration, rollout)) return passBy(rollout, outcome, fence);
    const { id } = registration;
    const revision = revisionFor(rollout, outcome.machine);
    const before = await records.status(registration);
    const previous = (await records.outcome(rollout.id, outcome.machine))?.previous ?? before.deployed?.revision;
    let status = before;
    let deployed: Deployed | undefined;
    if (delivery) {
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
    const written = await records.write(
      {
        rollout: rollout.id,
        outcome: { ...outcome, ...(previous === undefined ? {} : { previous }) },
        machine: { id, status, ...(deployed ? { deployed } : {}) },
      },
      fence,
    );
    if (delivery?.facts) await machines.setFacts(id, delivery.facts);
    if (outcome.state !== 'pushing' || !written) return written;
    // Who disconnects it marks it first, and then waits for what is on record as under way: one of both sees the other.
    const present = await machines.byName(outcome.machine);
    return present && isLeftAlone(present, rollout) ? passBy(rollout, outcome, fence) : written;
  }

  async function passBy(rollout: Rollout, outcome: Outcome, fence: Compare): Promise<false> {
    const skipped = { ...outcome, state: 'skipped', detail: 'it is disconnected' } as const;
    await records.write({ rollout: rollout.id, outcome: skipped }, fence);
    return false;
  }

  async function isPushing(machine: string): Promise<boolean> {
    const earliest = now().getTime() - longestPushSeconds * 1000;
    for (const { id } of await records.rollouts(fewRollouts)) {
      const outcome = await records.outcome(id, machine);
      if (outcome?.state === 'pushing' && Date.parse(outcome.updated) >= earliest) return true;
    }
    return false;
  }

  async function* follow(id: number, signal: AbortSignal): AsyncIterable<RolloutView> {
    let read = await records.now();
    let shown = await view(id);
    yield shown;
    if (shown.rollout.state !== 'running') return;
    for await (const change of records.watch(read, signal)) {
      // One look for all that changed since the last one: a large fleet changes faster than anyone reads.
      if (change.revision <= read || !records.concerns(id, change)) continue;
      await sleep(followMilliseconds);
      read = await records.now();
      const later = await view(id);
      if (JSON.stringify(later) === JSON.stringify(shown)) continue;
      shown = later;
      yield shown;
      if (shown.rollout.state !== 'running') return;
    }
  }

  /** Aborts when the rollout is no longer running, or with `signal`; also when that cannot be told any more. */
  function ended(id: number, signal: AbortSignal): AbortSignal {
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    async function wait() {
      const since = await records.now();
      if ((await records.rollout(id)).state !== 'running') return;
      for await (const _change of records.watchRollout(id, since, either)) {
        if ((await records.rollout(id)).state !== 'running') return;
      }
    }
    void wait()
      .catch(() => undefined)
      .finally(() => over.abort());
    return either;
  }

  /** Nothing is pushed with an epoch that is not the newest: the machines would refuse it, and the rollout would be spent. */
  async function checkEpoch(epoch: number): Promise<void> {
    const newest = Number((await store.get(keys.epoch))?.value ?? epoch);
    if (newest === epoch) return;
    throw new NamedError('interrupted', `the term of epoch ${epoch} is over, as there is an epoch ${newest} by now`);
  }

  async function lead({ epoch, fence }: Term, signal: AbortSignal): Promise<void> {
    const options = { epoch, script: deps.script.version, windowSeconds, probeSeconds };
    const runner: RunnerDeps = {
      read: view,
      record: (rollout, outcome, delivery) => record(rollout, outcome, delivery, fence),
      finish: (id, state, reason) => conclude(id, state, reason, fence),
      deliver: (rollout, machine) =>
        deliverTo(deps, rollout, machine, {
          ...options,
          overwriteDrift: rollout.overwriteDrift,
          decided: rollout.decided?.[machine],
        }),
      ended,
      now,
    };
    while (!signal.aborted) {
      const since = await records.now();
      const open = await records.running();
      if (open) {
        await checkEpoch(epoch);
        await run(open.id, runner, signal);
        // It ended, or the store could not be watched: then it goes on in a moment.
        await sleep(pauseMilliseconds, undefined, { signal }).catch(() => undefined);
      } else {
        for await (const _change of records.watch(since, signal)) break;
      }
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
    isPushing,
    flatten: async (id, epoch) => flatten(deps, await machines.get(id), { epoch, windowSeconds, probeSeconds }),
    prune: records.prune,
    look: (machine) => look(deps, machine),
    examine: (machine) => examine(deps, machine),
    async ensure(revision, by, decided) {
      const only = (await config.revision(revision)).machines;
      const present = await members(revision, { started: now().toISOString(), ...(decided ? { decided } : {}) });
      const chosen = only?.filter((machine) => present.includes(machine));
      // The machine that joined with it has left since.
      if (chosen?.length === 0) return undefined;
      const options = { revision, ...(chosen ? { machines: chosen } : {}), ...(decided ? { decided } : {}) };
      return create(by, options, {}, { once: revision });
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

/** How long a follower waits for more to change before it looks again. */
const followMilliseconds = 200;
const pauseMilliseconds = 100;

/** What was begun longer ago, and has no end on record, was left by a controller that died: the gateway has decided it by itself. */
const longestPushSeconds = 300;
/** Of those that ended early, only the last ones can still have machines in hand. */
const fewRollouts = 10;

/** What was decided for machines that a rollout has not come to. */
function decisions(
  running: Rollout | undefined,
  open: readonly { readonly machine: string }[],
): NonNullable<RolloutOptions['decided']> {
  const names = new Set(open.map(({ machine }) => machine));
  return Object.fromEntries(Object.entries(running?.decided ?? {}).filter(([machine]) => names.has(machine)));
}

/** Machines that keep a revision of their own in a rollout. */
function revisions(
  { revisions: own }: Partial<Rollout>,
  more: readonly { readonly machine: string; readonly revision: number }[],
): Partial<Rollout> {
  if (!own && more.length === 0) return {};
  return { revisions: { ...own, ...Object.fromEntries(more.map(({ machine, revision }) => [machine, revision])) } };
}
