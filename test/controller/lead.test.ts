import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';

import { lead, type LeadDeps } from '../../services/controller/lead.ts';
import type { Revision } from '../../services/schema/types.generated.ts';
import { embeddedStore } from '../../services/store/embedded.ts';
import type { Store } from '../../services/store/store.ts';
import { aborted } from '../store/changes.ts';
import { temporaryFolder } from '../store/folder.ts';

it('a leader whose watch on the head comes too late for the history it began in leads on, and misses no revision', async (test) => {
  const real = embeddedStore(join(temporaryFolder(test), 'store.db'));
  test.after(() => real.close());
  const over = new AbortController();
  const put = (key: string, value: string) => real.transact({ compare: [], writes: [{ put: key, value }] });
  let head = 1;
  let late = false;
  const store: Store = {
    ...real,
    async *watch(prefix, from, signal) {
      if (prefix === 'config/head' && !late) {
        late = true;
        head = 2;
        await real.compact((await put('config/head', '2')).revision);
      }
      yield* real.watch(prefix, from, signal);
    },
  };
  const ensured: number[] = [];
  const logged: string[] = [];
  const deps = {
    store,
    config: { history: () => Promise.resolve([{ number: head, author: 'ana', rollout: true } as Revision]) },
    machines: { list: () => Promise.resolve([]) },
    push: {
      lead: (_term: unknown, signal: AbortSignal) => aborted(signal),
      prune: () => Promise.resolve(0),
      async ensure(revision: number) {
        ensured.push(revision);
        if (revision === 2) await put('config/head', String((head = 3)));
        if (revision === 3) over.abort();
      },
    },
    alerts: { check: (_fence: unknown, signal: AbortSignal) => aborted(signal) },
    audit: { seal: () => Promise.resolve(undefined) },
    plans: { prune: () => Promise.resolve(0) },
    schedule: { saveIfDue: () => Promise.resolve(undefined) },
    sessions: { collect: () => Promise.resolve([]) },
    collectSeconds: 60,
    random: () => 0.5,
    name: 'one',
    sweepSeconds: 60,
    log: (event: string) => logged.push(event),
  } as unknown as LeadDeps;

  await lead(deps, () => undefined, over.signal);

  assert.deepEqual(ensured, [1, 2, 3]);
  assert.deepEqual(logged, ['leading']);
});
