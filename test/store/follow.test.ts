import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { embeddedStore } from '../../services/store/embedded.ts';
import { follow } from '../../services/store/follow.ts';
import { changedUnder } from '../../services/store/lease-loss.ts';
import { write } from './changes.ts';
import { temporaryFolder } from './folder.ts';

describe('one who is too slow for the history of a store', () => {
  it('is told that there is a gap, and of every change after it', async (test) => {
    const store = embeddedStore(join(temporaryFolder(test), 'store.db'));
    test.after(() => store.close());
    const stop = new AbortController();
    const first = await write(store, 'a', '1');
    const gap = await write(store, 'b', '2');
    await store.compact(gap);
    const seen: unknown[] = [];

    for await (const change of follow(store, 'a', first, stop.signal)) {
      seen.push([change.kind, change.revision]);
      if (seen.length === 1) await write(store, 'a', '3');
      else stop.abort();
    }

    assert.deepEqual(seen, [
      ['gap', gap],
      ['put', gap + 1],
    ]);
  });

  it('does not lose a lease by it, but notices when the lease was lost in the gap or after', async (test) => {
    const store = embeddedStore(join(temporaryFolder(test), 'store.db'));
    test.after(() => store.close());
    const stop = new AbortController();
    test.after(() => stop.abort());
    const held = await write(store, 'leader', 'one');
    const compact = async () => store.compact(await write(store, 'other', ''));
    await compact();
    let ended: string | undefined;

    const watched = changedUnder(store, 'leader', held, stop.signal).then((how) => (ended = how));
    await compact();

    assert.equal(ended, undefined);
    await write(store, 'leader', 'two');
    assert.equal(await watched, 'changed');
    await compact();
    assert.equal(await changedUnder(store, 'leader', held, stop.signal), 'changed');
  });
});
