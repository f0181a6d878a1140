/** The store on etcd when the connection breaks at the worst moments: nothing is lost, doubled or made up. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { isNamed, isTransient } from '../../services/errors.ts';
import { etcdStore, type EtcdOptions } from '../../services/store/etcd.ts';
import type { Change, Store } from '../../services/store/store.ts';
import { aborted, changes, never, put, words, write } from './changes.ts';
import { etcdctl, etcdServer, freePort, withoutEtcd, type EtcdServer } from './etcd-server.ts';
import { proxyTo, type Proxy } from './proxy.ts';

describe('the store on etcd over a bad connection', { skip: withoutEtcd, concurrency: 4 }, () => {
  let server: EtcdServer;
  before(async () => {
    server = await etcdServer();
  });
  after(() => server.stop());

  interface Setup {
    /** Connected through the proxy. */
    readonly store: Store;
    /** Connected to etcd itself: another controller, and the witness. */
    readonly direct: Store;
    readonly proxy: Proxy;
    readonly prefix: string;
  }

  async function setup(test: TestContext, options: Partial<EtcdOptions> = {}): Promise<Setup> {
    const proxy = await proxyTo(server.port);
    const prefix = `${randomUUID()}/`;
    const direct = await etcdStore({ hosts: [server.url], prefix });
    const store = await etcdStore({ hosts: [`http://localhost:${proxy.port}`], prefix, ...options });
    test.after(async () => {
      await Promise.all([direct.close(), store.close()]);
      await proxy.close();
    });
    return { store, direct, proxy, prefix };
  }

  it('knows that a transaction was applied when the connection is lost after the request was forwarded', async (test) => {
    const { store, direct, proxy } = await setup(test);

    for (let n = 0; n < 10; n++) {
      const key = `forwarded/${n}`;
      const holding = proxy.hold(key);
      const result = store.transact({ compare: [{ key, absent: true }], writes: [put(key, 'mine')] });
      const held = await holding;
      held.forward();
      await until(async () => (await direct.get(key)) !== undefined);
      held.cut();

      assert.deepEqual(await result, { applied: true, revision: (await direct.get(key))?.modRevision });
    }
  });

  it('applies a transaction once when the connection is lost before the request was forwarded', async (test) => {
    const { store, direct, proxy } = await setup(test);
    const from = (await direct.range('')).revision + 1;

    const holding = proxy.hold('not-forwarded');
    const result = store.transact({
      compare: [{ key: 'not-forwarded', absent: true }],
      writes: [put('not-forwarded', 'mine')],
    });
    (await holding).cut();

    const { applied, revision } = await result;
    assert.equal(applied, true);
    await write(direct, 'not-forwarded/end', '');
    assert.deepEqual(words(await changes(direct, 'not-forwarded', from, 2)).slice(0, 1), [
      `+not-forwarded=mine@${revision}`,
    ]);
  });

  it('never applies a request that arrives after it was given up and sent again', async (test) => {
    const { store, direct, proxy } = await setup(test, { timeoutSeconds: 3 });
    const from = (await direct.range('')).revision + 1;

    const holding = proxy.hold('late');
    const result = store.transact({ compare: [], writes: [put('late', 'mine')] });
    const held = await holding;
    const { applied, revision } = await result;
    const second = await write(direct, 'late', 'by another');
    held.forward();
    await pause(500);

    assert.equal(applied, true);
    assert.equal((await direct.get('late'))?.value, 'by another');
    const last = await write(direct, 'late', 'the end');
    assert.deepEqual(words(await changes(direct, 'late', from, 3)), [
      `+late=mine@${revision}`,
      `+late=by another@${second}`,
      `+late=the end@${last}`,
    ]);
  });

  it('tells a lost compare from a lost connection: the second commit does not win', async (test) => {
    const { store, direct, proxy } = await setup(test);
    const base = await write(direct, 'head', '1');

    const holding = proxy.hold('head');
    const late = store.transact({ compare: [{ key: 'head', modRevision: base }], writes: [put('head', 'late')] });
    const held = await holding;
    const won = await direct.transact({
      compare: [{ key: 'head', modRevision: base }],
      writes: [put('head', 'first')],
    });
    held.forward();
    await pause(100);
    held.cut();

    assert.equal(won.applied, true);
    assert.equal((await late).applied, false);
    assert.equal((await direct.get('head'))?.value, 'first');
  });

  it('says that an outcome is unknown when etcd stays away after a request was forwarded', async (test) => {
    const { store, direct, proxy } = await setup(test, { timeoutSeconds: 3 });

    const holding = proxy.hold('unknown');
    const result = store.transact({ compare: [], writes: [put('unknown', 'mine')] });
    const held = await holding;
    held.forward();
    await until(async () => (await direct.get('unknown')) !== undefined);
    proxy.away();

    await assert.rejects(result, (error) => {
      assert.ok(isNamed(error, 'outcome-unknown'));
      assert.match(error.message, /whether it was made could not be found out; look whether it is there/);
      return !isTransient(error);
    });
    proxy.back();
    await until(async () => (await store.get('unknown').catch(() => undefined)) !== undefined);
  });

  it('says that the outcome of a transaction that uses every operation is unknown when its answer is lost', async (test) => {
    const { store, direct, proxy } = await setup(test);
    const writes = Array.from({ length: 128 }, (_, n) => put(`full/${n}`, 'x'));

    const holding = proxy.hold('full/');
    const result = store.transact({ compare: [], writes });
    const held = await holding;
    held.forward();
    await until(async () => (await direct.get('full/127')) !== undefined);
    held.cut();

    await assert.rejects(result, { code: 'outcome-unknown' });
  });

  it('says that etcd is unavailable, for now, when it is away before anything was sent', async (test) => {
    const { store, direct, proxy } = await setup(test, { timeoutSeconds: 2 });
    proxy.away();

    const results = await Promise.allSettled([
      store.get('a'),
      store.range(''),
      write(store, 'a', '1'),
      store.transact({ compare: [], writes: Array.from({ length: 128 }, (_, n) => put(`${n}`, 'x')) }),
    ]);
    for (const result of results) {
      assert.ok(result.status === 'rejected' && isNamed(result.reason, 'store-unavailable'));
      assert.ok(isTransient(result.reason), result.reason.message);
    }
    assert.deepEqual((await direct.range('')).entries, []);
    proxy.back();
    await until(() =>
      write(store, 'a', '1').then(
        () => true,
        () => false,
      ),
    );
  });

  it('goes on over a new connection when a firewall forgets the old one', async (test) => {
    const { store, direct, proxy } = await setup(test, { timeoutSeconds: 6 });
    const first = await write(store, 'a', '1');
    const found = changes(store, 'a', first, 2);
    await pause(200);

    proxy.freeze();

    assert.equal((await store.get('a'))?.value, '1');
    const second = await write(store, 'a', '2');
    assert.equal((await direct.get('a'))?.modRevision, second);
    assert.deepEqual(words(await found), [`+a=1@${first}`, `+a=2@${second}`]);
  });

  it('misses nothing with a watch whose connection is cut again and again', async (test) => {
    const { store, direct, proxy } = await setup(test);
    const from = (await direct.range('')).revision + 1;
    const found = changes(store, 'w/', from, 300);

    const expected: string[] = [];
    for (let n = 0; n < 300; n++) {
      expected.push(`+w/${n % 9}=${n}@${await write(direct, `w/${n % 9}`, `${n}`)}`);
      if (n % 20 === 10) proxy.cut();
      if (n % 100 === 50) {
        proxy.away();
        await pause(300);
        proxy.back();
      }
    }

    assert.deepEqual(words(await found), expected);
  });

  it('misses nothing with a watch that is cut while it still reads history', async (test) => {
    const { store, direct, proxy } = await setup(test);
    const from = (await direct.range('')).revision + 1;
    const expected: string[] = [];
    for (let n = 0; n < 300; n++)
      expected.push(`+h/${n}=${'x'.repeat(3_000)}@${await write(direct, `h/${n}`, 'x'.repeat(3_000))}`);
    const stop = new AbortController();
    const seen: Change[] = [];

    for await (const change of store.watch('h/', from, stop.signal)) {
      if (seen.length % 60 === 0) {
        proxy.cut();
        await pause(20);
      }
      if (seen.push(change) === 300) stop.abort();
    }

    assert.deepEqual(words(seen), expected);
  });

  it('notices that the connection of a quiet watch is dead, and goes on over another', async (test) => {
    const { store, direct, proxy } = await setup(test);
    const from = (await direct.range('')).revision + 1;
    const found = changes(store, 'a', from, 2);
    const first = await write(direct, 'a', '1');
    await pause(500);

    proxy.freeze();
    const second = await write(direct, 'a', '2');

    assert.deepEqual(words(await found), [`+a=1@${first}`, `+a=2@${second}`]);
  });

  it('says that history is gone when it was compacted while a watch was cut off', async (test) => {
    // An etcd of its own, since a compaction is of everything in it.
    const own = await etcdServer();
    test.after(() => own.stop());
    const proxy = await proxyTo(own.port);
    const store = await etcdStore({ hosts: [`http://localhost:${proxy.port}`] });
    const direct = await etcdStore({ hosts: [own.url] });
    test.after(async () => {
      await Promise.all([store.close(), direct.close()]);
      await proxy.close();
    });
    const first = await write(direct, 'a', '1');
    const watch = store.watch('a', first, never())[Symbol.asyncIterator]();
    await watch.next();

    const next = watch.next();
    proxy.away();
    await direct.compact(await write(direct, 'a', '2'));
    proxy.back();

    await assert.rejects(next, { code: 'store-compacted' });
  });

  it('keeps a lease when history was compacted while its watch was cut off, and still notices that it is taken away', async (test) => {
    const own = await etcdServer();
    test.after(() => own.stop());
    const proxy = await proxyTo(own.port);
    const store = await etcdStore({ hosts: [`http://localhost:${proxy.port}`] });
    const direct = await etcdStore({ hosts: [own.url] });
    test.after(async () => {
      await Promise.all([store.close(), direct.close()]);
      await proxy.close();
    });
    const lease = await store.lease('leader', 'one', 10, never());
    await pause(200);

    proxy.away();
    await direct.compact(await write(direct, 'a', '1'));
    proxy.back();
    await write(store, 'a', '2');
    await pause(1_000);

    assert.equal(lease.lost.aborted, false, String(lease.lost.reason));
    await write(direct, 'leader', 'another');
    await aborted(lease.lost);
    assert.match(String(lease.lost.reason), /was taken away: its key was changed/);
  });

  it('goes on when etcd was killed and started again', async (test) => {
    const own = await etcdServer();
    test.after(() => own.stop());
    const store = await etcdStore({ hosts: [own.url] });
    test.after(() => store.close());
    const first = await write(store, 'a', '1');
    const found = changes(store, 'a', first, 2);

    await own.restart();
    const second = await write(store, 'a', '2');

    assert.deepEqual(words(await found), [`+a=1@${first}`, `+a=2@${second}`]);
  });

  it('loses a lease when etcd is away longer than its time, before another can have it', async (test) => {
    const { store, direct, proxy } = await setup(test);
    const lease = await store.lease('leader', 'one', 2, never());
    await pause(1_500);
    assert.equal(lease.lost.aborted, false, 'renewed');
    const lost = aborted(lease.lost).then(() => performance.now());
    const taken = direct.lease('leader', 'two', 5, never()).then((next) => ({ next, at: performance.now() }));

    proxy.away();

    const [lostAt, { next, at }] = await Promise.all([lost, taken]);
    assert.ok(lostAt < at, `lost ${String(at - lostAt)} ms before it was taken`);
    assert.match(String(lease.lost.reason), /the lease "leader" ran out: etcd could not be reached in time/);
    proxy.back();
    const fenced = await until(() =>
      store.transact({ compare: [lease.fence], writes: [put('a', 'x')] }).catch(() => undefined),
    );
    assert.equal(fenced.applied, false);
    await lease.release();
    assert.equal(next.lost.aborted, false);
  });

  it('keeps a lease through a cut that is shorter than its time', async (test) => {
    const { store, proxy } = await setup(test);
    const lease = await store.lease('leader', 'one', 5, never());

    for (let n = 0; n < 4; n++) {
      proxy.away();
      await pause(1_000);
      proxy.back();
      await pause(1_000);
    }

    assert.equal(lease.lost.aborted, false, String(lease.lost.reason));
    await lease.release();
  });

  it('gets a lease when the answer to its request was lost', async (test) => {
    const { store, direct, proxy } = await setup(test);

    const holding = proxy.hold('{"holder":"one"}');
    const waiting = store.lease('leader', 'one', 3, never());
    const held = await holding;
    held.forward();
    await until(async () => (await direct.get('leader')) !== undefined);
    held.cut();
    const lease = await waiting;

    assert.equal((await direct.get('leader'))?.modRevision, 'modRevision' in lease.fence && lease.fence.modRevision);
    assert.equal(lease.lost.aborted, false);
    await lease.release();
  });

  it('passes a lease on after its holder, cut off before the first renewal, has lost it', async (test) => {
    const { store, direct, proxy } = await setup(test);
    const lease = await store.lease('leader', 'one', 2, never());
    const started = performance.now();
    const lost = aborted(lease.lost).then(() => performance.now());
    proxy.away();

    const next = await direct.lease('leader', 'two', 5, never());

    const taken = performance.now();
    assert.ok((await lost) < taken);
    assert.ok(taken - started < 6_000, `${taken - started} ms`);
    await next.release();
  });

  it('uses the next host when one is away, and when one hangs', async (test) => {
    const prefix = `${randomUUID()}/`;
    const [one, two] = [await proxyTo(server.port), await proxyTo(server.port)];
    const hosts = [`http://localhost:${await freePort()}`, ...[one, two].map(({ port }) => `http://localhost:${port}`)];
    const store = await etcdStore({ hosts, prefix, timeoutSeconds: 6 });
    test.after(async () => {
      await store.close();
      await Promise.all([one.close(), two.close()]);
    });
    const from = (await store.range('')).revision + 1;
    const found = changes(store, 'n/', from, 40);

    const expected: string[] = [];
    for (let n = 0; n < 40; n++) {
      expected.push(`+n/${n}=x@${await write(store, `n/${n}`, 'x')}`);
      if (n === 10) one.away();
      if (n === 20) {
        one.back();
        two.away();
      }
      if (n === 30) {
        two.back();
        one.freeze();
      }
    }

    assert.deepEqual(words(await found), expected);
  });

  it('leaves no marks of its transactions behind, and none where others would see them', async (test) => {
    const { direct, prefix } = await setup(test);
    const store = await etcdStore({ hosts: [server.url], prefix });
    for (let n = 0; n < 5; n++) await write(store, `k/${n}`, 'x');

    const during = etcdctl(server, 'get', '--prefix', '--keys-only', `${prefix}transaction/`).trim().split(/\s+/);
    const seen = (await direct.range('')).entries.map(({ key }) => key);
    await store.close();
    const afterwards = etcdctl(server, 'get', '--prefix', '--keys-only', `${prefix}transaction/`).trim();

    assert.equal(during.length, 5);
    assert.deepEqual(seen, ['k/0', 'k/1', 'k/2', 'k/3', 'k/4']);
    assert.equal(afterwards, '');
  });

  it('takes a new lease for its marks when the old one is gone', async (test) => {
    const { store, prefix } = await setup(test);
    await write(store, 'a', '1');
    const [key = ''] = etcdctl(server, 'get', '--prefix', '--keys-only', `${prefix}transaction/`).trim().split(/\s+/);
    const { kvs } = JSON.parse(etcdctl(server, 'get', key, '-w', 'json')) as { kvs: { lease: number }[] };
    // JSON.parse rounds a 64-bit number, so the lease is found by what it holds.
    for (const id of etcdctl(server, 'lease', 'list').trim().split('\n').slice(1)) {
      if (etcdctl(server, 'lease', 'timetolive', id, '--keys').includes(key)) etcdctl(server, 'lease', 'revoke', id);
    }

    await write(store, 'a', '2');

    assert.equal(kvs.length, 1);
    assert.equal((await store.get('a'))?.value, '2');
  });
});

/** The first value of `attempt` that is neither false nor undefined. */
async function until<T>(attempt: () => Promise<T | undefined>): Promise<T & NonNullable<unknown>> {
  for (let n = 0; n < 400; n++) {
    const value = await attempt();
    if (value !== undefined && value !== null && value !== false) return value;
    await pause(25);
  }
  throw new Error('waited too long');
}
