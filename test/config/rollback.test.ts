import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { rollBack } from '../../services/config/rollback.ts';
import type { Configuration } from '../../services/schema/types.generated.ts';

const id = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;
const layer = (port: number) => ({ listeners: { public: { port } } });

const old: Configuration = {
  groups: { main: {}, edge: {} },
  machines: { mx1: { id: id(1), group: 'edge' }, mx2: { id: id(2), group: 'main' }, mx3: { id: id(3), group: 'main' } },
  layers: { cluster: layer(25), 'machine/mx1': layer(1), 'machine/mx2': layer(2) },
};

describe('rollback', () => {
  it('brings back settings, groups and the places of machines', () => {
    const head: Configuration = {
      groups: { main: {} },
      machines: { ...old.machines, mx1: { id: id(1), group: 'main' } },
      layers: { cluster: layer(26) },
    };

    assert.deepEqual(rollBack(old, head), { configuration: old, leftOut: [] });
  });

  it('leaves machines out that have left, and names their layers', () => {
    const { mx1, ...rest } = old.machines;
    const head: Configuration = { ...old, machines: rest, layers: {} };

    const { configuration, leftOut } = rollBack(old, head);

    assert.ok(mx1);
    assert.deepEqual(Object.keys(configuration.machines), ['mx2', 'mx3']);
    assert.deepEqual(configuration.layers, { cluster: layer(25), 'machine/mx2': layer(2) });
    assert.deepEqual(leftOut, ['machine/mx1']);
  });

  it('keeps machines that joined since, with their layer, their group and its layer', () => {
    const head: Configuration = {
      groups: { main: {}, new: { description: 'new' } },
      machines: { ...old.machines, mx4: { id: id(4), group: 'new' } },
      layers: { cluster: layer(26), 'group/new': layer(4), 'machine/mx4': layer(5) },
    };

    const { configuration } = rollBack(old, head);

    assert.deepEqual(configuration.machines['mx4'], { id: id(4), group: 'new' });
    assert.deepEqual(configuration.groups, { main: {}, edge: {}, new: { description: 'new' } });
    assert.deepEqual(configuration.layers, { ...old.layers, 'group/new': layer(4), 'machine/mx4': layer(5) });
  });

  it('takes another machine under an old name for another machine', () => {
    const head: Configuration = {
      ...old,
      machines: { ...old.machines, mx1: { id: id(9), group: 'main' } },
      layers: { 'machine/mx1': layer(9) },
    };

    const { configuration, leftOut } = rollBack(old, head);

    assert.deepEqual(configuration.machines['mx1'], { id: id(9), group: 'main' });
    assert.deepEqual(configuration.layers['machine/mx1'], layer(9));
    assert.deepEqual(leftOut, ['machine/mx1']);
  });
});
