/** Many machines that join at once, and the person who stops it. */
import assert from 'node:assert/strict';
import { it } from 'node:test';

import type { Controller } from '../../services/cli/controller.ts';
import { joinAll } from '../../services/cli/join-all.ts';
import { printer } from '../../services/cli/print.ts';
import type { AcceptedJoin, Joined, JoinPlan } from '../../services/schema/types.generated.ts';

it('Ctrl-C lets those in hand finish, begins no other, and says what is done and what is not', async () => {
  const plans = [1, 2, 3, 4, 5, 6].map((n) => ({ id: String(n), name: `mx${n}` }) as JoinPlan);
  const asked: string[] = [];
  const join = async ({ accept = '' }: AcceptedJoin) => {
    asked.push(accept);
    if (asked.length === 4) process.emit('SIGINT', 'SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 10));
    return { machine: { name: `mx${accept}` }, revision: { number: 1 } } as Joined;
  };
  const nowhere = { write: () => true, isTTY: false } as unknown as NodeJS.WriteStream;
  const session = {
    controller: { join } as unknown as Controller,
    print: printer({ out: nowhere, err: nowhere, env: {} }, false),
    prompt: {} as never,
  };
  const options = { user: 'root', rollout: true };

  await assert.rejects(
    joinAll(session, plans, { bootstrap: { user: 'root' }, options, rest: [] }),
    /^Failure: stopped: mx1, mx2, mx3, mx4 joined; signet rollout start --machine mx1 .* rolls out to them; not done: mx5, mx6; run it again for those$/,
  );

  assert.deepEqual(asked, ['1', '2', '3', '4']);
  assert.equal(process.listenerCount('SIGINT'), 0);
});
