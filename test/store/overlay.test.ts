import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';

import { embeddedStore } from '../../services/store/embedded.ts';
import { overlay } from '../../services/store/overlay.ts';
import { removeFolder, temporaryFolder } from '../pki/openssl.ts';

describe('a store laid over another', () => {
  const folder = temporaryFolder();
  const under = embeddedStore(join(folder, 'store.sqlite'));
  after(async () => {
    await under.close();
    removeFolder(folder);
  });
  const put = (key: string, value: string) => ({ put: key, value });

  it('shows its own writes among those beneath, which stay as they are', async () => {
    await under.transact({ compare: [], writes: ['a/1', 'a/2', 'a/4', 'b/1'].map((key) => put(key, 'old')) });
    const over = overlay(under);

    await over.transact({ compare: [], writes: [put('a/2', 'new'), put('a/3', 'new'), { delete: 'a/1' }] });

    const shown = async (options = {}) =>
      (await over.range('a/', options)).entries.map(({ key, value }) => [key, value]);
    assert.deepEqual(await shown(), [
      ['a/2', 'new'],
      ['a/3', 'new'],
      ['a/4', 'old'],
    ]);
    assert.deepEqual(await shown({ limit: 1 }), [['a/2', 'new']]);
    assert.deepEqual(await shown({ startAfter: 'a/2', limit: 2 }), [
      ['a/3', 'new'],
      ['a/4', 'old'],
    ]);
    assert.equal(await over.get('a/1'), undefined);
    assert.equal((await under.get('a/2'))?.value, 'old');
    assert.equal((await under.range('a/')).entries.length, 3);
  });

  it('compares with what it shows', async () => {
    const over = overlay(under);
    const beneath = (await over.get('b/1')) ?? assert.fail();
    const once = { compare: [{ key: 'b/1', modRevision: beneath.modRevision }], writes: [put('b/1', 'x')] };

    assert.equal((await over.transact(once)).applied, true);
    assert.equal((await over.transact(once)).applied, false);
    assert.equal((await over.transact({ compare: [{ key: 'b/2', absent: true }], writes: [] })).applied, true);
    assert.equal((await over.transact({ compare: [{ key: 'b/1', absent: true }], writes: [] })).applied, false);
    assert.equal((await over.get('b/1'))?.value, 'x');
  });
});
