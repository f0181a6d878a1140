import assert from 'node:assert/strict';
import { it } from 'node:test';

import { compareNames } from '../../services/machines/names.ts';

it('names of machines are in the order in which people count', () => {
  const names = ['mx10', 'mx01', 'mx.b', 'mx1', 'mx', 'my1', 'mx2'];

  // Equal numbers are told apart, whichever way they are compared.
  assert.equal(compareNames('mx1', 'mx01'), -compareNames('mx01', 'mx1'));
  assert.notEqual(compareNames('mx1', 'mx01'), 0);
  assert.deepEqual([...names].sort(compareNames), ['mx', 'mx.b', 'mx01', 'mx1', 'mx2', 'mx10', 'my1']);
});
