/** The ladder against the clock, and what is one alert. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import { expiring } from '../../services/observe/expiring.ts';
import { unserved, type Serving } from '../../services/observe/unserved.ts';
import type { AlertRecord, MachineStatus } from '../../services/schema/types.generated.ts';
import { defaultLadder, fingerprint, held, instant, play, type Timeline } from './timeline.ts';

// From the repository's root, since tests run on the built output.
const timelines = JSON.parse(readFileSync('test/observe/vectors/ladder.json', 'utf8')) as readonly Timeline[];
const year = ['2025-06-01', '2026-06-01'] as const;

describe('the expiry ladder', () => {
  for (const timeline of timelines) {
    it(timeline.title, () => {
      assert.deepEqual(
        play(timeline),
        timeline.steps.map(({ at, told, states = {} }) => ({ at, told, states })),
      );
    });
  }
});

describe('a certificate', () => {
  const uses = (...machines: readonly string[]) =>
    machines.map((machine) => ({ machine, pointer: '/listeners/public/certificate' }));

  it('at several levels, in a chain and in a trust list is one alert, with all that breaks', () => {
    const same = { fingerprint: fingerprint('one') };
    const conditions = expiring(
      [
        held('partners', year, { ...same, role: 'trusted', place: ['trust', 'partners'] }),
        held('mx', year, { ...same, role: 'intermediate', uses: uses('mx1') }),
        held('mx', year, { ...same, level: 'group/edge', uses: uses('mx2', 'mx3') }),
        held('other', year),
      ],
      defaultLadder,
    );

    assert.deepEqual(
      conditions.map(({ certificate, breaks }) => [certificate?.role, certificate?.bound, breaks]),
      [
        [
          'leaf',
          [
            { level: 'cluster', pointer: '/trust/partners' },
            { level: 'cluster', pointer: '/certificates/mx' },
            { level: 'group/edge', pointer: '/certificates/mx' },
          ],
          [{ pointer: '/listeners/public/certificate', machines: ['mx1', 'mx2', 'mx3'], count: 3 }],
        ],
        ['leaf', [{ level: 'cluster', pointer: '/certificates/other' }], []],
      ],
    );
  });

  it('names ten of a thousand machines that it breaks, and how many there are', () => {
    const machines = Array.from({ length: 1000 }, (_, n) => `mx${String(n).padStart(4, '0')}`);

    const [condition] = expiring([held('mx', year, { uses: uses(...machines) })], defaultLadder);

    assert.deepEqual(condition?.breaks[0]?.machines, machines.slice(0, 10));
    assert.equal(condition.breaks[0].count, 1000);
  });

  it('for demonstration is no matter until something uses it', () => {
    const demonstration = (used: readonly string[]) =>
      expiring([held('demonstration', year, { onlyWhenUsed: true, uses: uses(...used) })], defaultLadder).length;

    assert.deepEqual([demonstration([]), demonstration(['mx1'])], [0, 1]);
  });
});

describe('a machine that does not serve what it should', () => {
  const [good, bad] = [fingerprint('good'), fingerprint('bad')];
  const served = (fingerprint: string, verdict: MachineStatus['served'][number]['verdict']) => [
    { listener: 'public', address: '', port: 25, verdict, detail: 'why', fingerprint, expires: '', seen: '' },
  ];
  const deployed = { digest: good, generation: 3, seen: '', drift: [] };
  const sound: MachineStatus = {
    machine: 'mx1',
    wanted: { revision: 7, digest: good },
    deployed,
    served: served(good, 'match'),
  };
  const cases: readonly (readonly [title: string, status: MachineStatus, summary: string | undefined])[] = [
    ['serves it', sound, undefined],
    ['was never sent anything', { machine: 'mx1', served: [] }, undefined],
    ['is not probed', { ...sound, served: served('', 'unproven') }, undefined],
    ['was changed by hand beside it', { ...sound, deployed: { ...deployed, drift: ['x'] } }, undefined],
    [
      'serves another chain',
      { ...sound, served: served(good, 'differs') },
      'mx1 serves another certificate than it should on public (port 25)',
    ],
    [
      'has what it was sent, and not what the newest revision binds',
      { ...sound, served: served(bad, 'match') },
      'mx1 serves another certificate than it should on public (port 25)',
    ],
    ['could not be reached', { ...sound, problem: 'no answer' }, 'mx1 does not have revision 7: no answer'],
    [
      'was put back to an earlier state',
      { ...sound, served: served(good, 'differs'), setBack: '2026-06-01T10:00:00.000Z' },
      'mx1 was put back to an earlier state, and is not pushed to',
    ],
    [
      'does not answer on its port',
      { ...sound, served: served('', 'unreachable') },
      'mx1 gives no TLS on public (port 25): why',
    ],
    [
      'is disconnected, whatever it has',
      { ...sound, problem: 'no answer', disconnected: { since: '2026-06-01T10:00:00.000Z', by: 'anna' } },
      undefined,
    ],
    [
      'has another manifest',
      { ...sound, deployed: { ...deployed, digest: bad } },
      'mx1 does not have what revision 7 wants',
    ],
  ];
  const serving = (status: MachineStatus): Serving => ({ status, wanted: new Map([['public', good]]) });
  const noon = instant('2026-06-01T12:00');

  for (const [title, status, summary] of cases) {
    it(`${summary === undefined ? 'is none' : 'is one'} when it ${title}`, () => {
      assert.deepEqual(
        unserved([serving(status)], [], noon).map((one) => one.summary),
        summary === undefined ? [] : [summary],
      );
    });
  }

  it('gets an hour from when that was first seen, and again after it was well', () => {
    const down = serving({ ...sound, problem: 'no answer' });
    const [first] = unserved([down], [], noon);
    assert.ok(first);
    const alert = { ...first, rung: 0, since: noon.toISOString() };
    const record: AlertRecord = { alert, pending: true, told: {}, failed: {} };
    const later = instant('2026-06-01T12:50');

    const due = (present: AlertRecord) => unserved([down], [present], later)[0]?.due;

    assert.equal(first.due, '2026-06-01T13:00:00.000Z');
    assert.equal(due(record), first.due);
    assert.equal(due({ alert, told: {}, failed: {} }), first.due);
    assert.equal(due({ alert, told: { ops: 0 }, failed: {}, cleared: noon.toISOString() }), '2026-06-01T13:50:00.000Z');
  });
});
