import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { defaultsLayer } from '../../services/config/defaults.ts';
import { fleet, memberLayersIn } from '../../services/config/fleet.ts';
import { join, resolve } from '../../services/config/resolve.ts';
import type { Configuration } from '../../services/schema/types.generated.ts';
import { layer } from './arbitraries.ts';
import { binding, machineId } from './surroundings.ts';

const defaults = defaultsLayer(binding('d'));
const roster = {
  groups: { main: {}, edge: {} },
  machines: {
    mx1: { id: machineId(1), group: 'main' },
    mx2: { id: machineId(2), group: 'main' },
    mx3: { id: machineId(3), group: 'edge' },
  },
};

describe('a fleet', () => {
  it('gives each machine what it would get alone', () => {
    const layers = fc.record({
      cluster: layer,
      'group/main': layer,
      'group/edge': layer,
      'machine/mx1': layer,
      'machine/mx3': layer,
    });
    fc.assert(
      fc.property(layers, (held) => {
        const configuration: Configuration = { ...roster, layers: held };
        const resolveMember = fleet(defaults);

        for (const machine of ['mx1', 'mx2', 'mx3', 'mx1']) {
          const member = resolveMember(memberLayersIn(configuration, machine));

          assert.deepEqual(join(member.sections), resolve(member.layers), machine);
        }
      }),
    );
  });

  it('resolves once what machines of a group share', () => {
    const configuration: Configuration = {
      ...roster,
      layers: { 'machine/mx1': { outbound: { certificate: 'demonstration' } } },
    };
    const resolveMember = fleet(defaults);

    const [one, other] = ['mx1', 'mx2'].map((machine) => resolveMember(memberLayersIn(configuration, machine)));

    assert.equal(one?.sections.get('listeners'), other?.sections.get('listeners'));
    assert.notEqual(one?.sections.get('outbound'), other?.sections.get('outbound'));
  });
});
