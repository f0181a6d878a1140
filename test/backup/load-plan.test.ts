// What a load would do is found out aside: machine by machine, with what stands in its way, and nothing changes.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { isNamed } from '../../services/errors.ts';
import { discardDraft } from '../../services/membership/waiting.ts';
import { readAll } from '../../services/store/read-all.ts';
import { facts } from '../api/stand-ins.ts';
import { machineId } from '../config/surroundings.ts';
import { withoutOpenssl } from '../pki/openssl.ts';
import { cheaply, passphrase } from './cheaply.ts';
import { furnish, registration, surroundings, type Surroundings } from './surroundings.ts';

describe('a load of a file of this controller', { skip: withoutOpenssl }, () => {
  let at: Surroundings;
  let file = '';

  before(async () => {
    at = await surroundings();
    await furnish(at);
    for (const n of [1, 2]) await at.machines.setFacts(machineId(n), { ...facts, hostname: `mx${n}.example.test` });
    file = await cheaply(await at.backup.save({ passphrase }));
    const layer = { interfaces: { main: { address: 'all', hostname: 'mx3.example.test' } } };
    await at.machines.put({ ...registration(3, 'mx3'), facts });
    const mx2 = (await at.config.configuration(1)).layers['machine/mx2'] ?? assert.fail();
    await at.config.apply(
      'bert',
      [
        { op: 'dismiss', machine: 'mx2' },
        { op: 'admit', machine: 'edge2', id: machineId(2), group: 'main', layer: mx2 },
        { op: 'admit', machine: 'mx3', id: machineId(3), group: 'edge', layer },
        { op: 'set', level: 'cluster', path: '/listeners/public/port', value: 2525 },
      ],
      { comment: 'later', rollout: true },
    );
    await at.machines.put({ ...(await at.machines.get(machineId(2))), name: 'edge2' });
  });
  after(() => at.close());

  it('is planned as it would be, and changes nothing', async () => {
    const stored = await readAll(at.store, '');

    const plan = await at.backup.planLoad('anna', file, { passphrase });

    assert.deepEqual(await readAll(at.store, ''), stored);
    assert.deepEqual([plan.origin, plan.revision, plan.obstacles, plan.stay], ['own', 1, [], ['mx3']]);
    assert.deepEqual(
      plan.machines.map(({ machine, becomes, here }) => [machine, becomes, here]),
      [
        ['mx1', 'same', 'mx1'],
        ['mx2', 'renamed', 'edge2'],
      ],
    );
    assert.deepEqual(plan.change.operations, [
      { op: 'move', machine: 'edge2', group: 'edge' },
      { op: 'unset', level: 'cluster', path: '/listeners' },
    ]);
    assert.deepEqual(
      plan.change.machines.map(({ machine }) => machine),
      ['edge2', 'mx1', 'mx3'],
    );
    assert.match(plan.change.diffs['mx1'] ?? '', /2525/);
  });

  it('does what was planned, and dismisses nobody', async () => {
    const { change } = await at.backup.planLoad('anna', file, { passphrase });

    const { operations, stay } = await at.backup.load('anna', file, { passphrase });

    assert.deepEqual([operations, stay], [change.operations, ['mx3']]);
    const { configuration, findings } = await at.config.preview('anna');
    assert.deepEqual(Object.keys(configuration.machines).sort(), ['edge2', 'mx1', 'mx3']);
    assert.deepEqual(
      findings.filter(({ severity }) => severity !== 'warning'),
      [],
    );
    await at.config.discard('anna');
  });

  it('leaves out what it is told to, and names a draft that is in the way', async () => {
    await at.config.amend('anna', [{ op: 'create-group', group: 'other' }]);

    const { change, machines, obstacles } = await at.backup.planLoad('anna', file, { passphrase, map: { mx2: null } });

    assert.deepEqual(machines[1], { machine: 'mx2', becomes: 'left-out' });
    assert.ok(!JSON.stringify(change.operations).includes('edge2'));
    assert.equal(change.before.groups['other'], undefined);
    assert.match(obstacles[0]?.detail ?? '', /the draft of anna holds 1 change already/);
    await at.config.discard('anna');
  });
});

describe('a load of a machine that left', { skip: withoutOpenssl }, () => {
  it('keeps how it was reached last, and that it is to be finished off, also when the draft is discarded', async () => {
    const at = await surroundings();
    await furnish(at);
    const file = await cheaply(await at.backup.save({ passphrase }));
    await at.config.apply('bert', [{ op: 'dismiss', machine: 'mx2' }], { comment: 'mx2 left', rollout: true });
    const moved = { ...registration(2, 'mx2'), host: '198.18.0.99', unfinished: '2026-11-24T09:00:00.000Z' };
    await at.machines.put({ ...moved, state: 'left' });

    await at.backup.load('anna', file, { passphrase });

    assert.deepEqual(await at.machines.get(machineId(2)), { ...moved, state: 'waiting' });
    await discardDraft(at, 'anna');
    assert.deepEqual(await at.machines.get(machineId(2)), { ...moved, state: 'left' });
    await at.close();
  });
});

describe('a load of a file of another controller', { skip: withoutOpenssl }, () => {
  it('is planned, and refused until somebody says that it is foreign', async () => {
    const [from, to] = [await surroundings(), await surroundings()];
    await furnish(from);
    await to.sshKey();
    const group = { op: 'create-group', group: 'other', description: '' } as const;
    await to.config.apply('bert', [group], { comment: 'not empty', rollout: false });
    const file = await cheaply(await from.backup.save({ passphrase }));
    const stored = await readAll(to.store, '');

    const plan = await to.backup.planLoad('anna', file, { passphrase });
    await assert.rejects(to.backup.load('anna', file, { passphrase }), (error: unknown) => {
      assert.ok(isNamed(error, 'precondition-failed'), String(error));
      assert.match(error.message, /was saved by another controller; .*--foreign.*; nothing was loaded/);
      return true;
    });

    assert.deepEqual(await readAll(to.store, ''), stored);
    assert.equal(plan.origin, 'another');
    assert.equal(plan.obstacles.length, 1);
    assert.deepEqual(
      plan.machines.map(({ becomes }) => becomes),
      ['waiting', 'waiting'],
    );
    assert.deepEqual((await to.backup.planLoad('anna', file, { passphrase, foreign: true })).obstacles, []);
    await Promise.all([from.close(), to.close()]);
  });

  it('needs no word where nothing was committed yet', async () => {
    const [from, to] = [await surroundings(), await surroundings()];
    await furnish(from);
    await to.sshKey();
    const file = await cheaply(await from.backup.save({ passphrase }));

    assert.deepEqual((await to.backup.planLoad('anna', file, { passphrase })).obstacles, []);
    assert.deepEqual((await to.backup.load('anna', file, { passphrase })).unknownMachines, ['mx1', 'mx2']);
    await Promise.all([from.close(), to.close()]);
  });

  it('is not mixed up with machines of the same names, which are all named', async () => {
    const [from, to] = [await surroundings(), await surroundings()];
    await furnish(from);
    await furnish(to);
    for (const [n, name] of ['mx1', 'mx2'].entries()) {
      await to.machines.remove(machineId(n + 1));
      await to.machines.put(registration(n + 11, name));
    }
    const layer = { interfaces: { main: { address: 'all', hostname: 'mx.example.test' } } };
    await to.config.apply(
      'bert',
      [
        ...['mx1', 'mx2'].map((machine) => ({ op: 'dismiss', machine }) as const),
        ...['mx1', 'mx2'].map(
          (machine, n) => ({ op: 'admit', machine, id: machineId(n + 11), group: 'main', layer }) as const,
        ),
      ],
      { comment: 'others', rollout: false },
    );
    const file = await cheaply(await from.backup.save({ passphrase }));

    const undecided = to.backup.load('anna', file, { passphrase, foreign: true });
    await assert.rejects(undecided, (error: unknown) => {
      assert.ok(isNamed(error, 'precondition-failed'));
      assert.deepEqual(
        error.findings.map(({ machine }) => machine),
        ['mx1', 'mx2'],
      );
      return true;
    });
    const map = { mx1: 'mx1', mx2: null };
    const { machines, unknownMachines } = await to.backup.load('anna', file, { passphrase, foreign: true, map });

    assert.deepEqual(
      machines.map(({ becomes }) => becomes),
      ['by-hand', 'left-out'],
    );
    assert.deepEqual(unknownMachines, []);
    const { machines: members } = (await to.config.preview('anna')).configuration;
    assert.equal(members['mx1']?.id, machineId(11));
    await Promise.all([from.close(), to.close()]);
  });
});
