/** The arithmetic of the benchmark: what it says of its measurements. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { childrenSeconds } from './processor.ts';
import { summary } from './statistics.ts';

describe('the arithmetic of the benchmark', () => {
  it('takes the middle of an odd number of measurements, whatever their order', () => {
    assert.deepEqual(summary([9, 1, 2]), { median: 2, lowest: 1, highest: 9 });
  });

  it('takes the mean of the two in the middle of an even number', () => {
    assert.deepEqual(summary([4, 1, 2, 9]), { median: 3, lowest: 1, highest: 9 });
  });

  it('refuses to say something of nothing', () => {
    assert.throws(() => summary([]), /nothing was measured/);
  });

  it('reads the time of the children, not of the shell, with and without minutes', () => {
    assert.equal(childrenSeconds('PLAY\n0m9.00s 0m9.00s\n1m2.50s 0m0.25s\n'), 62.75);
    assert.throws(() => childrenSeconds('PLAY RECAP\n'), /no times/);
  });
});
