/** Rollouts as records, on a real store: what happens when people and machines come and go while one is running. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ConfigService } from '../../services/config/service.ts';
import { isNamed, NamedError } from '../../services/errors.ts';
import type { MachineService } from '../../services/machines/service.ts';
import { recordsService } from '../../services/push/records/service.ts';
import { pushService, type PushDeps } from '../../services/push/service.ts';
import type { AuditEntry, Outcome, Registration, Revision, Rollout } from '../../services/schema/types.generated.ts';
import { embeddedStore } from '../../services/store/embedded.ts';
import { keys } from '../../services/store/keys.ts';
import { readAll } from '../../services/store/read-all.ts';
import type { Change, Store, Transaction } from '../../services/store/store.ts';

const names = ['mx1', 'mx2', 'mx3'];

let folder: string;
let store: Store;
let members: Set<string>;
let disconnected: Set<string>;
/** What happens when a machine is dialled; every one is unreachable. */
let dialled: (machine: string) => void;
/** What happens once it is on record that a push begins. */
let recorded: () => void;
let push: ReturnType<typeof pushService>;
let over: AbortController;
/** How many watches find that history from where they begin is gone. */
let tooLate: number;
const term = { epoch: 1, fence: { key: 'controller/leader', absent: true } } as const;

const since = { since: '2026-01-01T00:00:00.000Z', by: 'ana', revision: 3 };

function registration(name: string): Registration {
  const facts = {
    collected: '2026-01-01T00:00:00.000Z',
    ...{ script: '1', identity: '', hostname: name, os: 'Debian', addresses: [], bootId: 'b' },
    ...{ bootHook: 'cron' as const, freeKilobytes: 1 },
  };
  const alone = disconnected.has(name) ? { disconnected: since } : {};
  return {
    id: `id-of-${name}`,
    name,
    host: name,
    port: 22,
    user: 'root',
    hostKey: 'k',
    state: 'member',
    facts,
    ...alone,
  };
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signet-push-'));
  store = embeddedStore(join(folder, 'db'));
  members = new Set(names);
  disconnected = new Set();
  dialled = () => undefined;
  recorded = () => undefined;
  tooLate = 0;
  over = new AbortController();
  const present = () => [...members].map(registration);
  const machines: Partial<MachineService> = {
    list: () => Promise.resolve(present()),
    byName: (name) => Promise.resolve(present().find((one) => one.name === name)),
    original: () => Promise.resolve(undefined),
    setFacts: () => Promise.resolve(),
  };
  const config: Partial<ConfigService> = {
    head: () => Promise.resolve({ number: 5 } as unknown as Revision),
    revision: (number) =>
      Promise.resolve({ number, ...(number === 4 ? { machines: ['mx2'] } : {}) } as unknown as Revision),
    configuration: () =>
      Promise.resolve({
        groups: {},
        layers: {},
        machines: Object.fromEntries(names.map((n) => [n, { id: n, group: 'main' }])),
      }),
    manifest: (machine) => Promise.resolve({ machine, digest: 'd'.repeat(64), files: [], probes: [] }),
  };
  push = pushService({
    store: { ...store, watch, transact },
    machines,
    config,
    pki: {},
    platforms: [],
    pool: {
      link: (id: string) => {
        dialled(id.replace('id-of-', ''));
        return Promise.reject(new NamedError('unreachable', 'it is dark'));
      },
    },
    script: { version: '1' },
    now: () => new Date('2026-01-01T00:00:00.000Z'),
    windowSeconds: 1,
    probeSeconds: 1,
    log: () => undefined,
  } as unknown as PushDeps);
});

afterEach(async () => {
  over.abort();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function transact(transaction: Transaction): ReturnType<Store['transact']> {
  const result = await store.transact(transaction);
  if (transaction.writes.some((write) => 'put' in write && write.value.includes('"state":"pushing"'))) recorded();
  return result;
}

async function* watch(prefix: string, from: number, signal: AbortSignal): AsyncGenerator<Change> {
  tooLate -= 1;
  if (tooLate >= 0) {
    const { revision } = await store.transact({ compare: [], writes: [{ put: 'other', value: '' }] });
    await store.compact(revision);
  }
  yield* store.watch(prefix, from, signal);
}

async function ended(rollout: Rollout): Promise<Readonly<Record<string, string>>> {
  const led = push.lead(term, over.signal);
  let states = {};
  for await (const view of push.follow(rollout.id, AbortSignal.timeout(10_000))) {
    states = Object.fromEntries(view.outcomes.map(({ machine, state }) => [machine, state]));
  }
  over.abort();
  await led;
  return states;
}

/** Records how a machine fares, as the leader does. */
function has(
  { id }: Rollout,
  outcome: Pick<Outcome, 'machine' | 'state' | 'previous'> & Partial<Outcome>,
): Promise<boolean> {
  return recordsService(store, () => new Date()).write(
    { rollout: id, outcome: { updated: '2026-01-01T00:00:00.000Z', ...outcome } },
    term.fence,
  );
}

describe('a rollout', () => {
  it('ends although a machine left while it was under way', async () => {
    dialled = (machine) => {
      if (machine === 'mx1') members.delete('mx2');
    };
    const rollout = await push.start('ana', { budget: 9 });

    const states = await ended(rollout);

    assert.deepEqual(states, { mx1: 'unreachable', mx2: 'skipped', mx3: 'unreachable' });
  });

  it('passes machines by that are disconnected, also where it had begun before', async () => {
    disconnected.add('mx1');
    dialled = (machine) => {
      if (machine === 'mx2') disconnected.add('mx3');
    };
    const rollout = await push.start('ana', { budget: 9 });

    const states = await ended(rollout);

    assert.deepEqual(states, { mx2: 'unreachable', mx3: 'skipped' });
    const { outcomes } = await push.rollout(rollout.id);
    assert.equal(outcomes.find(({ machine }) => machine === 'mx3')?.detail, 'it is disconnected');
  });

  it('begins no push to a machine that is disconnected just as it comes to it', async () => {
    const rollout = await push.start('ana', { machines: ['mx1'] });
    const dials: string[] = [];
    dialled = (machine) => void dials.push(machine);
    recorded = () => disconnected.add('mx1');

    const states = await ended(rollout);

    assert.deepEqual([states, dials], [{ mx1: 'skipped' }, []]);
    assert.equal(await push.isPushing('mx1'), false);
  });

  it('has a push under way from when it is recorded until its end is, or for as long as it can take', async () => {
    const first = await push.start('ana', { machines: ['mx1', 'mx2', 'mx3'] });
    const outcome = { machine: 'mx1', updated: '2026-01-01T00:00:00.000Z' } as const;
    await has(first, { ...outcome, state: 'pushing' });
    await has(first, { machine: 'mx2', state: 'pushing', updated: '2025-12-31T23:50:00.000Z' });
    await push.start('ana', { machines: ['mx3'] });

    const during = await Promise.all(names.map((name) => push.isPushing(name)));
    await has(first, { ...outcome, state: 'confirmed' });

    assert.deepEqual([during, await push.isPushing('mx1')], [[true, false, false], false]);
  });

  it('that names a machine which is disconnected is refused, and so is a look at it', async () => {
    disconnected.add('mx1');

    for (const asked of [() => push.start('ana', { machines: ['mx1'] }), () => push.look('mx1')]) {
      await assert.rejects(asked(), (error: unknown) => {
        assert.ok(isNamed(error, 'disconnected'));
        assert.match(error.message, /^mx1 is disconnected since .* by ana, .*signet machine reconnect mx1/);
        return true;
      });
    }
    assert.deepEqual((await push.status('mx1')).disconnected, { since: since.since, by: 'ana' });
  });

  it('stands in the audit trail with its end, and with what it showed of the machines', async () => {
    const rollout = await push.start('ana', {});

    await ended(rollout);

    const trail = (await readAll(store, keys.audits)).map(({ value }) => JSON.parse(value) as AuditEntry);
    assert.deepEqual(
      trail.map(({ actor, action, object, outcome, detail }) => [actor, action, object, outcome, detail]),
      [
        ['ana', 'end-rollout', '/rollouts/1', 'failed', 'revision 5: failed on mx1; the budget is 0'],
        ['signetd', 'see-machine', '/machines/mx1', 'failed', 'problem it is dark'],
      ],
    );
  });

  it('takes over what the one before it had not come to, each machine at its own revision when it is a narrow one', async () => {
    const first = await push.start('ana', { revision: 5 });

    const second = await push.start('bob', { revision: 3, machines: ['mx1'] });

    assert.deepEqual([second.waves.flat(), second.revision, second.revisions], [names, 3, { mx2: 5, mx3: 5 }]);
    assert.equal((await push.rollout(first.id)).rollout.state, 'superseded');
  });

  it('takes over with a machine what was decided for it, also while that still counts as disconnected', async () => {
    disconnected.add('mx1').add('mx2');
    await push.start('ana', { machines: ['mx1'], decided: { mx1: ['one'] } });

    const second = await push.start('bob', { machines: ['mx2'], decided: { mx2: ['two'] } });
    disconnected.clear();
    const third = await push.start('carl', { machines: ['mx3'] });

    assert.deepEqual([second.waves.flat(), second.decided], [['mx2', 'mx1'], { mx1: ['one'], mx2: ['two'] }]);
    assert.deepEqual([third.waves.flat(), third.decided], [['mx3', 'mx2', 'mx1'], { mx1: ['one'], mx2: ['two'] }]);
  });

  it('that overwrites hand edits does not take the machines of another with it', async () => {
    await push.start('ana', {});

    await assert.rejects(push.start('bob', { machines: ['mx1'], overwriteDrift: true }), (error) =>
      isNamed(error, 'busy'),
    );
  });

  it('started twice at once leaves no machine behind, and one alone is running', async () => {
    await Promise.all([push.start('ana', { machines: ['mx1'] }), push.start('bob', { machines: ['mx2'] })]);

    const [newest, other] = await push.rollouts();

    assert.deepEqual([...(newest?.waves.flat() ?? [])].sort(), ['mx1', 'mx2']);
    assert.deepEqual([newest?.state, other?.state], ['running', 'superseded']);
  });

  it('of a join is not started once the machine has left, and that is no error', async () => {
    members.delete('mx2');

    assert.equal(await push.ensure(4, 'ana'), undefined);
  });

  it('goes with a revision once', async () => {
    const first = await push.ensure(5, 'ana');

    assert.ok(first);
    assert.equal(await push.ensure(5, 'bob'), undefined);
  });

  it('that fails and is to be taken back ends and is followed by what takes it back in one step', async () => {
    const rollout = await push.start('ana', { revertOnFailure: true });
    await has(rollout, { machine: 'mx1', state: 'confirmed', previous: 3 });

    const states = await ended(rollout);

    const [newest, failed] = await push.rollouts();
    assert.deepEqual(states, { mx1: 'confirmed', mx2: 'unreachable', mx3: 'unreachable' });
    assert.deepEqual([failed?.state, failed?.finished], ['failed', newest?.started]);
    assert.deepEqual([newest?.reverts, newest?.waves, newest?.revisions], [rollout.id, [['mx1']], { mx1: 3 }]);
  });

  it('that is taken back while it runs is stopped, and the machine in hand is taken back too', async () => {
    const rollout = await push.start('ana', {});
    await has(rollout, { machine: 'mx1', state: 'confirmed', previous: 3 });
    await has(rollout, { machine: 'mx2', state: 'pushing', previous: 2 });

    const back = await push.revert(rollout.id, 'bob');

    assert.equal((await push.rollout(rollout.id)).rollout.state, 'stopped');
    assert.deepEqual(back.revisions, { mx1: 3, mx2: 2 });
  });

  it('that was stopped begins with no other machine', async () => {
    const rollout = await push.start('ana', {});
    await push.stop(rollout.id, 'bob');

    const begun = await has(rollout, { machine: 'mx1', state: 'pushing' });

    assert.equal(begun, false);
    assert.equal((await push.rollout(rollout.id)).outcomes[0]?.state, 'skipped');
  });

  it('is left as it is by a controller that has been succeeded', async () => {
    let asked = Promise.resolve({});
    dialled = () => {
      asked = store.transact({ compare: [], writes: [{ put: term.fence.key, value: '{"holder":"another"}' }] });
    };
    const rollout = await push.start('ana', {});

    await assert.rejects(push.lead(term, over.signal), (error) => isNamed(error, 'interrupted'));

    await asked;
    const { rollout: left, outcomes } = await push.rollout(rollout.id);
    assert.equal(left.state, 'running');
    assert.deepEqual(
      outcomes.map(({ state }) => state),
      ['pushing', 'waiting', 'waiting'],
    );
  });

  it('that fails at the canary with nothing to take back just fails', async () => {
    const rollout = await push.start('ana', { revertOnFailure: true });

    const states = await ended(rollout);

    assert.deepEqual(states, { mx1: 'unreachable', mx2: 'skipped', mx3: 'skipped' });
    assert.equal((await push.rollout(rollout.id)).rollout.state, 'failed');
  });

  it('is followed and carried out to its end although the history it was watched from is gone', async () => {
    tooLate = 4;
    const led = push.lead(term, over.signal);
    await sleep(20);
    const rollout = await push.start('ana', { budget: 9 });

    let state: string | undefined;
    for await (const view of push.follow(rollout.id, AbortSignal.timeout(10_000))) state = view.rollout.state;
    over.abort();
    await led;

    assert.equal(state, 'succeeded');
    assert.ok(tooLate < 0, 'every watch was too late once');
  });
});

describe('rollouts of long ago', () => {
  beforeEach(async () => {
    for (let n = 0; n < 6; n++) {
      const rollout = (await push.ensure(n === 0 ? 3 : 5, 'ana')) ?? (await push.start('ana', {}));
      for (const machine of names) await has(rollout, { machine, state: 'confirmed' });
    }
  });

  const numbers = async () => (await push.rollouts()).map(({ id }) => id);
  const held = async (prefix: string) => (await store.range(prefix)).entries.length;

  it('are removed with their outcomes, and the newest are kept', async () => {
    const removed = await push.prune(2, term.fence, over.signal);

    assert.equal(removed, 4);
    assert.deepEqual(await numbers(), [6, 5]);
    assert.equal(await held('push/outcome/'), 2 * names.length);
    await assert.rejects(push.rollout(4), (error) => isNamed(error, 'not-found'));
    assert.deepEqual(
      (await push.rollout(5)).outcomes.map(({ state }) => state),
      ['confirmed', 'confirmed', 'confirmed'],
    );
  });

  it('are not started again by themselves, and their numbers not given again', async () => {
    await push.prune(2, term.fence, over.signal);

    assert.equal(await push.ensure(3, 'ana'), undefined);
    assert.equal((await push.start('ana', {})).id, 7);
  });

  it('are removed however many there are, and outcomes that came late with them', async () => {
    const writes = Array.from({ length: 300 }, (_, n) => ({ put: `push/outcome/0000000002/old${n}`, value: '{}' }));
    for (let n = 0; n < 300; n += 100) await store.transact({ compare: [], writes: writes.slice(n, n + 100) });
    await push.prune(3, term.fence, over.signal);
    await store.transact({ compare: [], writes: writes.slice(0, 1) });

    await push.prune(3, term.fence, over.signal);

    assert.equal(await held('push/outcome/'), 3 * names.length);
  });

  it('stay when there are no more than are kept, and so does the one that runs', async () => {
    assert.equal(await push.prune(6, term.fence, over.signal), 0);
    assert.deepEqual(await numbers(), [6, 5, 4, 3, 2, 1]);

    await push.prune(0, term.fence, over.signal);

    assert.deepEqual(await numbers(), [6]);
    assert.equal((await push.rollout(6)).rollout.state, 'running');
  });

  it('are left to the controller that leads', async () => {
    await store.transact({ compare: [], writes: [{ put: term.fence.key, value: '{"holder":"another"}' }] });

    await assert.rejects(push.prune(2, term.fence, over.signal), (error) => isNamed(error, 'interrupted'));

    assert.equal((await numbers()).length, 6);
  });
});
