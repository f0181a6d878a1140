import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';

import fc from 'fast-check';

import { defaultsLayer } from '../../services/config/defaults.ts';
import { fleet, memberLayersIn } from '../../services/config/fleet.ts';
import { pinBreaches } from '../../services/config/pin-breaches.ts';
import { scaleAt } from '../../services/config/strictness.ts';
import { isNamed, type Finding } from '../../services/errors.ts';
import { isObject, type Json, type JsonObject } from '../../services/schema/json.ts';
import { valueAt } from '../../services/schema/pointer.ts';
import type { Configuration, Operation, Pin } from '../../services/schema/types.generated.ts';
import { layer } from './arbitraries.ts';
import { referenceResolve } from './reference.ts';
import { joinMachine, machineId, surroundings, type Surroundings } from './surroundings.ts';
import { vectors } from './vectors.ts';

const defaults = defaultsLayer({ key: 'd'.repeat(64), chain: 'd'.repeat(64) });

function breaches(layers: Configuration['layers'], before?: Configuration) {
  const machines = { mx1: { id: machineId(1), group: 'edge' }, mx2: { id: machineId(2), group: 'main' } };
  const configuration: Configuration = { groups: { main: {}, edge: {} }, machines, layers };
  const resolve = fleet(defaults);
  const check = pinBreaches(before);
  return Object.keys(machines).flatMap((machine) =>
    check(machine, resolve(memberLayersIn(configuration, machine))).map((finding): Finding => ({
      ...finding,
      machine,
    })),
  );
}

interface Case {
  readonly title: string;
  readonly layers: Configuration['layers'];
  readonly breaches: readonly (readonly [string, string, string])[];
}

describe('pins', () => {
  for (const { title, layers, breaches: wanted } of vectors('pins') as readonly Case[]) {
    it(title, () => {
      const found = breaches(layers).map(({ machine, level, pointer }) => [machine, level, pointer]);

      assert.deepEqual(found, wanted);
    });
  }

  it('say which value breaks them, where, and what to do', () => {
    const [found] = breaches({
      cluster: { pins: { '/protocols/inbound/minimum': { rule: 'floor', lowest: 'TLSv1.2' } } },
      'machine/mx1': { protocols: { inbound: { minimum: 'TLSv1.1' } } },
    });

    assert.equal(
      found?.detail,
      '/protocols/inbound/minimum is "TLSv1.1" at machine/mx1, below the floor "TLSv1.2" that cluster pins; set "TLSv1.2" or what is stricter at machine/mx1, or unpin it at cluster',
    );
  });

  it('order versions in one line, and ways to verify a destination side by side', () => {
    const versions = scaleAt(['protocols', 'inbound', 'minimum']);
    const destinations = scaleAt(['destinations', '*', 'tls']);

    assert.ok(versions?.isAtLeast('TLSv1.3', 'TLSv1.2') && !versions.isAtLeast('TLSv1.1', 'TLSv1.2'));
    assert.ok(
      destinations?.isAtLeast('fingerprint', 'dane-only') && destinations.isAtLeast('dane-only', 'fingerprint'),
    );
    assert.ok(!destinations?.isAtLeast('required', 'dane') && !destinations?.isAtLeast('dane', 'required'));
    assert.equal(scaleAt(['listeners', 'public', 'port']), undefined);
  });

  it('find what a plain model finds, whatever the levels say', () => {
    fc.assert(
      fc.property(fc.tuple(layer, layer, layer), pins, pins, ([cluster, group, machine], ofCluster, ofGroup) => {
        const layers = {
          cluster: { ...cluster, pins: ofCluster },
          'group/edge': { ...group, pins: ofGroup },
          'machine/mx1': machine,
        };

        const found = breaches(layers).filter((one) => one.machine === 'mx1');

        const resolved = [[], [group], [group, machine]].map((more) =>
          referenceResolve([defaults.layer, cluster, ...more]),
        );
        const [atCluster, atGroup, is] = resolved as [JsonObject, JsonObject, JsonObject];
        const wanted = [...broken(ofCluster, atCluster, is, machine), ...broken(ofGroup, atGroup, is, machine)];
        assert.deepEqual(found.map(({ pointer }) => pointer ?? '').sort(), wanted.sort());
      }),
      { numRuns: 500 },
    );
  });
});

const pinned: readonly (readonly [string, readonly Pin[]])[] = [
  [
    '/protocols/inbound/minimum',
    [{ rule: 'fixed' }, { rule: 'floor' }, { rule: 'floor', lowest: 'TLSv1.3' }, { rule: 'perMachine' }],
  ],
  ['/destinations/*/tls', [{ rule: 'fixed' }, { rule: 'floor', lowest: 'preferred' }, { rule: 'perMachine' }]],
  ['/destinations/example.org', [{ rule: 'fixed' }, { rule: 'perMachine' }]],
  ['/listeners/*/port', [{ rule: 'fixed' }, { rule: 'perMachine' }]],
  ['/listeners/public/certificate', [{ rule: 'fixed' }, { rule: 'perMachine' }]],
  ['/mailFlowPolicies/*/tls', [{ rule: 'fixed' }, { rule: 'floor', lowest: 'preferred' }]],
  ['/mailFlowPolicies/public/tls', [{ rule: 'floor' }]],
];

const pins: fc.Arbitrary<Readonly<Record<string, Pin>>> = fc
  .uniqueArray(fc.constantFrom(...pinned), { maxLength: 4, selector: ([at]) => at })
  .chain((chosen) =>
    fc.tuple(...chosen.map(([at, rules]) => fc.constantFrom(...rules).map((pin) => [at, pin] as const))),
  )
  .map((entries) => Object.fromEntries(entries));

const orders: Readonly<Record<string, readonly (readonly string[])[]>> = {
  minimum: [['TLSv1.2'], ['TLSv1.3']],
  tls: [['none', 'off'], ['preferred'], ['dane', 'required', 'fingerprint']],
};

/** The model: the pointers at which the pins of one level are broken. `upper` is what holds at that level. */
function broken(held: Readonly<Record<string, Pin>>, upper: JsonObject, is: JsonObject, machine: JsonObject): string[] {
  return Object.entries(held).flatMap(([at, { rule, lowest }]) => {
    const rank = (value: Json | undefined) =>
      (orders[at.split('/').pop() ?? ''] ?? []).findIndex((alike) => alike.includes(value as string));
    return places(at, rule === 'fixed' ? upper : is).filter((place) => {
      const path = place.split('/').slice(1);
      const [wanted, value] = [valueAt(upper, path), valueAt(is, path)];
      if (rule === 'fixed') return JSON.stringify(sorted(wanted)) !== JSON.stringify(sorted(value));
      if (rule === 'perMachine') return (valueAt(machine, path) ?? null) === null;
      const least = lowest ?? wanted;
      if (least === undefined) return false;
      const isThere = wanted !== undefined || valueAt(is, path.slice(0, -1)) !== undefined;
      return isThere && rank(value) < rank(least);
    });
  });
}

function places(at: string, document: JsonObject): readonly string[] {
  const [section = '', name = '', ...rest] = at.split('/').slice(1);
  if (name !== '*') return [at];
  const table = document[section];
  return isObject(table) ? Object.keys(table).map((entry) => `/${[section, entry, ...rest].join('/')}`) : [];
}

function sorted(value: Json | undefined): unknown {
  return isObject(value) ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)) : value;
}

describe('a pinned configuration', () => {
  const pin = (level: string, at: string, value: Pin): Operation => ({
    ...{ op: 'set', level, path: `/pins/${at.replaceAll('/', '~1')}`, value },
  });
  const set = (level: string, path: string, value: unknown): Operation => ({ op: 'set', level, path, value });
  const options = { comment: 'pins', rollout: false };
  const minimum = '/protocols/inbound/minimum';
  let around: Surroundings;
  beforeEach(async () => {
    around = surroundings();
    await joinMachine(around, 1);
  });
  afterEach(() => around.close());

  it('refuses what a machine loosens, names the pin, and takes what it tightens', async () => {
    const { config } = around;
    await config.apply('ann', [pin('cluster', minimum, { rule: 'floor', lowest: 'TLSv1.2' })], options);

    await assert.rejects(config.apply('bob', [set('machine/mx1', minimum, 'TLSv1')], options), (error) => {
      assert.ok(isNamed(error, 'invalid-configuration'));
      assert.match(error.message, /mx1: .*below the floor "TLSv1.2" that cluster pins/);
      return true;
    });
    await config.apply('bob', [set('machine/mx1', minimum, 'TLSv1.3')], options);
    const { pins: shown } = await config.explain('mx1', minimum);
    assert.deepEqual(shown, [{ level: 'cluster', pointer: minimum, rule: 'floor', lowest: 'TLSv1.2' }]);
    assert.deepEqual((await config.effective('mx1')).pins, shown);
    assert.deepEqual(await config.pins(), shown);
    assert.deepEqual((await config.effective('mx1')).settings['pins'], undefined);
  });

  it('lets a machine join without what it must set itself, warns of it, and does not let others take it away', async () => {
    const { config } = around;
    const at = '/listeners/public/certificate';
    const own = set('machine/mx1', at, 'demonstration');
    await assert.rejects(
      config.apply('ann', [pin('cluster', at, { rule: 'perMachine' })], options),
      /set it at machine\/mx1/,
    );
    await config.apply('ann', [pin('cluster', at, { rule: 'perMachine' }), own], options);

    await joinMachine(around, 2);

    await config.amend('bob', [set('cluster', '/listeners/public/port', 26)]);
    const { findings } = await config.preview('bob');
    assert.deepEqual(
      findings.map(({ machine, pointer, severity }) => [machine, pointer, severity]),
      [['mx2', at, 'warning']],
    );
    await config.commit('bob', options);
    await assert.rejects(
      config.apply('bob', [{ op: 'unset', level: 'machine/mx1', path: at }], options),
      /must be set for every machine, says cluster/,
    );
  });

  it('goes on warning of what a machine lacks when the group that demands it is renamed', async () => {
    const { config } = around;
    const at = '/listeners/public/certificate';
    const edge = [{ op: 'create-group', group: 'edge' } as const, pin('group/edge', at, { rule: 'perMachine' })];
    await config.apply('ann', edge, options);
    await joinMachine(around, 2, 'edge');

    await config.apply('ann', [{ op: 'rename-group', group: 'edge', to: 'border' }], options);

    const { findings } = await config.preview('ann');
    assert.deepEqual(
      findings.map(({ machine, severity, detail }) => [machine, severity, /says (\S+);/.exec(detail)?.[1]]),
      [['mx2', 'warning', 'group/border']],
    );
  });

  it('takes no pin that says nothing sensible', async () => {
    const { config } = around;
    const refused = [
      [pin('machine/mx1', minimum, { rule: 'fixed' }), /nothing is below it/],
      [pin('cluster', '/listeners/public/port', { rule: 'floor' }), /have no order/],
      [pin('cluster', minimum, { rule: 'floor', lowest: 'TLSv9' }), /is no value of .*TLSv1.3/],
      [pin('cluster', '/destinations/*/tls', { rule: 'floor' }), /needs its lowest value/],
      [pin('cluster', '/nowhere', { rule: 'fixed' }), /there is no setting/],
      [pin('cluster', '/destinations/Example.ORG', { rule: 'fixed' }), /is spelled \/destinations\/example.org/],
      [{ op: 'remove', level: 'group/main', path: '/pins/~1trust' }, /not valid/],
    ] as const;

    for (const [operation, says] of refused) await assert.rejects(config.amend('ann', [operation]), says);
  });
});
