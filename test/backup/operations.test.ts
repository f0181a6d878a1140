import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { operationsTo } from '../../services/backup/operations.ts';
import { applyAll, emptyConfiguration } from '../../services/config/operations.ts';
import type { JsonObject } from '../../services/schema/json.ts';
import type { Configuration, Operation } from '../../services/schema/types.generated.ts';
import { layer } from '../config/arbitraries.ts';
import { machineId } from '../config/surroundings.ts';

const machines = ['mx1', 'mx2', 'mx3'];
const groups = ['edge', 'inner'];

/** Machines in groups, and layers at every level there then is; each name has always the same identity. */
const configuration: fc.Arbitrary<Configuration> = fc
  .record({
    groups: fc.subarray(groups),
    places: fc.array(fc.constantFrom('', 'main', ...groups), { minLength: 3, maxLength: 3 }),
    layers: fc.array(layer, { minLength: 6, maxLength: 6 }),
  })
  .map(({ groups: made, places, layers }) => {
    const members = machines.flatMap((machine, n) => {
      const group = places[n] ?? '';
      return group === 'main' || made.includes(group) ? [{ machine, id: machineId(n), group }] : [];
    });
    const levels = ['cluster', 'group/main', ...made.map((group) => `group/${group}`)];
    const operations: Operation[] = [
      ...made.map((group) => ({ op: 'create-group', group }) as const),
      ...members.map((member, n) => ({ op: 'admit', ...member, layer: layers[n] ?? {} }) as const),
      ...levels.flatMap((level, n) =>
        Object.entries(layers[n + 2] ?? {}).map(([section, value]): Operation =>
          value === null
            ? { op: 'remove', level, path: `/${section}` }
            : { op: 'set', level, path: `/${section}`, value },
        ),
      ),
    ];
    return applyAll(emptyConfiguration, operations);
  });

describe('the operations that bring one configuration to another', () => {
  it('make the wanted one of any present one, but for machines that only the present one has', () => {
    fc.assert(
      fc.property(configuration, configuration, (present, wanted) => {
        const made = applyAll(present, operationsTo(present, wanted));

        const stays = Object.keys(present.machines).filter((machine) => !Object.hasOwn(wanted.machines, machine));
        const kept = stays
          .map((machine) => present.machines[machine]?.group ?? '')
          .filter((group) => !Object.hasOwn(wanted.groups, group));
        const levels = [...stays.map((machine) => `machine/${machine}`), ...kept.map((group) => `group/${group}`)];
        assert.deepEqual(made, {
          groups: { ...wanted.groups, ...pick(present.groups, kept) },
          machines: { ...wanted.machines, ...pick(present.machines, stays) },
          layers: { ...wanted.layers, ...pick(present.layers, levels) },
        });
      }),
    );
  });

  it('are none when nothing differs', () => {
    fc.assert(fc.property(configuration, (one) => assert.deepEqual(operationsTo(one, one), [])));
  });

  it('touch the entries that differ and no others', () => {
    const at = (destinations: JsonObject): Configuration => ({
      ...emptyConfiguration,
      layers: { cluster: { destinations } },
    });
    const [same, old, fresh] = [{ tls: 'required' }, { tls: 'dane' }, { tls: 'none' }];

    const operations = operationsTo(
      at({ 'a.example': same, 'b.example': old, 'c.example': old }),
      at({ 'a.example': same, 'b.example': fresh, 'd.example': fresh }),
    );

    assert.deepEqual(operations, [
      { op: 'set', level: 'cluster', path: '/destinations/b.example', value: fresh },
      { op: 'unset', level: 'cluster', path: '/destinations/c.example' },
      { op: 'set', level: 'cluster', path: '/destinations/d.example', value: fresh },
    ]);
  });
});

function pick<T>(all: Readonly<Record<string, T>>, names: readonly string[]): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
}
