// What a push costs on the wire, counted between controller and gateway: a long way there is paid once per round trip.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it, type TestContext } from 'node:test';

import { skipLab } from '../../lab/harness.ts';
import { again, commit, ended } from '../harness.ts';
import { standing } from '../outside.ts';
import { isOutcome, renew, startWired, type Wired } from './steps.ts';
import { hasDecided } from './wire.ts';

describe('a push', { skip: skipLab }, () => {
  let signet: Wired;
  before(async () => {
    signet = await startWired('faults-round-trips', { windowSeconds: 20, probeSeconds: 4 });
  });
  after(() => signet.down());

  /** Waits until nobody has said anything for a while: the session for the next push is ready. */
  async function quiet(): Promise<void> {
    for (let said = -1; said !== signet.wire.count().turns;) {
      said = signet.wire.count().turns;
      await sleep(1_000);
    }
  }

  /** Pushes another certificate, and counts up to when the gateway answers that it is confirmed. */
  async function push(): Promise<{ readonly connections: number; readonly turns: number }> {
    const { signetd, mx1, wire } = signet;
    const { generation } = await standing(mx1);
    await renew(signetd);
    const from = wire.count();
    const answered = wire.hold('to-controller', () => hasDecided(mx1, generation));
    const { rollout = 0 } = await commit(signetd, 'counted');
    await answered;
    const to = wire.count();
    wire.release();
    isOutcome(await ended(signetd, rollout), 'confirmed');
    return { connections: to.connections - from.connections, turns: to.turns - from.turns };
  }

  it('costs at most 3 round trips on one channel when the connection is there', async (t: TestContext) => {
    await quiet();
    const before_ = signet.wire.count().turns;

    const { connections, turns } = await push();

    await quiet();
    t.diagnostic(`warm: ${turns} round trips, ${signet.wire.count().turns - before_} with the next session made ready`);
    assert.equal(connections, 0);
    assert.ok(turns <= 3, `${turns} round trips`);
  });

  it('of what is there already costs one', async (t: TestContext) => {
    const before_ = signet.wire.count().turns;

    isOutcome(await again(signet.signetd), 'unchanged');

    await quiet();
    const turns = signet.wire.count().turns - before_;
    t.diagnostic(`unchanged: ${turns} round trips with the next session made ready`);
    // The push itself, and for the next one: close, open, exec.
    assert.ok(turns <= 4, `${turns} round trips`);
  });

  it('makes a new connection when there is none, once', async (t: TestContext) => {
    const before_ = signet.wire.count().connections;
    signet.wire.cut();

    const { turns } = await push();

    t.diagnostic(`cold: ${turns} round trips, what of handshake and login was not done before it included`);
    assert.equal(signet.wire.count().connections - before_, 1);
  });
});
