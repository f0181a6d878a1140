import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { remembered } from '../../services/store/cache.ts';

function counted(limit: number) {
  const loads: string[] = [];
  const load = (key: string) => {
    loads.push(key);
    return key === 'bad' ? Promise.reject(new Error('cannot be read')) : Promise.resolve(key);
  };
  return { loads, read: remembered(load, { limit, size: ({ length }) => length }) };
}

describe('what is remembered', () => {
  it('is loaded once, also for those who ask at the same time', async () => {
    const { loads, read } = counted(10);

    await Promise.all([read('a'), read('a')]);
    await read('a');

    assert.deepEqual(loads, ['a']);
  });

  it('forgets the oldest beyond its limit', async () => {
    const { loads, read } = counted(4);

    for (const key of ['aa', 'bb', 'cc', 'bb', 'aa']) await read(key);

    assert.deepEqual(loads, ['aa', 'bb', 'cc', 'aa']);
  });

  it('does not remember what could not be loaded', async () => {
    const { loads, read } = counted(10);

    await assert.rejects(read('bad'), /cannot be read/);
    await assert.rejects(read('bad'), /cannot be read/);

    assert.deepEqual(loads, ['bad', 'bad']);
  });
});
