/** A new master key: data keys are wrapped anew, sealed values stay as they are, and no crash on the way loses anything. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { secretsService, type Secrets } from '../../services/secrets/service.ts';
import { keys } from '../../services/store/keys.ts';
import type { Store, Transaction } from '../../services/store/store.ts';
import { bytes, dyingAt, keyA, keyB, keyC, place, text } from './installation.ts';

const count = 150;
const ids = Array.from({ length: count }, (_, n) => `s${n}`);

describe('the rotation of the master key', () => {
  it('wraps every data key anew and rewrites no sealed value', async (test) => {
    const { store } = place(test);
    const secrets = await filled(store);
    const sealed = (await store.range('secret/sealed/')).entries;
    const wrapped = (await store.range(keys.allWrapped)).entries;

    const result = await secrets.rotate(keyB);

    assert.equal(result, count);
    assert.deepEqual((await store.range('secret/sealed/')).entries, sealed, 'values and revisions');
    const anew = (await store.range(keys.allWrapped)).entries;
    assert.ok(anew.every((entry, n) => entry.value !== wrapped[n]?.value));
    await readsAll(secrets);
  });

  it('leaves the new key alone accepted', async (test) => {
    const { store } = place(test);
    const secrets = await filled(store);

    await secrets.rotate(keyB);

    await readsAll(await secretsService({ store, masterKey: keyB }));
    await assert.rejects(secretsService({ store, masterKey: keyA }), { code: 'wrong-master-key' });
    const records = [...(await store.range(keys.allWrapped)).entries, await store.get(keys.masterKeyCheck)];
    const ofKeys = new Set(records.flatMap((entry) => entry?.value.match(/"[0-9a-f]{16}"/g) ?? []));
    assert.equal(ofKeys.size, 1, 'nothing is left under the old key');
  });

  it('may be done again and again, and does nothing for the key that is there', async (test) => {
    const { store } = place(test);
    const secrets = await filled(store);

    assert.equal(await secrets.rotate(keyA), 0);
    assert.equal(await secrets.rotate(keyB), count);
    assert.equal(await secrets.rotate(keyB), 0);
    await secrets.put('new', bytes('under B'));
    assert.equal(await secrets.rotate(keyC), count + 1);
    assert.equal(await secrets.rotate(keyA), count + 1);

    await readsAll(await secretsService({ store, masterKey: keyA }));
    assert.equal(text(await secrets.get('new')), 'under B');
  });

  it(
    'comes to the same end after a crash at any point, from the old key or the new one',
    { timeout: 60_000 },
    async (test) => {
      for (let step = 0; ; step++) {
        const finished = await Promise.all(
          [keyA, keyB].map(async (afterCrash) => {
            const { store } = place(test);
            await filled(store);
            const dying = await secretsService({ store: dyingAt(store, step), masterKey: keyA });
            const done = await dying.rotate(keyB).then(
              () => true,
              () => false,
            );

            const secrets = await openWith(store, afterCrash);
            if (secrets) {
              await readsAll(secrets);
              await secrets.put('later', bytes('after the crash'));
              await secrets.rotate(keyB);
            }

            const last = await secretsService({ store, masterKey: secrets || done ? keyB : otherOf(afterCrash) });
            await readsAll(last);
            if (secrets) assert.equal(text(await last.get('later')), 'after the crash');
            await last.rotate(keyB);
            await assert.rejects(secretsService({ store, masterKey: keyA }), { code: 'wrong-master-key' });
            assert.ok(!(await store.get(keys.masterKeyCheck))?.value.includes('rotation'));
            return done;
          }),
        );
        if (finished.every(Boolean)) {
          assert.ok(step > 5, `${step} steps`);
          return;
        }
      }
    },
  );

  it('keeps both keys good for everything until it is done', async (test) => {
    const { store } = place(test);
    await filled(store);
    // Begun, and the first page is wrapped.
    const dying = await secretsService({ store: dyingAt(store, 2), masterKey: keyA });
    await assert.rejects(dying.rotate(keyB), /dead/);

    const old = await secretsService({ store, masterKey: keyA });
    await readsAll(old);
    await old.put('by the old', bytes('old'));
    const fresh = await secretsService({ store, masterKey: keyB });

    await readsAll(fresh);
    assert.equal(text(await fresh.get('by the old')), 'old');
  });

  it('refuses a third key while it has not ended', async (test) => {
    const { store } = place(test);
    await filled(store);
    const dying = await secretsService({ store: dyingAt(store, 1), masterKey: keyA });
    await assert.rejects(dying.rotate(keyB), /dead/);

    const secrets = await secretsService({ store, masterKey: keyA });

    await assert.rejects(secrets.rotate(keyC), { code: 'precondition-failed' });
    await secrets.rotate(keyB);
    await readsAll(secrets);
  });

  it('loses nothing that is put or removed meanwhile', async (test) => {
    const { store } = place(test);
    const secrets = await filled(store);
    const other = await secretsService({ store, masterKey: keyA });
    const during = Array.from({ length: 60 }, (_, n) => `during ${n}`);

    const [, results] = await Promise.all([
      secrets.rotate(keyB),
      Promise.allSettled(
        during.map(async (id, n) => {
          await (n % 2 === 0 ? secrets : other).put(id, bytes(id));
          await secrets.remove(ids[n] ?? '');
        }),
      ),
    ]);

    const fresh = await secretsService({ store, masterKey: keyB });
    for (const [n, id] of during.entries()) {
      if (results[n]?.status === 'fulfilled') assert.equal(text(await fresh.get(id)), id);
    }
    await readsAll(fresh, ids.slice(60));
    await assert.rejects(secretsService({ store, masterKey: keyA }), { code: 'wrong-master-key' });
  });

  it('reads a page again when a secret in it is removed before the page is written', async (test) => {
    const { store } = place(test);
    await filled(store);
    const removed: string[] = [];
    const secrets = await secretsService({ masterKey: keyA, store: { ...store, transact } });
    async function transact(transaction: Transaction) {
      const [first] = transaction.writes;
      const id =
        first && 'put' in first && first.put.startsWith(keys.allWrapped) ? first.put.slice(keys.allWrapped.length) : '';
      if (id !== '' && transaction.compare.length > 1 && removed.length < 6 && !removed.includes(id)) {
        removed.push(id);
        await secrets.remove(id);
      }
      return store.transact(transaction);
    }

    await secrets.rotate(keyB);

    assert.equal(removed.length, 6);
    const { entries } = await store.range(keys.allWrapped);
    assert.equal(new Set(entries.flatMap(({ value }) => value.match(/"[0-9a-f]{16}"/g) ?? [])).size, 1);
    await readsAll(
      await secretsService({ store, masterKey: keyB }),
      ids.filter((id) => !removed.includes(id)),
    );
  });

  it('tells a controller that still has the old key', async (test) => {
    const { store } = place(test);
    const secrets = await filled(store);
    const other = await secretsService({ store, masterKey: keyA });

    await secrets.rotate(keyB);

    await assert.rejects(other.get('s1'), { code: 'wrong-master-key' });
    await assert.rejects(other.put('more', bytes('x')), { code: 'wrong-master-key' });
    assert.equal(await secrets.has('more'), false);
  });

  it('stops at a damaged record without losing the others, and lets the controller start', async (test) => {
    const { store } = place(test);
    const secrets = await filled(store);
    await store.transact({ compare: [], writes: [{ put: keys.wrapped('s70'), value: '{"format":1,"under":{}}' }] });

    await assert.rejects(secrets.rotate(keyB), { code: 'sealed-corrupt' });

    const others = ids.filter((id) => id !== 's70');
    for (const masterKey of [keyA, keyB]) await readsAll(await secretsService({ store, masterKey }), others);
    await assert.rejects(secrets.get('s70'), { code: 'sealed-corrupt' });
    await secrets.remove('s70');
    await secrets.rotate(keyB);
    await assert.rejects(secretsService({ store, masterKey: keyA }), { code: 'wrong-master-key' });
  });
});

async function filled(store: Store): Promise<Secrets> {
  const secrets = await secretsService({ store, masterKey: keyA });
  await Promise.all(ids.map((id) => secrets.put(id, bytes(`value of ${id}`))));
  return secrets;
}

async function readsAll(secrets: Secrets, which: readonly string[] = ids): Promise<void> {
  for (const id of which) assert.equal(text(await secrets.get(id)), `value of ${id}`);
}

/** Undefined when the store does not accept the key at that point: not yet, or not any more. */
function openWith(store: Store, masterKey: Uint8Array): Promise<Secrets | undefined> {
  return secretsService({ store, masterKey }).catch((error: unknown) => {
    assert.equal((error as { readonly code?: string }).code, 'wrong-master-key');
    return undefined;
  });
}

function otherOf(key: Uint8Array): Uint8Array {
  return key === keyA ? keyB : keyA;
}
