// What would have become of the mail of the last days: vectors of single messages, and the warnings that come of many.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import { alike } from '../../../services/observe/sessions/alike.ts';
import { changedDemands } from '../../../services/observe/sessions/changes.ts';
import type { Change, Demands } from '../../../services/observe/sessions/effect.ts';
import { replay } from '../../../services/observe/sessions/replay.ts';
import type { MachineCount } from '../../../services/observe/sessions/tally.ts';
import { foresight } from '../../../services/observe/sessions/what-if.ts';
import type {
  Configuration,
  Destination,
  Destinations,
  SessionCount,
} from '../../../services/schema/types.generated.ts';

interface Vector {
  readonly why: string;
  readonly result: SessionCount['result'];
  readonly before: Destination;
  readonly after: Destination;
  readonly replayed: string;
}

const vectors = JSON.parse(readFileSync('test/observe/sessions/vectors/replay.json', 'utf8')) as readonly Vector[];

const demands: Demands = {
  destinations: { default: { tls: 'preferred' } },
  listeners: {
    public: {
      ...{ interface: 'main', port: 25, role: 'public', certificate: 'mx', tls: 'starttls' },
      ...{ policy: 'default', probe: 'controller' },
    },
  },
  mailFlowPolicies: { default: { tls: 'preferred', clientCertificate: 'ignore', trust: ['system'] } },
  outbound: { trust: ['system'] },
  protocols: {
    inbound: { minimum: 'TLSv1', ciphers: 'medium', exclude: [] },
    outbound: { minimum: 'TLSv1', ciphers: 'medium', exclude: [] },
    https: { minimum: 'TLSv1.2' },
  },
  senderGroups: {},
  trust: { system: { source: 'system' }, partners: { source: 'bundle', bundle: 'b'.repeat(64) } },
};

function whatIf(counts: readonly MachineCount[], changes: ReadonlyMap<string, Change>, days: number) {
  const { add, rows } = alike();
  const { foresee, tell } = foresight();
  for (const counted of counts) {
    const change = changes.get(counted.machine);
    if (change) add(counted, change);
  }
  rows().forEach(foresee);
  return tell(days);
}

describe('a message that went', () => {
  for (const { why, result, before, after, replayed } of vectors) {
    it(`${result} at ${before.tls} is ${replayed} at ${after.tls}: ${why}`, () => {
      assert.equal(replay(result, before, after), replayed);
    });
  }
});

describe('what if destinations change', () => {
  const count = (machine: string, peer: string, result: SessionCount['result'], messages: number): MachineCount => {
    const [first, last] = ['2026-11-24T12:00:00.000Z', '2026-11-24T13:00:00.000Z'];
    return { machine, count: { direction: 'out', peer, result, sessions: messages + 1, messages, first, last } };
  };
  const preferred = { default: { tls: 'preferred' as const } };
  const to = (before: Destinations, after: Destinations): Change => ({
    before: { ...demands, destinations: before },
    after: { ...demands, destinations: after },
  });
  const required = to(preferred, { default: { tls: 'required' as const } });
  const both = new Map([
    ['mx1', required],
    ['mx2', required],
  ]);

  it('is told for each destination, the most affected first, with machines and numbers', () => {
    const found = whatIf(
      [
        ...[
          count('mx1', 'a.test', 'clear', 2),
          count('mx1', 'a.test', 'untrusted', 5),
          count('mx2', 'a.test', 'clear', 1),
        ],
        ...[
          count('mx2', 'b.test', 'clear', 9),
          count('mx1', 'c.test', 'verified', 7),
          count('mx1', 'd.test', 'failed', 0),
        ],
        count('mx3', 'e.test', 'clear', 100),
      ],
      both,
      14,
    );

    assert.deepEqual(
      found.map(({ pointer, severity, machine, detail }) => [pointer, severity, machine, detail.split(';')[0]]),
      [
        [
          '/destinations/default',
          'warning',
          'mx2',
          '9 of 9 messages to b.test in the last 14 days (mx2) would have waited at required',
        ],
        [
          '/destinations/default',
          'warning',
          undefined,
          '3 of 8 messages to a.test in the last 14 days (mx1, mx2) would have waited at required',
        ],
      ],
    );
  });

  it('says of one destination only what its own entry makes of it', () => {
    const own = to(preferred, { ...preferred, 'a.test': { tls: 'required-verify' as const } });
    const counts = [count('mx1', 'a.test', 'trusted', 3), count('mx1', 'b.test', 'clear', 4)];

    const [only, ...others] = whatIf(counts, new Map([['mx1', own]]), 14);

    assert.deepEqual(others, []);
    assert.equal(only?.pointer, '/destinations/a.test');
    assert.match(only.detail, /^whether 3 messages of the last 14 days \(a\.test\) would have waited cannot be told/);
  });

  it('says nothing when less is demanded, or nothing was sent', () => {
    const looser = to(required.after.destinations, preferred);

    assert.deepEqual(whatIf([count('mx1', 'a.test', 'untrusted', 3)], new Map([['mx1', looser]]), 14), []);
    assert.deepEqual(whatIf([], both, 14), []);
  });

  it('is brief about many destinations', () => {
    const counts = Array.from({ length: 30 }, (_, n) => count('mx1', `d${n}.test`, 'clear', 2));

    const found = whatIf(counts, both, 14);

    assert.equal(found.length, 11);
    assert.match(found.at(-1)?.detail ?? '', /^it would have been no better for 40 messages to 20 more destinations/);
  });

  it('concerns the machines whose effective destinations differ, at whatever level they were changed', () => {
    const machines = { mx1: { id: '1', group: 'main' }, mx2: { id: '2', group: 'other' } };
    const at = (layers: Configuration['layers']): Configuration => ({
      groups: { main: {}, other: {} },
      machines,
      layers,
    });
    const destination = { 'a.test': { tls: 'required' as const } };
    const held = at({ 'group/main': { destinations: destination } });
    const names = (before: Configuration, after: Configuration) => [...changedDemands(before, after).keys()];

    assert.deepEqual(names(at({}), held), ['mx1']);
    assert.deepEqual(names(held, at({ cluster: { destinations: destination } })), ['mx2']);
    assert.deepEqual(names(held, held), []);
  });
});
