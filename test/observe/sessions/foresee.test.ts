// What a change of settings makes of messages that were counted: a table of cases.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import { changedDemands } from '../../../services/observe/sessions/changes.ts';
import { alike } from '../../../services/observe/sessions/alike.ts';
import { foresight } from '../../../services/observe/sessions/what-if.ts';
import type { Configuration, SessionCount } from '../../../services/schema/types.generated.ts';

type Layer = Configuration['layers'][string];

interface Vector {
  readonly why: string;
  /** What the cluster sets. */
  readonly before: Layer;
  readonly after: Layer;
  readonly counts: readonly Partial<SessionCount>[];
  /** Pointers and sentences. */
  readonly told: readonly (readonly [string, string])[];
}

const vectors = JSON.parse(readFileSync('test/observe/sessions/vectors/foresee.json', 'utf8')) as readonly Vector[];
const time = '2026-11-24T12:00:00.000Z';

describe('what if', () => {
  for (const { why, before, after, counts, told } of vectors) {
    it(why, () => {
      const change = changedDemands(configuration(before), configuration(after)).get('mx1');
      const { add, rows } = alike();
      const { foresee, tell } = foresight();

      for (const count of counts) if (change) add({ machine: 'mx1', count: whole(count) }, change);
      rows().forEach(foresee);

      assert.deepEqual(
        tell(14).map(({ pointer, detail }) => [pointer, detail]),
        told,
      );
    });
  }
});

function configuration(cluster: Layer): Configuration {
  return { groups: { main: {} }, machines: { mx1: { id: '1', group: 'main' } }, layers: { cluster } };
}

function whole(count: Partial<SessionCount>): SessionCount {
  const { direction = 'out', peer = direction === 'out' ? 'a.test' : 'client.test', result = 'untrusted' } = count;
  return { sessions: 1, messages: 3, first: time, last: time, ...count, direction, peer, result };
}
