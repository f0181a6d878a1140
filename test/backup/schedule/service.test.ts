// Scheduled saves to a directory of the controller: when, what stays, and every way in which a disk can fail.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { scheduleService } from '../../../services/backup/schedule/service.ts';
import { isNamed, type ErrorCode } from '../../../services/errors.ts';
import type { SaveSchedule } from '../../../services/schema/types.generated.ts';
import { keys } from '../../../services/store/keys.ts';
import { readAll } from '../../../services/store/read-all.ts';
import { killedOnceIt, passphrase, scheduled } from './surroundings.ts';

const hour = 3_600_000;
const refused = (code: ErrorCode, message: RegExp) => (error: unknown) => {
  assert.ok(isNamed(error, code), String(error));
  assert.match(error.message, message);
  return true;
};

let around: Awaited<ReturnType<typeof scheduled>>;
let to: string;
beforeEach(async () => {
  around = await scheduled();
  to = join(around.folder, 'saves');
  mkdirSync(to);
});
afterEach(() => around.close());

const set = (more: object = {}) =>
  around.schedule.set('ann', { every: '24h', keep: 2, folder: to, passphrase, ...more });
const pass = (milliseconds: number) => (around.world.time += milliseconds);
const due = () => around.schedule.saveIfDue(around.fence);
const files = () => readdirSync(to).sort();

describe('a scheduled save', () => {
  it('is written with time and revision in its name, for nobody else to read, and proven from what was read back', async () => {
    await set();

    const saved = await due();

    const name = 'signet-2026-11-24T10-00-00Z-r1.signet';
    assert.deepEqual(files(), [name]);
    assert.equal(readFileSync(join(to, name), 'utf8'), around.world.text);
    assert.equal(statSync(join(to, name)).mode & 0o777, 0o600);
    assert.deepEqual(around.world.verified, [around.world.text]);
    assert.ok(saved?.kind === 'saved' && saved.file.proven && saved.file.inSync === 1);
    const { next, lastGood, problem, running } = await around.schedule.show();
    assert.deepEqual([next, lastGood, problem, running], ['2026-11-25T10:00:00.000Z', saved.file, undefined, false]);
  });

  it('is made once an interval, by another controller too', async () => {
    await set();
    await due();
    const other = scheduleService(around.deps);

    assert.deepEqual([await due(), await other.saveIfDue(around.fence)], [undefined, undefined]);
    pass(24 * hour - 1);
    assert.equal(await other.saveIfDue(around.fence), undefined);
    pass(1);
    const both = await Promise.all([due(), other.saveIfDue(around.fence)]);

    assert.deepEqual(both.map((one) => one?.kind).toSorted(), ['saved', undefined]);
    assert.equal(files().length, 2);
  });

  it('waits for a first commit, and for a controller that still leads', async () => {
    await set();
    around.world.revision = 0;
    assert.equal(await due(), undefined);
    await assert.rejects(around.schedule.run(), refused('precondition-failed', /nothing was committed yet/));

    around.world.revision = 1;
    await around.lease.release();

    assert.equal(await due(), undefined);
    assert.deepEqual(files(), []);
  });

  it('removes only what it made itself, the oldest first, and only once the new one is proven', async () => {
    writeFileSync(join(to, 'signet-2020-01-01T00-00-00Z-r1.signet'), 'by hand');
    writeFileSync(join(to, 'cluster.signet'), 'by hand');
    await set();
    for (let day = 0; day < 4; day += 1, pass(24 * hour)) await due();

    const days = ['2026-11-26', '2026-11-27'].map((one) => `signet-${one}T10-00-00Z-r1.signet`);
    assert.deepEqual(files(), ['cluster.signet', 'signet-2020-01-01T00-00-00Z-r1.signet', ...days]);

    around.world.verdict = 'cannot-render';
    const failed = await due();

    assert.ok(failed?.kind === 'failed');
    assert.match(failed.detail, /-28T\S+ is written, and would not restore all of it: mx1: cannot-render/);
    assert.deepEqual(files().slice(2, 4), days);
    for (let more = 0; more < 3; more += 1) {
      pass(2 * hour);
      await due();
    }
    assert.equal(files().length, 5);
    assert.equal((await around.schedule.show()).lastGood?.name, days[1]);

    around.world.verdict = 'other-files';
    pass(2 * hour);
    await due();
    assert.equal(files().length, 4);
    assert.deepEqual(
      (await around.schedule.show()).files.map(({ proven }) => proven),
      [true, true],
    );
  });

  it('is recorded as failed with reason and next try, and again with the first failure once it works', async () => {
    await set();
    rmSync(to, { recursive: true });

    const failed = await due();
    const shown = await around.schedule.show();
    const state = await around.schedule.state();

    assert.deepEqual(failed, {
      kind: 'failed',
      code: 'precondition-failed',
      detail: `${to} cannot be written to: it is not there; make it, or name another one`,
    });
    assert.deepEqual([shown.problem?.failures, shown.next], [1, '2026-11-24T10:05:00.000Z']);
    assert.ok(state.kind === 'scheduled' && state.problem);
    pass(5 * 60_000);
    await due();
    assert.deepEqual((await around.schedule.show()).problem?.since, '2026-11-24T10:00:00.000Z');
    mkdirSync(to);
    pass(10 * 60_000);
    await due();
    assert.deepEqual(await around.schedule.state(), { kind: 'scheduled', target: { folder: to } });
    assert.deepEqual(files(), ['signet-2026-11-24T10-15-00Z-r1.signet']);
  });

  it('is overdue two intervals after the last good one, or after the schedule was set, and not before a first commit', async () => {
    const overdue = async () => {
      const state = await around.schedule.state();
      return state.kind === 'scheduled' ? state.overdue : assert.fail();
    };
    await set();
    around.world.revision = 0;
    pass(48 * hour);
    assert.equal(await overdue(), undefined);
    around.world.revision = 1;
    assert.equal(await overdue(), '2026-11-26T10:00:00.000Z');
    await due();
    assert.deepEqual([await overdue(), (await around.schedule.show()).overdue], [undefined, undefined]);
    around.world.verdict = 'missing';
    pass(48 * hour);
    await due();
    assert.equal((await around.schedule.show()).overdue, '2026-11-28T10:00:00.000Z');
  });

  it('leaves no half file on a full disk, and removes nothing for it', { skip: process.getuid?.() !== 0 }, async () => {
    await set({ keep: 1 });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', to]);
    try {
      await due();
      pass(24 * hour);
      around.world.text = 'x'.repeat(200_000);

      const failed = await due();

      assert.ok(failed?.kind === 'failed');
      assert.match(failed.detail, /the disk is full; make room there$/);
      assert.deepEqual(files(), ['signet-2026-11-24T10-00-00Z-r1.signet']);
    } finally {
      execFileSync('umount', [to]);
    }
  });

  it('that broke off is no reason to do nothing for ever: its part goes, its file counts, and another one is made', async () => {
    const broken = await scheduled((store) => killedOnceIt(store, (written) => written.includes('"files\\":[{')));
    await broken.schedule.set('ann', { every: '24h', keep: 2, folder: to, passphrase });
    await assert.rejects(broken.schedule.run(), /killed/);
    const [name = ''] = files();
    writeFileSync(join(to, `.${name}.part`), 'half');
    const again = scheduleService({ ...broken.deps, store: around.store, secrets: around.secrets });
    const entry = await broken.store.get(keys.saveSchedule);
    await around.secrets.put((JSON.parse(entry?.value ?? '') as SaveSchedule).passphrase, Buffer.from(passphrase));
    await around.store.transact({ compare: [], writes: [{ put: keys.saveSchedule, value: entry?.value ?? '' }] });

    await assert.rejects(again.run(), refused('busy', /a save is under way/));
    broken.world.time += hour;
    const file = await again.run();

    assert.deepEqual(readdirSync(to).sort(), [file.name]);
    await broken.close();
  });
});

describe('what a schedule knows of its files', () => {
  it('does not fill the disk when a check breaks off again and again, for whatever reason', async () => {
    around.deps.backup.verify = () => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
    await set();
    for (let day = 0; day < 4; day += 1, pass(24 * hour)) await assert.rejects(due(), /no space/);

    assert.ok(files().length <= 2, files().join());
  });

  it('keeps the file that was just made, whatever the clock said before', async () => {
    await set({ keep: 1 });
    pass(365 * 24 * hour);
    await due();
    pass(-365 * 24 * hour);

    const saved = await due();

    assert.ok(saved?.kind === 'saved');
    assert.deepEqual(files(), [saved.file.name]);
    assert.equal((await around.schedule.show()).lastGood?.name, saved.file.name);
  });

  it('does not wait for a save that broke off by a clock that was ahead', async () => {
    await set();
    const { save } = around.deps.backup;
    around.deps.backup.save = () => new Promise(() => undefined);
    pass(365 * 24 * hour);
    void due();
    while (!(await around.schedule.show()).running) await nextTurn();
    around.deps.backup.save = save;
    pass(-365 * 24 * hour);

    assert.equal((await scheduleService(around.deps).saveIfDue(around.fence))?.kind, 'saved');
  });

  it('knows of a save that was under way while it was set to the same place', async () => {
    await set({ keep: 1 });
    await due();
    pass(24 * hour);
    const { verify } = around.deps.backup;
    around.deps.backup.verify = async (text) => {
      await set({ keep: 1, every: '12h' });
      return verify(text);
    };

    await due();

    const { files: known, every, running } = await around.schedule.show();
    assert.deepEqual([known.map(({ name }) => name), every, running], [files(), '12h', false]);
    assert.equal(files().length, 1);
  });
});

describe('a schedule', () => {
  it('keeps its passphrase sealed, shows it nowhere, and forgets it with the schedule', async () => {
    await assert.rejects(set({ passphrase: undefined }), refused('invalid-input', /passphrase .* is missing/));
    const view = await set();
    await set({ passphrase: undefined, keep: 5 });
    const records = JSON.stringify(await readAll(around.store, ''));

    assert.ok(!records.includes(passphrase) && !JSON.stringify(view).includes(passphrase));
    const secrets = async () => (await readAll(around.store, keys.allWrapped)).length;
    assert.equal(await secrets(), 1);
    await set({ passphrase: 'another' });
    assert.equal(await secrets(), 1);
    await due();
    await around.schedule.off();
    assert.equal(await secrets(), 0);
    await assert.rejects(around.schedule.show(), refused('not-found', /no saves are scheduled/));
    assert.deepEqual([files().length, (await around.schedule.state()).kind, await due()], [1, 'none', undefined]);
  });

  it('leaves what it saved elsewhere alone once it goes to another place', async () => {
    await set({ keep: 1 });
    await due();
    const there = join(around.folder, 'elsewhere');
    mkdirSync(there);
    await set({ keep: 1, folder: there });
    pass(24 * hour);
    await due();

    assert.deepEqual([files().length, readdirSync(there).length], [1, 1]);
    await assert.rejects(set({ folder: 'saves' }), refused('invalid-input', /saves is no absolute path/));
  });
});
