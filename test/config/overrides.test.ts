import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { defaultsLayer } from '../../services/config/defaults.ts';
import { overrides } from '../../services/config/overrides.ts';
import type { Configuration } from '../../services/schema/types.generated.ts';
import { machineId } from './surroundings.ts';

const defaults = defaultsLayer({ key: 'KEY', chain: 'CHAIN' });

/** mx1 in the group main; the group edge is empty. */
function found(layers: Configuration['layers']) {
  const machines = { mx1: { id: machineId(1), group: 'main' } };
  const configuration = { groups: { main: {}, edge: {} }, machines, layers } as Configuration;
  return overrides(configuration, defaults).map(({ level, pointer, value, inherited, effect }) => [
    ...[level, pointer, value, inherited && [inherited.level, inherited.value], effect],
  ]);
}

const port = (value: number | null) => ({ listeners: { public: { port: value } } });
const at = '/listeners/public/port';

describe('overrides', () => {
  it('are what a group or a machine says otherwise than the levels above, with what would hold without it', () => {
    assert.deepEqual(found({ cluster: port(26), 'group/main': port(27), 'machine/mx1': port(28) }), [
      ['group/main', at, 27, ['cluster', 26], 'effective'],
      ['machine/mx1', at, 28, ['group/main', 27], 'effective'],
    ]);
    assert.deepEqual(found({ 'machine/mx1': port(28) }), [['machine/mx1', at, 28, ['defaults', 25], 'effective']]);
  });

  it('are not what the cluster says, nor what a level only adds', () => {
    assert.deepEqual(found({ cluster: port(26) }), []);
    assert.deepEqual(found({ 'machine/mx1': { interfaces: { main: { address: 'all', hostname: 'mx1' } } } }), []);
    assert.deepEqual(found({ 'machine/mx1': { listeners: { submission: { interface: 'main', port: 587 } } } }), []);
  });

  it('are redundant when the levels above say the same, by whatever default', () => {
    assert.deepEqual(found({ cluster: port(26), 'machine/mx1': port(26) }), [
      ['machine/mx1', at, 26, ['cluster', 26], 'redundant'],
    ]);
    assert.deepEqual(
      found({ 'machine/mx1': { protocols: { inbound: { minimum: 'TLSv1.2' } } } }).map(([, , , , effect]) => effect),
      ['redundant'],
    );
    assert.deepEqual(
      found({ 'machine/mx1': { listeners: { public: {} } } }).map(([, , , , effect]) => effect),
      ['redundant'],
    );
  });

  it('may remove what is inherited, a whole entry as well, and are void where there is nothing to remove', () => {
    assert.deepEqual(found({ cluster: port(26), 'machine/mx1': { listeners: { public: null } } }), [
      ['machine/mx1', '/listeners/public', null, ['cluster', { port: 26 }], 'effective'],
    ]);
    assert.deepEqual(found({ 'machine/mx1': { listeners: { old: null } } }), [
      ['machine/mx1', '/listeners/old', null, undefined, 'void'],
    ]);
    assert.deepEqual(
      found({ 'group/main': { listeners: { public: null } }, 'machine/mx1': { listeners: { public: null } } }),
      [
        ['group/main', '/listeners/public', null, ['defaults', { interface: 'main', port: 25 }], 'effective'],
        ['machine/mx1', '/listeners/public', null, undefined, 'void'],
      ],
    );
  });

  it('are void in a group without machines', () => {
    assert.deepEqual(found({ 'group/edge': port(27) }), [['group/edge', at, 27, ['defaults', 25], 'void']]);
  });
});
