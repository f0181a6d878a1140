/** Secrets at rest: what goes in comes out, to nobody else, and never as garbage. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';

import { isNamed } from '../../services/errors.ts';
import { secretsService } from '../../services/secrets/service.ts';
import { keys } from '../../services/store/keys.ts';
import type { Store } from '../../services/store/store.ts';
import { bytes, keyA, keyB, place, text } from './installation.ts';

describe('secrets', () => {
  it('come back as they were put, also after a restart', async (test) => {
    const { store } = place(test);
    const first = await secretsService({ store, masterKey: keyA });
    const value = randomBytes(5_000);
    await first.put('key', value);
    await first.put('empty', new Uint8Array());

    const second = await secretsService({ store, masterKey: keyA });

    assert.deepEqual(Buffer.from(await second.get('key')), value);
    assert.equal((await second.get('empty')).length, 0);
    assert.deepEqual([await second.has('key'), await second.has('other')], [true, false]);
  });

  it('come back whatever their bytes and ids are', async (test) => {
    const secrets = await secretsService({ store: place(test).store, masterKey: keyA });

    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', minLength: 1 }),
        fc.uint8Array({ maxLength: 300 }),
        async (id, value) => {
          await secrets.remove(id);
          await secrets.put(id, value);
          assert.deepEqual(Buffer.from(await secrets.get(id)), Buffer.from(value));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('keep what they have when the same id is put again, and write nothing', async (test) => {
    const { store } = place(test);
    const secrets = await secretsService({ store, masterKey: keyA });
    await secrets.put('key', bytes('first'));
    const before = (await store.range('')).revision;

    await secrets.put('key', bytes('second'));

    assert.equal(text(await secrets.get('key')), 'first');
    assert.equal((await store.range('')).revision, before);
  });

  it('are put once when many put the same at a time', async (test) => {
    const { store } = place(test);
    const [one, two] = [
      await secretsService({ store, masterKey: keyA }),
      await secretsService({ store, masterKey: keyA }),
    ];
    const before = (await store.range('')).revision;

    await Promise.all([one, two, one, two].map((secrets) => secrets.put('key', bytes('value'))));

    assert.equal((await store.range('')).revision, before + 1);
    assert.equal(text(await two.get('key')), 'value');
  });

  it('are gone once they were removed, and may be put again', async (test) => {
    const { store } = place(test);
    const secrets = await secretsService({ store, masterKey: keyA });
    await secrets.put('key', bytes('first'));

    await secrets.remove('key');
    await secrets.remove('key');

    await assert.rejects(secrets.get('key'), { code: 'not-found' });
    assert.deepEqual((await store.range('secret/sealed/')).entries, []);
    assert.deepEqual((await store.range('secret/wrapped/')).entries, []);
    await secrets.put('key', bytes('second'));
    assert.equal(text(await secrets.get('key')), 'second');
  });

  it('stand nowhere in the file of the store or its log, nor does any key', async (test) => {
    const { store, path } = place(test);
    const masterKey = randomBytes(32);
    const secrets = await secretsService({ store, masterKey });
    const value = `-----BEGIN PRIVATE KEY-----\n${randomBytes(600).toString('base64')}\n-----END PRIVATE KEY-----\n`;
    await secrets.put('key', bytes(value));
    await secrets.rotate(randomBytes(32));

    const files = Buffer.concat([readFileSync(path), readFileSync(`${path}-wal`)]);

    assert.ok(files.includes('secret/sealed/key'), 'the files are the right ones');
    const body = value.slice(28, 28 + 600);
    for (const needle of [
      Buffer.from('PRIVATE KEY'),
      Buffer.from(body.slice(0, 24)),
      Buffer.from(body, 'base64').subarray(0, 16),
      // Base64 of the text as it would stand at each of the three offsets.
      ...[0, 1, 2].map((offset) => Buffer.from(Buffer.from(value.slice(offset, offset + 30)).toString('base64'))),
      masterKey,
      Buffer.from(masterKey.toString('base64url')),
      Buffer.from(masterKey.toString('hex')),
    ]) {
      assert.equal(files.includes(needle), false, needle.toString('latin1'));
    }
  });

  it('are sealed anew each time: the same value twice looks different', async (test) => {
    const { store } = place(test);
    const secrets = await secretsService({ store, masterKey: keyA });
    await secrets.put('one', bytes('same'));
    await secrets.put('two', bytes('same'));

    const [one, two] = (await store.range('secret/sealed/')).entries;

    assert.notEqual(one?.value, two?.value);
    assert.ok((await store.range('secret/')).entries.every(({ value }) => /^[\x20-\x7e]+$/.test(value)));
  });

  it('are refused to another master key at the start, which is told from where it came', async (test) => {
    const { store } = place(test);
    const secrets = await secretsService({ store, masterKey: keyA });
    await secrets.put('key', bytes('value'));
    const before = (await store.range('')).revision;

    const attempt = secretsService({ store, masterKey: keyB, source: '/etc/signet/master-key' });

    await assert.rejects(attempt, (error) => {
      assert.ok(isNamed(error, 'wrong-master-key'));
      assert.match(
        error.message,
        /sealed under another master key than the one in \/etc\/signet\/master-key; start with/,
      );
      assert.ok(!JSON.stringify([error.message, error.facts]).includes(Buffer.from(keyB).toString('hex').slice(0, 8)));
      return true;
    });
    assert.equal((await store.range('')).revision, before);
  });

  it('agree on one master key when two controllers start on an empty store', async (test) => {
    const { store } = place(test);

    const results = await Promise.allSettled([keyA, keyB].map((masterKey) => secretsService({ store, masterKey })));

    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    const failed = results.find((result) => result.status === 'rejected');
    assert.ok(isNamed(failed?.reason, 'wrong-master-key'));
  });

  it('are reported as damaged when any record of them was changed, cut, swapped or lost', async (test) => {
    const { store } = place(test);
    const secrets = await secretsService({ store, masterKey: keyA });
    const damages: readonly (readonly [string, (id: string) => Promise<unknown>])[] = [
      ['a changed character', (id) => edit(store, keys.sealed(id), flip)],
      ['a changed data key', (id) => edit(store, keys.wrapped(id), flip)],
      ['half a record', (id) => edit(store, keys.sealed(id), (value) => value.slice(0, value.length / 2))],
      ['a record without its fields', (id) => edit(store, keys.wrapped(id), () => '{"format":1}')],
      ['a format of the future', (id) => edit(store, keys.sealed(id), (value) => value.replace('1', '2'))],
      ['a short tag', (id) => edit(store, keys.sealed(id), (value) => value.replace(/("tag":".{6})[^"]*/, '$1'))],
      ['a lost data key', (id) => store.transact({ compare: [], writes: [{ delete: keys.wrapped(id) }] })],
      ['a lost value', (id) => store.transact({ compare: [], writes: [{ delete: keys.sealed(id) }] })],
      [
        'the value of another secret',
        async (id) => {
          await secrets.put(`${id} other`, bytes('other'));
          const [sealed, wrapped] = await Promise.all([
            store.get(keys.sealed(`${id} other`)),
            store.get(keys.wrapped(`${id} other`)),
          ]);
          await edit(store, keys.sealed(id), () => sealed?.value ?? '');
          await edit(store, keys.wrapped(id), () => wrapped?.value ?? '');
        },
      ],
    ];

    for (const [id, damage] of damages) {
      await secrets.put(id, bytes('the plaintext'));
      await damage(id);
      await assert.rejects(secrets.get(id), (error) => {
        assert.ok(isNamed(error, 'sealed-corrupt'), `${id}: ${String(error)}`);
        assert.ok(!error.message.includes('the plaintext'));
        return true;
      });
    }
  });

  it('are not opened in a store that lost the record of its master key', async (test) => {
    const { store } = place(test);
    const secrets = await secretsService({ store, masterKey: keyA });
    await secrets.put('key', bytes('value'));
    await store.transact({ compare: [], writes: [{ delete: keys.masterKeyCheck }] });

    await assert.rejects(secretsService({ store, masterKey: keyB }), { code: 'sealed-corrupt' });
  });
});

/** Changes one character in the middle of the ciphertext. */
function flip(value: string): string {
  return value.replace(/("data":"...)(.)/, (_match, before: string, one: string) => before + (one === 'A' ? 'B' : 'A'));
}

async function edit(store: Store, key: string, change: (value: string) => string): Promise<void> {
  const entry = await store.get(key);
  assert.ok(entry);
  const value = change(entry.value);
  assert.notEqual(value, entry.value);
  await store.transact({ compare: [], writes: [{ put: key, value }] });
}
