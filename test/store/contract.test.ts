/** The contract of a store, on each real store: what one keeps the other keeps too. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setImmediate as tick, setTimeout as pause } from 'node:timers/promises';

import type { ErrorCode } from '../../services/errors.ts';
import { embeddedStore } from '../../services/store/embedded.ts';
import { etcdStore } from '../../services/store/etcd.ts';
import { limits, type Change, type Store } from '../../services/store/store.ts';
import { aborted, changes, never, put, words, write } from './changes.ts';
import { etcdServer, withoutEtcd, type EtcdServer } from './etcd-server.ts';
import { temporaryFolder } from './folder.ts';

let server: EtcdServer | undefined;

const backends = [
  {
    name: 'embedded',
    skip: false,
    open: (test: TestContext) => Promise.resolve(embeddedStore(join(temporaryFolder(test), 'store.db'))),
  },
  {
    name: 'etcd',
    skip: withoutEtcd,
    open: () => etcdStore({ hosts: [server?.url ?? ''], prefix: `${randomUUID()}/` }),
  },
] as const;

before(async () => {
  if (!withoutEtcd) server = await etcdServer();
});
after(() => server?.stop());

for (const backend of backends) {
  describe(`the store on ${backend.name}`, { skip: backend.skip }, () => {
    async function open(test: TestContext): Promise<Store> {
      const store = await backend.open(test);
      test.after(() => store.close());
      return store;
    }

    it('has nothing under a key that was never written', async (test) => {
      const store = await open(test);

      assert.equal(await store.get('a'), undefined);
      assert.deepEqual((await store.range('')).entries, []);
    });

    it('gives back what was put, with the revision of its transaction', async (test) => {
      const store = await open(test);

      const { applied, revision } = await store.transact({
        compare: [],
        writes: [put('ключ/😀', '{"name":"Zoë 😀"}'), put('empty', ''), put('zero', 'a\0b')],
      });

      assert.equal(applied, true);
      assert.deepEqual(await store.get('ключ/😀'), {
        key: 'ключ/😀',
        value: '{"name":"Zoë 😀"}',
        modRevision: revision,
      });
      assert.deepEqual(await store.get('empty'), { key: 'empty', value: '', modRevision: revision });
      assert.deepEqual(await store.get('zero'), { key: 'zero', value: 'a\0b', modRevision: revision });
    });

    it('gives a later transaction a higher revision, also for the same value', async (test) => {
      const store = await open(test);

      const first = await write(store, 'a', '1');
      const second = await write(store, 'a', '1');

      assert.ok(second > first);
      assert.equal((await store.get('a'))?.modRevision, second);
    });

    it('applies all writes of a transaction when every compare holds, and none otherwise', async (test) => {
      const store = await open(test);
      const revision = await write(store, 'a', '1');
      const writes = [put('a', '2'), put('b', '2'), { delete: 'c' }];
      await write(store, 'c', '1');

      const refused = await store.transact({
        compare: [
          { key: 'a', modRevision: revision },
          { key: 'c', absent: true },
        ],
        writes,
      });
      const after = await Promise.all(['a', 'b', 'c'].map((key) => store.get(key)));
      const taken = await store.transact({
        compare: [
          { key: 'a', modRevision: revision },
          { key: 'b', absent: true },
        ],
        writes,
      });

      assert.equal(refused.applied, false);
      assert.deepEqual(
        after.map((entry) => entry?.value),
        ['1', undefined, '1'],
      );
      assert.equal(taken.applied, true);
      assert.deepEqual((await store.range('')).entries, [
        { key: 'a', value: '2', modRevision: taken.revision },
        { key: 'b', value: '2', modRevision: taken.revision },
      ]);
    });

    it('refuses a compare with an old, a future or no revision', async (test) => {
      const store = await open(test);
      const first = await write(store, 'a', '1');
      const second = await write(store, 'a', '2');
      const attempt = async (key: string, modRevision: number) =>
        (await store.transact({ compare: [{ key, modRevision }], writes: [put('a', 'never')] })).applied;

      assert.equal(await attempt('a', first), false);
      assert.equal(await attempt('a', second + 1000), false);
      assert.equal(await attempt('a', 0), false);
      assert.equal(await attempt('nothing', second), false);
      assert.equal((await store.get('a'))?.value, '2');
    });

    it('answers a transaction without writes by its compares alone', async (test) => {
      const store = await open(test);
      const revision = await write(store, 'a', '1');

      const holds = await store.transact({ compare: [{ key: 'a', modRevision: revision }], writes: [] });
      const fails = await store.transact({ compare: [{ key: 'a', absent: true }], writes: [] });

      assert.deepEqual([holds.applied, fails.applied], [true, false]);
    });

    it('deletes a key, after which it is absent and may be made again', async (test) => {
      const store = await open(test);
      await write(store, 'a', '1');

      await store.transact({ compare: [], writes: [{ delete: 'a' }, { delete: 'was never there' }] });
      const gone = await store.get('a');
      const again = await store.transact({ compare: [{ key: 'a', absent: true }], writes: [put('a', '2')] });

      assert.equal(gone, undefined);
      assert.equal(again.applied, true);
    });

    it('lets exactly one of many concurrent commits on the same head win', async (test) => {
      const store = await open(test);
      const head = await write(store, 'head', '0');

      const results = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          store.transact({
            compare: [{ key: 'head', modRevision: head }],
            writes: [put('head', `${n}`), put(`revision/${n}`, 'x')],
          }),
        ),
      );

      const winners = results.flatMap(({ applied }, n) => (applied ? [n] : []));
      assert.equal(winners.length, 1);
      assert.equal((await store.get('head'))?.value, `${winners[0] ?? ''}`);
      assert.deepEqual(
        (await store.range('revision/')).entries.map(({ key }) => key),
        [`revision/${winners[0] ?? ''}`],
      );
    });

    it('counts to the end with compare-and-set from many writers at once', async (test) => {
      const store = await open(test);
      await write(store, 'n', '0');
      const increment = async (): Promise<void> => {
        const entry = await store.get('n');
        assert.ok(entry);
        const { applied } = await store.transact({
          compare: [{ key: 'n', modRevision: entry.modRevision }],
          writes: [put('n', `${Number(entry.value) + 1}`)],
        });
        if (!applied) await increment();
      };

      await Promise.all(Array.from({ length: 25 }, increment));

      assert.equal((await store.get('n'))?.value, '25');
    });

    it('sorts keys by their bytes and reads exactly those with the prefix', async (test) => {
      const store = await open(test);
      const inOrder = ['a', 'a/', 'a/\uFFFD', 'a/😀', 'a0', 'b', 'é', '\uFFFF', '😀'];
      await store.transact({ compare: [], writes: inOrder.toReversed().map((key) => put(key, key)) });
      const under = async (prefix: string) => (await store.range(prefix)).entries.map(({ key }) => key);

      assert.deepEqual(await under(''), inOrder);
      assert.deepEqual(await under('a/'), ['a/', 'a/\uFFFD', 'a/😀']);
      assert.deepEqual(await under('a'), ['a', 'a/', 'a/\uFFFD', 'a/😀', 'a0']);
      assert.deepEqual(await under('\uFFFF'), ['\uFFFF']);
      assert.deepEqual(await under('c'), []);
    });

    it('reads a prefix in pages that leave nothing out', async (test) => {
      const store = await open(test);
      const names = Array.from({ length: 10 }, (_, n) => `p/${n}`);
      await store.transact({ compare: [], writes: [...names, 'q'].map((key) => put(key, key)) });
      const pages: string[][] = [];
      for (let last: string | undefined; ; last = pages.at(-1)?.at(-1)) {
        const { entries } = await store.range('p/', { limit: 4, ...(last === undefined ? {} : { startAfter: last }) });
        if (entries.length === 0) break;
        pages.push(entries.map(({ key }) => key));
      }

      assert.deepEqual(pages, [names.slice(0, 4), names.slice(4, 8), names.slice(8)]);
      assert.deepEqual((await store.range('p/', { startAfter: '' })).entries.length, 10);
      assert.deepEqual((await store.range('p/', { startAfter: 'p/9' })).entries, []);
    });

    it('reads many keys at one revision while others write', async (test) => {
      const store = await open(test);
      const names = Array.from({ length: 2_000 }, (_, n) => `k/${String(n).padStart(5, '0')}`);
      for (let n = 0; n < names.length; n += 100) {
        await store.transact({ compare: [], writes: names.slice(n, n + 100).map((key) => put(key, 'x'.repeat(900))) });
      }
      const [first, last] = [names[0] ?? '', names.at(-1) ?? ''];
      await store.transact({ compare: [], writes: [put(first, ''), put(last, '')] });
      const done = new AbortController();
      const writer = (async () => {
        for (let n = 0; !done.signal.aborted; n++) {
          await store.transact({ compare: [], writes: [put(first, `${n}`), put(last, `${n}`)] });
        }
      })();

      const ranges = [];
      for (let n = 0; n < 5; n++) ranges.push(await store.range('k/'));
      done.abort();
      await writer;

      for (const { entries, revision } of ranges) {
        assert.equal(entries.length, names.length);
        assert.equal(entries[0]?.modRevision, entries.at(-1)?.modRevision);
        assert.ok(entries.every(({ modRevision }) => modRevision <= revision));
      }
    });

    it('keeps values of a megabyte, and reads more of them than fit in one message', async (test) => {
      const store = await open(test);
      const value = 'y'.repeat(1_000_000);
      for (let n = 0; n < 9; n++) await write(store, `big/${n}`, value);

      const { entries } = await store.range('big/');

      assert.equal(entries.length, 9);
      assert.ok(entries.every((entry) => entry.value === value));
    });

    it('takes as many operations as the limit says, and refuses one more before anything happens', async (test) => {
      const store = await open(test);
      const writes = (count: number) => Array.from({ length: count }, (_, n) => put(`k/${n}`, 'x'));
      const compares = (count: number) =>
        Array.from({ length: count }, (_, n) => ({ key: `k/${n}`, absent: true }) as const);

      const full = await store.transact({ compare: compares(limits.operations), writes: writes(limits.operations) });

      assert.equal(full.applied, true);
      await fails('store-limit', store.transact({ compare: [], writes: writes(limits.operations + 1) }));
      await fails('store-limit', store.transact({ compare: compares(limits.operations + 1), writes: [put('a', 'x')] }));
      assert.equal((await store.range('')).revision, full.revision);
    });

    it('takes values up to the limit in bytes, and refuses more before anything happens', async (test) => {
      const store = await open(test);
      const before = (await store.range('')).revision;

      await fails('store-limit', write(store, 'a', 'x'.repeat(limits.bytes)));
      await fails(
        'store-limit',
        store.transact({
          compare: [],
          writes: [put('a', '€'.repeat(limits.bytes / 6)), put('b', '€'.repeat(limits.bytes / 6))],
        }),
      );
      assert.equal((await store.range('')).revision, before);
      await write(store, 'a', 'x'.repeat(limits.bytes - 2_048));
      assert.equal((await store.get('a'))?.value.length, limits.bytes - 2_048);
    });

    it('refuses two writes to one key, an empty key, and text that is not Unicode', async (test) => {
      const store = await open(test);

      await fails('store-limit', store.transact({ compare: [], writes: [put('a', '1'), { delete: 'a' }] }));
      await fails('invalid-input', write(store, '', '1'));
      await fails('invalid-input', write(store, 'a\uD800', '1'));
      await fails('invalid-input', write(store, 'a', '\uDC00'));
      assert.deepEqual((await store.range('')).entries, []);
    });

    it('tells past and coming changes of a prefix in order, each with its revision', async (test) => {
      const store = await open(test);
      const first = await write(store, 'a/1', 'old');
      const found = changes(store, 'a/', first, 6);
      await write(store, 'b', 'elsewhere');
      const { revision: second } = await store.transact({
        compare: [],
        writes: [put('a/3', 'x'), put('a', 'outside'), { delete: 'a/1' }, put('a/2', 'y'), { delete: 'a/none' }],
      });
      await pause(50);
      const third = await write(store, 'a/2', 'z');
      const { revision: fourth } = await store.transact({ compare: [], writes: [{ delete: 'a/3' }] });

      assert.deepEqual(words(await found), [
        `+a/1=old@${first}`,
        `+a/3=x@${second}`,
        `-a/1@${second}`,
        `+a/2=y@${second}`,
        `+a/2=z@${third}`,
        `-a/3@${fourth}`,
      ]);
    });

    it('tells every watch every change, from the revision after a read on', async (test) => {
      const store = await open(test);
      const done = new AbortController();
      const written: string[] = [];
      const writer = (async () => {
        for (let n = 0; !done.signal.aborted; n++)
          written.push(`+k/${n % 7}=${n}@${await write(store, `k/${n % 7}`, `${n}`)}`);
      })();
      await pause(20);

      const seen = await Promise.all(
        Array.from({ length: 5 }, async (_, n) => {
          await pause(5 * n);
          const { revision } = await store.range('k/');
          return words(await changes(store, 'k/', revision + 1, 60));
        }),
      );
      done.abort();
      await writer;

      for (const list of seen) {
        const start = written.indexOf(list[0] ?? '');
        assert.deepEqual(list, written.slice(start, start + 60));
      }
    });

    it('gives a watch more history than one answer holds', async (test) => {
      const store = await open(test);
      const from = (await store.range('')).revision + 1;
      const expected: string[] = [];
      for (let n = 0; n < 500; n += 100) {
        const batch = Array.from({ length: 100 }, (_, k) => `${n + k}`);
        await Promise.all(batch.map((value) => write(store, `h/${value}`, value)));
        expected.push(...batch.map((value) => `h/${value}`));
      }

      const found = await changes(store, 'h/', from, 500);

      assert.deepEqual(new Set(found.map(({ key }) => key)), new Set(expected));
      assert.ok(found.every(({ revision }, n) => n === 0 || revision > (found[n - 1]?.revision ?? 0)));
    });

    it('waits with a watch on a revision that is still to come', async (test) => {
      const store = await open(test);
      const revision = await write(store, 'a', '1');

      const found = changes(store, 'a', revision + 2, 1);
      await pause(50);
      await write(store, 'a', '2');
      const third = await write(store, 'a', '3');

      assert.deepEqual(words(await found), [`+a=3@${third}`]);
    });

    it('ends a watch when its signal aborts, also in the middle of what it has to tell', async (test) => {
      const store = await open(test);
      const stop = new AbortController();
      const first = await write(store, 'a', '1');
      await write(store, 'a', '2');
      const seen: Change[] = [];

      for await (const change of store.watch('a', first, stop.signal)) {
        seen.push(change);
        stop.abort();
      }
      const idle = new AbortController();
      const quiet = changesUntil(store, 'never written', first, idle.signal);
      await pause(50);
      idle.abort();

      assert.deepEqual(words(seen), [`+a=1@${first}`]);
      assert.deepEqual(await quiet, []);
      assert.deepEqual(await changesUntil(store, 'a', first, AbortSignal.abort()), []);
    });

    it('tells a slow reader everything', async (test) => {
      const store = await open(test);
      const from = (await store.range('')).revision + 1;
      const stop = new AbortController();
      const seen: string[] = [];
      const reader = (async () => {
        for await (const change of store.watch('s/', from, stop.signal)) {
          if (seen.length % 10 === 0) await pause(5);
          if (seen.push(change.key) === 200) stop.abort();
        }
      })();

      for (let n = 0; n < 200; n++) await write(store, `s/${n}`, 'x'.repeat(2_000));
      await reader;

      assert.deepEqual(
        seen,
        Array.from({ length: 200 }, (_, n) => `s/${n}`),
      );
    });

    it('forgets history up to a compaction, and says so to a watch that asks for it', async (test) => {
      const store = await open(test);
      const first = await write(store, 'a', '1');
      await write(store, 'b', 'stays');
      const { revision: second } = await store.transact({ compare: [], writes: [{ delete: 'a' }] });
      const third = await write(store, 'a', '3');

      await store.compact(second);
      await store.compact(second);
      await store.compact(first);

      await fails('store-compacted', changes(store, 'a', first, 1));
      await fails('store-compacted', changes(store, 'a', second, 1));
      assert.deepEqual(words(await changes(store, 'a', second + 1, 1)), [`+a=3@${third}`]);
      assert.deepEqual(
        (await store.range('')).entries.map(({ key, value }) => `${key}=${value}`),
        ['a=3', 'b=stays'],
      );
      await fails('invalid-input', store.compact(third + 1_000_000));
    });

    it('goes on with a watch that has seen everything before a compaction', async (test) => {
      const store = await open(test);
      const stop = new AbortController();
      const first = await write(store, 'a', '1');
      const watch = store.watch('a', first, stop.signal)[Symbol.asyncIterator]();
      const before = await watch.next();

      const next = watch.next();
      const second = await write(store, 'b', '1');
      // Until it has passed by what it does not want: a watch that lags behind a compaction is told so.
      await pause(100);
      await store.compact(second);
      const last = await write(store, 'a', '2');
      const after = await next;
      stop.abort();

      assert.deepEqual(before.value, { kind: 'put', key: 'a', value: '1', revision: first });
      assert.deepEqual(after.value, { kind: 'put', key: 'a', value: '2', revision: last });
      assert.deepEqual(await watch.next(), { done: true, value: undefined });
    });

    it('gives a lease to one holder at a time, and to the next when it is released', async (test) => {
      const store = await open(test);
      const order: string[] = [];

      const first = await store.lease('leader', 'one', 5, never());
      const second = store.lease('leader', 'two', 5, never()).then((lease) => {
        order.push('two has it');
        return lease;
      });
      const elsewhere = await store.lease('leader/of/others', 'two', 5, never());
      await pause(100);
      const holder = (await store.get('leader'))?.value;
      order.push('one gives it back');
      await first.release();
      const lease = await second;

      assert.deepEqual(order, ['one gives it back', 'two has it']);
      assert.equal(holder, '{"holder":"one"}');
      assert.equal((await store.get('leader'))?.value, '{"holder":"two"}');
      assert.deepEqual([first.lost.aborted, lease.lost.aborted, elsewhere.lost.aborted], [true, false, false]);
      await lease.release();
      await lease.release();
      await elsewhere.release();
      assert.equal(await store.get('leader'), undefined);
    });

    it('fences writes: the fence of a lease holds while it is held, and never again', async (test) => {
      const store = await open(test);
      const fenced = async (fence: typeof lease.fence) =>
        (await store.transact({ compare: [fence], writes: [put('a', 'x')] })).applied;

      const lease = await store.lease('leader', 'one', 5, never());
      const during = await fenced(lease.fence);
      await lease.release();
      const after = await fenced(lease.fence);
      const next = await store.lease('leader', 'one', 5, never());

      assert.deepEqual(
        [during, after, await fenced(lease.fence), await fenced(next.fence)],
        [true, false, false, true],
      );
    });

    it('sends away who waits for a lease when the signal aborts, and keeps no place for it', async (test) => {
      const store = await open(test);
      const stop = new AbortController();
      const first = await store.lease('leader', 'one', 5, never());

      const second = store.lease('leader', 'two', 5, stop.signal);
      const third = store.lease('leader', 'three', 5, never());
      await pause(50);
      stop.abort();

      await fails('interrupted', second);
      await fails('interrupted', store.lease('leader', 'four', 5, AbortSignal.abort()));
      await first.release();
      await (await third).release();
    });

    it('tells the holder of a lease when its key is changed by someone else', async (test) => {
      const store = await open(test);
      const lease = await store.lease('leader', 'one', 5, never());

      await store.transact({ compare: [], writes: [{ delete: 'leader' }] });
      await aborted(lease.lost);

      const next = await store.lease('leader', 'two', 5, never());
      await lease.release();
      assert.equal((await store.get('leader'))?.value, '{"holder":"two"}');
      assert.equal(next.lost.aborted, false);
    });

    it('closes once, finishes what was under way, gives leases back and answers no more', async (test) => {
      const store = await backend.open(test);
      const lease = await store.lease('leader', 'one', 5, never());
      const { revision } = await store.range('');
      const watching = changes(store, 'a', revision + 1, 1_000);
      const waiting = store.lease('leader', 'two', 5, never());
      const refused = Promise.all([fails('interrupted', watching), fails('interrupted', waiting)]);
      await pause(50);
      const written = write(store, 'a', '1');
      await written;

      await Promise.all([store.close(), store.close()]);
      await store.close();

      await refused;
      assert.equal(lease.lost.aborted, true);
      await fails('interrupted', store.get('a'));
      await fails('interrupted', store.range(''));
      await fails('interrupted', write(store, 'a', '2'));
      await fails('interrupted', store.lease('leader', 'three', 5, never()));
      await fails('interrupted', changes(store, 'a', revision + 1, 1));
    });

    it('lets the rest of the process have its turn while it reads and writes much', async (test) => {
      const store = await open(test);
      await Promise.all(Array.from({ length: 600 }, (_, n) => write(store, `k/${n}`, 'x'.repeat(500))));
      let turns = 0;
      const done = new AbortController();
      const counter = (async () => {
        for (; !done.signal.aborted; turns++) await tick();
      })();

      await store.range('k/');
      done.abort();
      await counter;

      assert.ok(turns >= 3, `${turns} turns`);
    });
  });
}

async function changesUntil(
  store: Store,
  prefix: string,
  from: number,
  signal: AbortSignal,
): Promise<readonly Change[]> {
  const seen: Change[] = [];
  for await (const change of store.watch(prefix, from, signal)) seen.push(change);
  return seen;
}

async function fails(code: ErrorCode, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, { name: 'NamedError', code });
}
