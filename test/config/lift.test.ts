import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { expandAll } from '../../services/config/changes.ts';
import { defaultsLayer } from '../../services/config/defaults.ts';
import { layersOf } from '../../services/config/levels.ts';
import { applyAll } from '../../services/config/operations.ts';
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
