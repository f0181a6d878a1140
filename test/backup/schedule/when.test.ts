import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { expired, nameOf, readName } from '../../../services/backup/schedule/retention.ts';
import { dueAt } from '../../../services/backup/schedule/when.ts';
import type { SavedFile, SaveSchedule } from '../../../services/schema/types.generated.ts';

const at = (time: string) => `2026-11-${time}:00.000Z`;
const schedule = (every: string, more: Partial<SaveSchedule> = {}): SaveSchedule => ({
  ...{ every, keep: 3, target: { folder: '/b' }, passphrase: 'p', files: [], set: { by: 'ann', time: at('10T10:00') } },
  ...more,
});
const failed = (time: string, failures: number) => ({
  problem: { since: at('10T00:00'), time: at(time), failures, detail: 'the disk is full' },
});

describe('a save is due', () => {
  const cases: readonly (readonly [title: string, schedule: SaveSchedule, due: string])[] = [
    ['at once when there was none', schedule('24h'), at('10T10:00')],
    ['an interval after the last one began', schedule('6h', { last: at('10T11:00') }), at('10T17:00')],
    ['in days as well', schedule('7d', { last: at('10T11:00') }), at('17T11:00')],
    ['at the time of day, the same day', schedule('12:30'), at('10T12:30')],
    ['at the time of day, the next day', schedule('03:30'), at('11T03:30')],
    ['once a day', schedule('12:30', { last: at('10T12:30') }), at('11T12:30')],
    ['at the time of day after one by hand', schedule('12:30', { last: at('10T11:00') }), at('10T12:30')],
    [
      'five minutes after a failure',
      schedule('24h', { last: at('10T11:00'), ...failed('10T11:01', 1) }),
      at('10T11:06'),
    ],
    ['later after each more', schedule('24h', { last: at('10T11:00'), ...failed('10T11:01', 3) }), at('10T11:21')],
    ['an hour later at most', schedule('24h', { last: at('10T11:00'), ...failed('10T11:01', 30) }), at('10T12:01')],
    ['no later for a failure', schedule('1h', { last: at('10T11:00'), ...failed('10T11:30', 9) }), at('10T12:00')],
    [
      'a quarter of an hour after one that broke off',
      schedule('24h', { last: at('10T11:00'), started: { id: 'x', name: 'y' } }),
      at('10T11:15'),
    ],
    ['now when the clock was ahead of now', schedule('24h', { last: at('20T11:00') }), at('10T12:00')],
  ];
  for (const [title, given, due] of cases) {
    it(title, () => assert.equal(dueAt(given, new Date(at('10T12:00'))).toISOString(), due));
  }
});

describe('the files that go', () => {
  const file = (day: number, proven = true, host?: string): SavedFile => ({
    ...readName(nameOf(new Date(`2026-11-${day}T03:30:00Z`), day)),
    ...{ bytes: 1, sha256: 'a'.repeat(64), proven, ...(host === undefined ? {} : { host }) },
  });
  const days = (files: readonly SavedFile[]) => files.map(({ revision }) => revision).sort();

  it('are named by time and revision, and read back by that', () => {
    const name = nameOf(new Date('2026-11-24T03:30:07.123Z'), 12);

    assert.equal(name, 'signet-2026-11-24T03-30-07Z-r12.signet');
    assert.deepEqual(readName(name), { name, time: '2026-11-24T03:30:07.000Z', revision: 12 });
  });

  it('are the oldest beyond those that are kept, by when they were made and not by their clocks', () => {
    const made = [12, 20, 11, 10].map((day) => file(day));
    assert.deepEqual(days(expired(made, 2, undefined)), [10, 11]);
  });

  it('are never the newest that is proven, and an unproven one only once there is a newer file', () => {
    assert.deepEqual(days(expired([file(12, false), file(11, false), file(10)], 1, undefined)), [11]);
    assert.deepEqual(days(expired([file(11), file(10, false)], 1, undefined)), [10]);
  });

  it('are none on the disk of another controller', () => {
    assert.deepEqual(days(expired([file(12, true, 'b'), file(11, true, 'b'), file(10, true, 'a')], 1, 'b')), [11]);
  });
});
