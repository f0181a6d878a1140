import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { isLeftAlone, next, waves } from '../../services/push/rollout.ts';
import type { Outcome, Rollout } from '../../services/schema/types.generated.ts';

function rollout(changes: Partial<Rollout> = {}): Rollout {
  return {
    id: 1,
    revision: 3,
    started: '2026-01-01T00:00:00.000Z',
    state: 'running',
    by: 'ana',
    waves: [['mx1'], ['mx2', 'mx3']],
    budget: 0,
    revertOnFailure: false,
    overwriteDrift: false,
    ...changes,
  };
}

function outcomes(states: Readonly<Record<string, Outcome['state']>>): readonly Outcome[] {
  return Object.entries(states).map(([machine, state]) => ({ machine, state, updated: '2026-01-01T00:00:00.000Z' }));
}

describe('waves', () => {
  it('the canary goes first, the rest in batches', () => {
    assert.deepEqual(waves(['a', 'b', 'c', 'd', 'e', 'f'], 1, 2), [['a'], ['b', 'c'], ['d', 'e'], ['f']]);
    assert.deepEqual(waves([], 1, 2), []);
  });
});

describe('next', () => {
  const cases: readonly {
    readonly title: string;
    readonly states: Readonly<Record<string, Outcome['state']>>;
    readonly changes?: Partial<Rollout>;
    readonly expected: ReturnType<typeof next>;
  }[] = [
    {
      title: 'pushes to the canary alone first',
      states: { mx1: 'waiting', mx2: 'waiting', mx3: 'waiting' },
      expected: { kind: 'push', machines: ['mx1'] },
    },
    {
      title: 'goes on to the next wave when the canary is confirmed',
      states: { mx1: 'confirmed', mx2: 'waiting', mx3: 'waiting' },
      expected: { kind: 'push', machines: ['mx2', 'mx3'] },
    },
    {
      title: 'pushes again to a machine that a killed controller left in hand',
      states: { mx1: 'confirmed', mx2: 'pushing', mx3: 'unchanged' },
      expected: { kind: 'push', machines: ['mx2'] },
    },
    {
      title: 'stops after a reverted canary',
      states: { mx1: 'reverted', mx2: 'waiting', mx3: 'waiting' },
      expected: { kind: 'end', state: 'failed', reason: 'failed on mx1; the budget is 0' },
    },
    {
      title: 'counts an unreachable machine as failed',
      states: { mx1: 'unreachable', mx2: 'waiting', mx3: 'waiting' },
      expected: { kind: 'end', state: 'failed', reason: 'failed on mx1; the budget is 0' },
    },
    {
      title: 'goes on within its budget',
      states: { mx1: 'unreachable', mx2: 'waiting', mx3: 'waiting' },
      changes: { budget: 1 },
      expected: { kind: 'push', machines: ['mx2', 'mx3'] },
    },
    {
      title: 'names the failed ones even when it succeeds within its budget',
      states: { mx1: 'unreachable', mx2: 'confirmed', mx3: 'unproven' },
      changes: { budget: 1 },
      expected: { kind: 'end', state: 'succeeded', reason: 'within its budget of 1; failed on mx1' },
    },
    {
      title: 'succeeds when every machine is done',
      states: { mx1: 'confirmed', mx2: 'unchanged', mx3: 'confirmed' },
      expected: { kind: 'end', state: 'succeeded' },
    },
  ];
  for (const { title, states, changes, expected } of cases) {
    it(title, () => {
      const step = next(rollout(changes), outcomes(states));

      assert.deepEqual(step, expected);
    });
  }
});

describe('isLeftAlone', () => {
  const alone = (since: string) => ({ name: 'mx1', disconnected: { since, by: 'ana', revision: 3 } });
  const decided = rollout({ started: '2026-01-02T00:00:00.000Z', decided: { mx1: [] } });
  const [before, after] = ['2026-01-01T00:00:00.000Z', '2026-01-03T00:00:00.000Z'];

  it('a machine that is disconnected, but for the rollout that connects it again', () => {
    assert.equal(isLeftAlone({ name: 'mx1' }), false);
    assert.equal(isLeftAlone(alone(before)), true);
    assert.equal(isLeftAlone(alone(before), rollout({ decided: { mx2: [] } })), true);
    assert.equal(isLeftAlone(alone(before), decided), false);
  });

  it('also one that was disconnected once more since that was started', () => {
    assert.equal(isLeftAlone(alone(after), decided), true);
  });
});
