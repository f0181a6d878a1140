import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { mapMachines, underNamesHere, type ByHand } from '../../services/backup/load/mapping.ts';
import { isNamed } from '../../services/errors.ts';
import { machineId } from '../config/surroundings.ts';

const machine = (n: number, group = 'main') => ({ id: machineId(n), group });
const file = { mx1: machine(1), mx2: machine(2), mx3: machine(3) };

function refused(byHand: ByHand, message: RegExp): void {
  assert.throws(
    () => mapMachines(file, { mx1: machine(1), mx7: machine(7) }, byHand),
    (error: unknown) => isNamed(error, 'invalid-input') && message.test(error.message),
  );
}

describe('machines of a configuration file', () => {
  it('are those of the same identity here, whatever their name, or wait', () => {
    const { machines, obstacles } = mapMachines(file, { mx1: machine(1), edge2: machine(2) }, {});

    assert.deepEqual(machines, [
      { machine: 'mx1', becomes: 'same', here: 'mx1' },
      { machine: 'mx2', becomes: 'renamed', here: 'edge2' },
      { machine: 'mx3', becomes: 'waiting' },
    ]);
    assert.deepEqual(obstacles, []);
  });

  it('are not taken for another machine of the same name until somebody says so', () => {
    const present = { mx1: machine(9), mx2: machine(1) };

    const undecided = mapMachines(file, present, {});
    const decided = mapMachines(file, present, { mx2: null, mx3: 'mx1' });

    assert.deepEqual(
      undecided.obstacles.map((one) => one.machine),
      ['mx2'],
    );
    assert.deepEqual(
      undecided.machines.map((one) => [one.machine, one.becomes, one.here]),
      [
        ['mx1', 'renamed', 'mx2'],
        ['mx3', 'waiting', undefined],
      ],
    );
    assert.deepEqual(decided.obstacles, []);
    assert.deepEqual(decided.machines[2], { machine: 'mx3', becomes: 'by-hand', here: 'mx1' });
  });

  it('are mapped by hand only from and to what there is, and each to one of its own', () => {
    refused({ mx9: 'mx1' }, /the configuration file has no machine mx9 to map/);
    refused({ mx2: 'mx8' }, /there is no machine mx8 here to map mx2 to/);
    refused({ mx2: 'mx7', mx3: 'mx7' }, /mx2 and mx3 of the file would both be mx7 here/);
    refused({ mx2: 'mx1' }, /mx1 and mx2 of the file would both be mx1 here/);
  });

  it('bring their settings under the names and identities that are here', () => {
    const layers = { cluster: {}, 'machine/mx1': { a: 1 }, 'machine/mx2': { b: 2 }, 'machine/mx3': { c: 3 } };
    const present = { edge2: machine(2), mx7: machine(7) };
    const { machines } = mapMachines({ ...file, mx3: machine(3, 'edge') }, present, { mx1: null, mx3: 'mx7' });

    const made = underNamesHere(
      { groups: { main: {} }, machines: { ...file, mx3: machine(3, 'edge') }, layers },
      machines,
      present,
    );

    assert.deepEqual(made.machines, { edge2: machine(2), mx7: machine(7, 'edge') });
    assert.deepEqual(made.layers, { cluster: {}, 'machine/edge2': { b: 2 }, 'machine/mx7': { c: 3 } });
  });
});
