import assert from 'node:assert/strict';
import { join } from 'node:path';
import { beforeEach, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { upkeep, type UpkeepDeps } from '../../services/controller/upkeep.ts';
import { NamedError } from '../../services/errors.ts';
import { recordsService } from '../../services/push/records/service.ts';
import { embeddedStore } from '../../services/store/embedded.ts';
import { etcdStore } from '../../services/store/etcd.ts';
import type { Store } from '../../services/store/store.ts';
import { changes, write } from '../store/changes.ts';
import { etcdServer, withoutEtcd } from '../store/etcd-server.ts';
import { temporaryFolder } from '../store/folder.ts';

const fence = { key: 'controller/leader', absent: true } as const;
const plans = { prune: () => Promise.resolve(0) };
let logged: string[];
let over: AbortController;
beforeEach(() => {
  logged = [];
  over = new AbortController();
});

const backends = {
  embedded: {
    skip: false,
    open: (test: TestContext) => Promise.resolve(embeddedStore(join(temporaryFolder(test), 'store.db'))),
  },
  etcd: {
    skip: withoutEtcd,
    // An etcd of its own, since a compaction is of everything in it.
    async open(test: TestContext) {
      const server = await etcdServer();
      test.after(() => server.stop());
      return etcdStore({ hosts: [server.url] });
    },
  },
} as const;

/** Ends it after so many runs; between them `between` is done. */
function keep(deps: Pick<UpkeepDeps, 'store' | 'push'>, runs: number, between: () => Promise<unknown>): Promise<void> {
  let run = 0;
  const store: UpkeepDeps['store'] = {
    compact: (revision) => deps.store.compact(revision),
    async range(prefix, options) {
      const range = await deps.store.range(prefix, options);
      if (++run === runs) over.abort();
      else await between();
      return range;
    },
  };
  return upkeep(
    { ...deps, store, plans, log: (event) => logged.push(event) },
    { fence, everySeconds: 0.001 },
    over.signal,
  );
}

for (const [name, { skip, open }] of Object.entries(backends)) {
  it(
    `upkeep on ${name} keeps the newest 200 rollouts, and the history since the run before`,
    { skip },
    async (test) => {
      const store = await open(test);
      test.after(() => store.close());
      await rollouts(store, 203);
      const { prune, rollouts: list } = recordsService(store, () => new Date());
      const first = await write(store, 'a', '1');
      const written: number[] = [];

      await keep({ store, push: { prune } }, 3, async () => written.push(await write(store, 'a', '1')));

      const ids = (await list(1000)).map(({ id }) => id);
      assert.deepEqual([ids.length, ids[0], ids.at(-1)], [200, 203, 4]);
      assert.deepEqual(logged, ['old rollouts removed']);
      await assert.rejects(changes(store, 'a', first, 1), { code: 'store-compacted' });
      const [, second] = written;
      assert.equal((await changes(store, 'a', second ?? 0, 1))[0]?.revision, second);
    },
  );
}

describe('upkeep', () => {
  it('is not given up because a run failed, but ends with the lead', async () => {
    const errors = [new NamedError('store-unavailable', 'it is away', { transient: true }), undefined];
    const prune = () => {
      const error = errors.length > 0 ? errors.shift() : new NamedError('interrupted', 'another leads');
      return error ? Promise.reject(error) : Promise.resolve(0);
    };
    const store = { range: () => Promise.resolve({ entries: [], revision: 1 }), compact: () => Promise.resolve() };

    await assert.rejects(
      keep({ store, push: { prune } }, 9, () => Promise.resolve()),
      { code: 'interrupted' },
    );

    assert.deepEqual(logged, ['upkeep failed']);
  });

  it('ends at once between two runs', async () => {
    const store = { range: () => Promise.resolve({ entries: [], revision: 1 }), compact: () => Promise.resolve() };
    const push = { prune: () => Promise.resolve(0) };
    const ended = upkeep({ store, push, plans, log: () => undefined }, { fence, everySeconds: 3600 }, over.signal);
    await sleep(5);

    over.abort();

    await ended;
  });
});

/** As many rollouts, which have ended, written as records. */
async function rollouts(store: Store, count: number): Promise<void> {
  const common = { revision: 1, started: '2026-01-01T00:00:00.000Z', state: 'succeeded', by: 'ana', waves: [] };
  const flags = { budget: 0, revertOnFailure: false, overwriteDrift: false };
  const writes = Array.from({ length: count }, (_, n) => ({
    put: `push/rollout/${String(n + 1).padStart(10, '0')}`,
    value: JSON.stringify({ ...common, ...flags, id: n + 1 }),
  }));
  for (let n = 0; n < count; n += 100) await store.transact({ compare: [], writes: writes.slice(n, n + 100) });
  await write(store, 'push/latest-rollout', String(count));
}
