import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';

import { auditService, type AuditSealer, type AuditService } from '../../services/audit/service.ts';
import { embeddedStore } from '../../services/store/embedded.ts';
import { keys } from '../../services/store/keys.ts';
import type { Lease, Store } from '../../services/store/store.ts';

const start = new Date('2026-11-24T10:00:00.000Z');
const day = 24 * 3600 * 1000;

let folder: string;
let store: Store;
let time: Date;
let audit: AuditService & AuditSealer;
let lease: Lease;
let count = 0;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'signet-audit-'));
  store = embeddedStore(join(folder, 'store.sqlite'));
  time = start;
  count = 0;
  audit = another();
  lease = await store.lease(keys.leader, 'a test', 10, new AbortController().signal);
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

/** As another controller on the same store would have it. */
function another(): AuditService & AuditSealer {
  return auditService({ store, now: () => time, random: (size) => new Uint8Array(size).fill((count += 1)) });
}

async function record(days: number, object: string): Promise<void> {
  time = new Date(start.getTime() + days * day);
  await audit.record({ actor: 'anna', action: 'commit-draft', object, outcome: 'ok' });
}

describe('the audit trail', () => {
  it('is read newest first, across days and gaps between them', async () => {
    for (const days of [-400, -1, -1, 0]) await record(days, `entry ${days}`);
    time = start;

    const entries = await audit.page({ limit: 100 });

    assert.deepEqual(
      entries.map(({ object }) => object),
      ['entry 0', 'entry -1', 'entry -1', 'entry -400'],
    );
  });

  it('goes on from an entry, and from a time, without losing or repeating any', async () => {
    for (const days of [-3, -2, -2, -2, 0]) await record(days, `entry ${days}`);
    time = start;
    const everything = await audit.page({ limit: 100 });

    const paged = [];
    for (let page = await audit.page({ limit: 2 }); page.length > 0;) {
      paged.push(...page);
      page = await audit.page({ limit: 2, before: page.at(-1)?.id ?? '' });
    }

    assert.deepEqual(paged, everything);
    assert.deepEqual(await audit.page({ limit: 100, before: '2026-11-22' }), everything.slice(4));
    assert.deepEqual(await audit.page({ limit: 100, before: '2026-02-31' }), []);
  });

  it('shows entries of a controller whose clock is ahead', async () => {
    await record(1, 'from tomorrow');
    time = start;

    assert.equal((await audit.page({ limit: 1 }))[0]?.object, 'from tomorrow');
  });
});

describe('the seals of the audit trail', () => {
  const seal = () => audit.seal(lease.fence);
  const put = (key: string, value: string) => store.transact({ compare: [], writes: [{ put: key, value }] });
  const remove = (key: string) => store.transact({ compare: [], writes: [{ delete: key }] });
  const entry = async (number: number) => (await store.range(keys.audits)).entries[number] ?? assert.fail();

  /** 250 entries under three seals, and one without. */
  async function sealedTrail(): Promise<void> {
    for (let number = 0; number < 250; number += 1) await record(0, `entry ${number}`);
    assert.equal((await seal())?.number, 3);
    await record(1, 'the last');
  }

  it('hold for all of it, and say which entries wait for the next', async () => {
    await sealedTrail();

    const { entries, unsealed, newest, faults } = await audit.verify();

    assert.deepEqual([entries, unsealed, newest?.number, faults], [250, 1, 3, []]);
    assert.equal((await seal())?.number, 4);
    assert.equal(await seal(), undefined);
    assert.deepEqual((await audit.verify(newest)).faults, []);
  });

  it('tell an entry that was changed, taken away or put there', async () => {
    await sealedTrail();
    const [changed, gone] = [await entry(7), await entry(130)];
    await put(changed.key, changed.value.replace('anna', 'otto'));
    await remove(gone.key);
    await put(keys.audit('2026-11-24T10:00:00.000Z/forged'), changed.value);

    const { faults } = await audit.verify();

    const place = (key: string) => key.slice(keys.audits.length);
    assert.deepEqual(faults, [
      `the entry ${place(changed.key)} of seal 1 was changed`,
      `the entry ${place(gone.key)} of seal 2 is missing`,
      'the entry 2026-11-24T10:00:00.000Z/forged has no seal and does not wait for one: it was put there past Signet, or its seal was taken away',
    ]);
  });

  it('tell a seal that was changed or taken away', async () => {
    await sealedTrail();
    const second = await store.get(keys.seal(2));
    await put(keys.seal(2), second?.value.replace(/"digest":"./, '"digest":"0') ?? '');

    assert.deepEqual((await audit.verify()).faults.slice(0, 1), ['seal 2 was changed']);

    await remove(keys.seal(2));

    assert.equal((await audit.verify()).faults[0], 'the seal before seal 3 is missing');
  });

  it('tell by one that was noted elsewhere that the end was cut off, or all of it written anew', async () => {
    await sealedTrail();
    const { newest } = await audit.verify();
    assert.ok(newest);
    const cut = (await store.range(keys.seal(3))).entries[0] ?? assert.fail();
    const held = (JSON.parse(cut.value) as { readonly entries: readonly { readonly id: string }[] }).entries;
    for (const { id } of held) await remove(keys.audit(id));
    await remove(cut.key);

    assert.deepEqual((await audit.verify()).faults, []);
    assert.deepEqual((await audit.verify(newest)).faults, [
      'seal 3, which was noted, is missing: the end of the trail was cut off',
    ]);
    assert.deepEqual((await audit.verify({ number: 2, digest: newest.digest })).faults, [
      'seal 2 is not the one that was noted: the trail was rewritten',
    ]);
  });

  it('go on where they stopped, whichever controller makes them', async () => {
    for (let number = 1; number <= 9; number += 1) {
      await record(0, `entry ${number}`);
      assert.equal((await another().seal(lease.fence))?.number, number);
    }

    assert.deepEqual((await audit.verify()).faults, []);
  });

  it('go on from the one before where the newest was taken away, and tell what lost its seal', async () => {
    for (const number of [1, 2]) {
      await record(0, `entry ${number}`);
      assert.equal((await seal())?.number, number);
    }
    await remove(keys.seal(2));
    await record(0, 'entry 3');

    assert.equal((await seal())?.number, 2);
    const { entries, faults } = await audit.verify();
    assert.equal(entries, 2);
    assert.deepEqual(
      faults.map((fault) => fault.replace(/^the entry \S+ /, '')),
      ['has no seal and does not wait for one: it was put there past Signet, or its seal was taken away'],
    );
  });

  it('miss an entry that was taken away before it was sealed', async () => {
    await record(0, 'gone');
    await remove((await entry(0)).key);
    await seal();

    assert.match((await audit.verify()).faults[0] ?? '', /of seal 1 is missing$/);
  });

  it('are not made by a controller that no longer leads', async () => {
    await record(0, 'an entry');
    await lease.release();

    assert.equal(await seal(), undefined);
    assert.deepEqual((await audit.verify()).unsealed, 1);
  });
});
