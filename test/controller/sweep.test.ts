import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { sweep, type SweepDeps } from '../../services/controller/sweep.ts';
import { NamedError } from '../../services/errors.ts';
import type { MachineStatus, Registration, Rollout } from '../../services/schema/types.generated.ts';

/** Looks that last until they are ended. */
let begun: { readonly name: string; readonly end: (error?: Error) => void }[];
let disconnected: string | undefined;
let states: Record<string, Registration['state']>;
let latest: Rollout['state'];
let logged: unknown[];
let over: AbortController;

beforeEach(() => {
  begun = [];
  disconnected = undefined;
  states = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`mx${n + 1}`, 'member']));
  latest = 'succeeded';
  logged = [];
  over = new AbortController();
});
afterEach(() => over.abort());

function sweeping(): Promise<void> {
  const deps: SweepDeps = {
    machines: {
      list: () =>
        Promise.resolve(
          Object.entries(states).map(([name, state]) => {
            return { name, state, ...(name === disconnected ? { disconnected: {} } : {}) } as Registration;
          }),
        ),
    },
    push: {
      rollouts: () => Promise.resolve([{ state: latest } as Rollout]),
      look: (name) =>
        new Promise((resolve, reject) => {
          const end = (error?: Error) => (error ? reject(error) : resolve({} as MachineStatus));
          begun.push({ name, end });
        }),
    },
    sweepSeconds: 0.001,
    log: (_event, facts) => logged.push(facts['machine']),
  };
  return sweep(deps, over.signal);
}

/** Waits until so many looks have begun, and a few sweeps longer in case that there are more. */
async function looks(count: number): Promise<readonly string[]> {
  const deadline = Date.now() + 5_000;
  while (begun.length < count && Date.now() < deadline) await sleep(1);
  await sleep(20);
  return begun.map(({ name }) => name);
}

describe('the sweep', () => {
  it('looks at sixteen machines at once, and at the next as soon as one has answered', async () => {
    void sweeping();

    assert.equal((await looks(16)).length, 16);
    begun[3]?.end();
    assert.deepEqual((await looks(17)).slice(16), ['mx17']);
  });

  it('comes to every member, and to none of the others, although a look fails', async () => {
    states = { mx1: 'member', mx2: 'waiting', mx3: 'left', mx4: 'member' };
    void sweeping();

    await looks(2);
    begun[0]?.end(new NamedError('not-found', 'it has just left'));
    begun[1]?.end();

    assert.deepEqual((await looks(4)).slice(0, 4), ['mx1', 'mx4', 'mx1', 'mx4']);
    assert.deepEqual(logged, ['mx1']);
  });

  it('comes to none that is disconnected', async () => {
    states = { mx1: 'member', mx2: 'member' };
    disconnected = 'mx1';
    void sweeping();

    assert.deepEqual(await looks(1), ['mx2']);
  });

  it('begins with no other machine once a rollout runs', async () => {
    void sweeping();
    await looks(16);
    latest = 'running';

    for (const { end } of begun) end();

    assert.equal((await looks(16)).length, 16);
  });

  it('ends at once when it is told to, although machines are silent, and begins with no other', async () => {
    const ended = sweeping();
    await looks(16);

    over.abort();
    await ended;
    for (const { end } of begun) end(new NamedError('unreachable', 'it is dark'));

    assert.equal((await looks(16)).length, 16);
    assert.deepEqual(logged, []);
  });
});
