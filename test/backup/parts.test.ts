// A file of single levels and certificates: with what they refer to, put onto what is there, and nothing taken away.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { select } from '../../services/backup/parts/select.ts';
import { isNamed } from '../../services/errors.ts';
import type { ConfigurationFile, Operation } from '../../services/schema/types.generated.ts';
import { readAll } from '../../services/store/read-all.ts';
import { machineId } from '../config/surroundings.ts';
import { withoutOpenssl } from '../pki/openssl.ts';
import { cheaply, open, passphrase } from './cheaply.ts';
import { furnish, surroundings, type Surroundings } from './surroundings.ts';

const set = (level: string, path: string, value: unknown) => ({ op: 'set', level, path, value }) as Operation;

describe('a configuration file of parts', { skip: withoutOpenssl }, () => {
  let from: Surroundings;
  let to: Surroundings;

  before(async () => {
    [from, to] = [await surroundings(), await surroundings()];
    await furnish(from);
    await from.config.apply(
      'anna',
      [
        set('cluster', '/mailFlowPolicies/partners', { tls: 'required', trust: ['partners'] }),
        set('group/edge', '/listeners/public/policy', 'partners'),
        set('cluster', '/destinations/a.example', { tls: 'required' }),
      ],
      { comment: 'policies', rollout: false },
    );
    await to.sshKey();
    await to.config.apply(
      'bert',
      [
        set('cluster', '/destinations/b.example', { tls: 'dane' }),
        set('cluster', '/mailFlowPolicies/partners', { tls: 'preferred' }),
        { op: 'create-group', group: 'edge' },
        set('group/edge', '/listeners/public/port', 2525),
      ],
      { comment: 'own', rollout: false },
    );
  });
  after(() => Promise.all([from.close(), to.close()]));

  const save = async (options: Parameters<Surroundings['backup']['save']>[0]) =>
    cheaply(await from.backup.save({ passphrase, ...options }));

  it('holds what was asked for and what that refers to, the keys of that and no other', async () => {
    const file = JSON.parse(await save({ levels: ['group/edge'] })) as ConfigurationFile;

    assert.deepEqual(file.parts, {
      levels: ['group/edge'],
      certificates: [],
      along: [
        { level: 'cluster', section: 'certificates', name: 'mx' },
        { level: 'cluster', section: 'mailFlowPolicies', name: 'partners' },
        { level: 'cluster', section: 'trust', name: 'partners' },
      ],
    });
    const { groups, machines, layers } = file.configuration;
    assert.deepEqual([Object.keys(groups), machines], [['edge'], {}]);
    assert.deepEqual(Object.keys(layers['cluster'] ?? {}).sort(), ['certificates', 'mailFlowPolicies', 'trust']);
    const inside = JSON.parse(await open(file)) as { readonly keys: object; readonly sshKey?: string };
    assert.deepEqual([Object.keys(inside.keys).length, inside.sshKey], [1, undefined]);
    assert.deepEqual([Object.keys(file.chains).length, Object.keys(file.bundles).length], [1, 1]);
    assert.deepEqual(file.registrations, []);
  });

  it('adds and changes there, takes nothing away, and leaves what it only brought along where the name is taken', async () => {
    const file = await save({ levels: ['group/edge'] });

    const { operations, parts, stay } = await to.backup.load('anna', file, { passphrase, foreign: true });

    assert.deepEqual(
      operations.map((one) => [one.op, 'level' in one ? one.level : '', 'path' in one ? one.path : '']),
      [
        ['set', 'cluster', '/certificates'],
        ['set', 'cluster', '/trust'],
        ['set', 'group/edge', '/listeners/public'],
      ],
    );
    const edge = (await to.config.preview('anna')).configuration.layers['group/edge'];
    assert.deepEqual(edge, { listeners: { public: { certificate: 'mx', policy: 'partners', port: 2525 } } });
    assert.deepEqual([parts?.levels, stay], [['group/edge'], []]);
    await to.config.discard('anna');
  });

  it('of one certificate binds that certificate', async () => {
    const place = { level: 'machine/mx2', name: 'mx' };
    const file = await save({ certificates: [place] });
    const { machines, layers } = (JSON.parse(file) as ConfigurationFile).configuration;
    assert.deepEqual([Object.keys(machines), Object.keys(layers['machine/mx2'] ?? {})], [['mx2'], ['certificates']]);

    const stored = await readAll(to.store, '');
    const away = to.backup.load('anna', file, { passphrase, foreign: true });
    await assert.rejects(away, /mx2 of the file is not here; map it by hand: .*nothing was loaded/);
    assert.deepEqual(await readAll(to.store, ''), stored);

    const { operations, certificates } = await from.backup.load('anna', file, { passphrase, map: { mx2: 'mx1' } });
    assert.equal(certificates, 1);
    assert.deepEqual(
      operations.map((one) => ('level' in one ? `${one.level} ${'path' in one ? one.path : ''}` : one.op)),
      ['machine/mx1 /certificates'],
    );
    await from.config.discard('anna');
  });

  it('is not taken over, planned to be, or verified', async () => {
    const file = await save({ levels: ['cluster'] });
    const empty = await surroundings();

    for (const work of [
      () => empty.backup.takeOver('anna', file, { passphrase }),
      () => empty.backup.planTakeOver(file, { passphrase }),
      () => empty.backup.verify(file, passphrase),
    ])
      await assert.rejects(work(), (error: unknown) => {
        assert.ok(isNamed(error, 'precondition-failed'));
        assert.match(error.message, /holds only parts of a configuration, so nothing can be restored from it/);
        return true;
      });
    await empty.close();
  });

  it('is refused for what there is not, in words', async () => {
    for (const [options, message] of [
      [{ levels: ['group/inner'] }, /there is no group inner at this revision/],
      [{ levels: ['machine/mx9'] }, /there is no machine mx9 at this revision/],
      [
        { certificates: [{ level: 'group/edge', name: 'mx' }] },
        /there is no certificate mx at group\/edge at this revision/,
      ],
    ] as const)
      await assert.rejects(from.backup.save({ passphrase, ...options }), (error: unknown) => {
        assert.ok(isNamed(error, 'not-found'));
        assert.match(error.message, message);
        return true;
      });
  });

  it('is refused where a reference would dangle, and not where a level below has what it names', () => {
    const listeners = { public: { certificate: 'mx', interface: 'main' } };
    const whole = {
      groups: { main: {}, edge: {} },
      machines: { mx1: { id: machineId(1), group: 'main' } },
      layers: { cluster: { listeners }, 'machine/mx1': { interfaces: { main: { address: 'all' } } } },
    };
    const certificates = { mx: { key: '0'.repeat(64), chain: '1'.repeat(64) } };
    const satisfied = {
      ...whole,
      layers: { ...whole.layers, 'machine/mx1': { interfaces: { main: {} }, certificates } },
    };

    assert.throws(
      () => select(whole, { levels: ['cluster'], certificates: [] }),
      /cluster refers to certificates\/mx in listeners\/public\/certificate, which no level has/,
    );
    assert.deepEqual(select(satisfied, { levels: ['cluster'], certificates: [] }).parts.along, []);
  });
});
