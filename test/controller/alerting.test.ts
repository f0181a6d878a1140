import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { alerting, backOff } from '../../services/controller/alerting.ts';
import { NamedError } from '../../services/errors.ts';
import { embeddedStore } from '../../services/store/embedded.ts';
import { keys } from '../../services/store/keys.ts';
import type { Compare, Store } from '../../services/store/store.ts';

const fence: Compare = { key: keys.leader, absent: true };

let folder: string;
let store: Store;
let over: AbortController;
let checks: number;
let logged: string[];
/** What a check does from now on. */
let outcome: () => Promise<{ alerts: number; failed: []; next: Date | undefined }>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signet-alerting-'));
  store = embeddedStore(join(folder, 'store.sqlite'));
  over = new AbortController();
  checks = 0;
  logged = [];
  outcome = () => Promise.resolve({ alerts: 0, failed: [], next: undefined });
});
afterEach(async () => {
  over.abort();
  await store.close();
  rmSync(folder, { recursive: true });
});

function running(): Promise<void> {
  const check = () => {
    checks += 1;
    return outcome();
  };
  return alerting({ store, alerts: { check }, log: (event) => logged.push(event) }, fence, over.signal);
}

async function reached(count: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (checks < count && Date.now() < deadline) await sleep(10);
  assert.equal(checks, count);
}

const commit = () => store.transact({ compare: [], writes: [{ put: keys.head, value: '1' }] });

describe('the loop of alerts', () => {
  it('checks again a moment after other mail waits for TLS than before', async () => {
    void running();
    await reached(1);

    await store.transact({ compare: [], writes: [{ put: keys.failing, value: '[]' }] });

    await reached(2);
  });

  it('checks at once, and again a moment after a revision', async () => {
    void running();
    await reached(1);

    await commit();

    await reached(2);
    assert.deepEqual(logged, ['alerts checked', 'alerts checked']);
  });

  it('checks when something that waits is due', async () => {
    const first = { alerts: 0, failed: [] as [], next: new Date(Date.now() + 500) };
    outcome = () => Promise.resolve(checks === 1 ? first : { ...first, next: undefined });

    void running();

    await reached(2);
  });

  it('goes on after a check that failed, whatever it was', async () => {
    outcome = () => Promise.reject(new Error('a bug'));
    void running();
    await reached(1);

    await commit();

    await reached(2);
    assert.deepEqual(logged, ['alerts not checked', 'alerts not checked']);
  });

  it('ends as interrupted once another controller leads', async () => {
    outcome = () => Promise.reject(new NamedError('interrupted', 'another controller leads by now'));

    await assert.rejects(running(), /another controller leads/);
  });

  it('ends when it is told to, in the middle of its pause', async () => {
    const ended = running();
    await reached(1);

    over.abort();

    await ended;
  });

  it('tries again after a minute, then after twice as long each time, and never later than in an hour', () => {
    assert.deepEqual([0, 1, 2, 3, 7, 100].map(backOff), [3600, 60, 120, 240, 3600, 3600]);
  });
});
