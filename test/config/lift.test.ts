import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { expandAll } from '../../services/config/changes.ts';
import { defaultsLayer } from '../../services/config/defaults.ts';
import { layersOf } from '../../services/config/levels.ts';
import { applyAll } from '../../services/config/operations.ts';
import { whatStays } from '../../services/config/lift-stays.ts';
import { resolve } from '../../services/config/resolve.ts';
import { isNamed } from '../../services/errors.ts';
import type { Configuration, LiftSettingsChange } from '../../services/schema/types.generated.ts';
import { layer } from './arbitraries.ts';
import { machineId } from './surroundings.ts';

const defaults = defaultsLayer({ key: 'a'.repeat(64), chain: 'a'.repeat(64) });
const roster: Omit<Configuration, 'layers'> = {
  groups: { main: {}, edge: {} },
  machines: {
    mx1: { id: machineId(1), group: 'main' },
    mx2: { id: machineId(2), group: 'main' },
    mx3: { id: machineId(3), group: 'edge' },
  },
};
const lifted = (layers: Configuration['layers'], change: Omit<LiftSettingsChange, 'op'>): Configuration => {
  const configuration = { ...roster, layers };
  return applyAll(configuration, expandAll(configuration, [{ op: 'lift-settings', ...change }]));
};
const high = { protocols: { inbound: { ciphers: 'high', minimum: 'TLSv1.2' } } } as const;
const other = { protocols: { inbound: { ciphers: 'high', minimum: 'TLSv1.3' } } } as const;

describe('settings that are lifted', () => {
  it('are those that all machines say alike; the rest stays', () => {
    const { layers } = lifted({ 'machine/mx1': high, 'machine/mx2': high, 'machine/mx3': other }, { to: 'cluster' });

    assert.deepEqual(layers, {
      cluster: { protocols: { inbound: { ciphers: 'high' } } },
      'machine/mx1': { protocols: { inbound: { minimum: 'TLSv1.2' } } },
      'machine/mx2': { protocols: { inbound: { minimum: 'TLSv1.2' } } },
      'machine/mx3': { protocols: { inbound: { minimum: 'TLSv1.3' } } },
    });
  });

  it('go to a group from its machines', () => {
    const { layers } = lifted({ 'machine/mx1': high, 'machine/mx2': high }, { to: 'group/main' });

    assert.deepEqual(layers, { 'group/main': high });
  });

  it('stay where another machine would get them too, and the refusal says so', () => {
    const layers = { 'machine/mx1': other, 'machine/mx2': other };

    assert.throws(
      () => lifted(layers, { to: 'cluster', machines: ['mx1', 'mx2'] }),
      /another machine would get it too/,
    );
    assert.throws(() => lifted(layers, { to: 'group/edge', machines: ['mx1'] }), /mx1 does not get its settings from/);
    assert.throws(() => lifted(layers, { to: 'machine/mx1' }), /has no level below it/);
    assert.throws(() => lifted(layers, { to: 'cluster', from: 'group/none' }), /no group "none"/);
  });

  it('are not those that a level wants of every machine', () => {
    const pins = { pins: { '/protocols/*/ciphers': { rule: 'perMachine' } } } as const;
    const layers = { 'group/main': pins, 'machine/mx1': high, 'machine/mx2': high, 'machine/mx3': other };
    const { layers: after } = lifted(layers, { to: 'group/main' });

    assert.deepEqual(after['machine/mx1'], { protocols: { inbound: { ciphers: 'high' } } });
    assert.deepEqual(after['group/main'], { ...pins, protocols: { inbound: { minimum: 'TLSv1.2' } } });
  });

  it('are told apart from those that stay, each with its reason', () => {
    const pins = { pins: { '/protocols/inbound/ciphers': { rule: 'perMachine' } } } as const;
    const own = { outbound: { trust: ['system'] }, listeners: { late: null } } as const;
    const [one, two] = [
      { ...high, ...own },
      { ...other, ...own },
    ];
    const layers = { cluster: pins, 'machine/mx1': one, 'machine/mx2': two, 'machine/mx3': high };
    const configuration = { ...roster, layers } as unknown as Configuration;
    const change = { op: 'lift-settings', to: 'cluster', machines: ['mx1', 'mx2'] } as const;

    assert.deepEqual(
      whatStays(configuration, change).map(({ pointer, detail }) => `${pointer ?? ''} ${detail}`),
      [
        '/listeners/late stays: what is removed at a machine is removed there',
        '/protocols/inbound/ciphers stays: cluster wants it set for every machine',
        '/protocols/inbound/minimum stays: "TLSv1.2" on mx1, "TLSv1.3" on mx2',
      ],
    );
    const alike = { 'machine/mx1': other, 'machine/mx2': other };
    assert.deepEqual(
      whatStays({ ...roster, layers: alike }, change).map(({ detail }) => detail),
      ['stays: it would change mx3', 'stays: it would change mx3'],
    );
  });

  it('change what no machine gets, whatever the layers say', () => {
    const machine = fc.oneof({ arbitrary: layer, weight: 1 }, { arbitrary: fc.constant(undefined), weight: 2 });
    fc.assert(
      fc.property(
        layer,
        layer,
        layer,
        layer,
        machine,
        machine,
        fc.constantFrom('cluster', 'group/main'),
        (...given) => {
          const [cluster, main, edge, shared, two, three, to] = given;
          const layers = {
            ...{ cluster, 'group/main': main, 'group/edge': edge },
            ...{ 'machine/mx1': shared, 'machine/mx2': two ?? shared, 'machine/mx3': three ?? shared },
          } as Configuration['layers'];
          const before: Configuration = { ...roster, layers };
          try {
            const after = lifted(layers, { to });
            for (const name of Object.keys(roster.machines)) {
              const [was, is] = [before, after].map((one) => resolve([defaults, ...layersOf(one, name)]).settings);
              assert.deepEqual(is, was);
            }
          } catch (error) {
            if (!isNamed(error, 'not-found')) throw error;
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
