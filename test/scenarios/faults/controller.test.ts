// The controller is killed at each step of a push and started again: the rollout it left reaches the same end.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';

import type { MachineStatus } from '../../../services/schema/types.generated.ts';
import { skipLab } from '../../lab/harness.ts';
import { amend, commit, ended } from '../harness.ts';
import { standing, stands, type Standing } from '../outside.ts';
import { converges, isOutcome, renew, set, startWired, type Wired } from './steps.ts';
import { hasDecided, isPending } from './wire.ts';

describe('the controller is killed', { skip: skipLab }, () => {
  let signet: Wired;
  let old: Standing;
  let minimum = 'TLSv1.2';
  before(async () => {
    signet = await startWired('faults-controller', { windowSeconds: 12, probeSeconds: 4 });
  });
  after(() => signet.down());
  beforeEach(async () => {
    old = await standing(signet.mx1);
  });

  const changes: readonly (readonly [what: string, change: () => Promise<void>])[] = [
    ['a certificate', () => renew(signet.signetd)],
    [
      'a certificate and settings',
      async () => {
        minimum = minimum === 'TLSv1.2' ? 'TLSv1.3' : 'TLSv1.2';
        await renew(signet.signetd);
        await amend(signet.signetd, set('/protocols/inbound/minimum', minimum));
      },
    ],
  ];

  const moments = [
    { when: 'before the gateway has the push', hold: () => signet.wire.hold('to-gateway', () => true) },
    {
      when: 'after the activation, before it hears of it',
      hold: () => signet.wire.hold('to-controller', () => isPending(signet.mx1)),
    },
    {
      when: 'after its verdict, before it hears the answer',
      hold: () => signet.wire.hold('to-controller', () => hasDecided(signet.mx1, old.generation)),
    },
  ];

  for (const [what, change] of changes) {
    for (const { when, hold } of moments) {
      it(`${when}: ${what} is confirmed once, by the next one`, async () => {
        const { signetd, mx1, wire } = signet;
        const had = (await signetd.api<MachineStatus>('GET', '/machines/mx1/status')).deployed;
        const held = hold();
        await change();
        const { rollout = 0, revision } = await commit(signetd, when);
        await held;

        await signetd.kill();
        wire.cut();
        await signetd.start();

        const view = await ended(signetd, rollout);
        isOutcome(view, 'confirmed');
        assert.equal(view.rollout.state, 'succeeded');
        assert.equal(view.outcomes[0]?.previous, had?.revision);
        await stands(signetd, mx1, { revision: revision.number });
        const { generation } = await standing(mx1);
        assert.equal(generation, old.generation + 1);
        assert.equal(view.outcomes[0]?.generation, generation);
      });
    }
  }

  it('and what it had sent arrives after its successor has finished: the gateway refuses it', async () => {
    const { signetd, mx1, wire } = signet;
    const held = wire.hold('to-gateway', () => true);
    await renew(signetd);
    const { rollout = 0, revision } = await commit(signetd, 'sent twice');
    await held;
    await signetd.kill();
    await signetd.start();
    isOutcome(await ended(signetd, rollout), 'confirmed');
    const finished = await standing(mx1);

    wire.release();

    await converges(signetd, mx1);
    assert.deepEqual(await standing(mx1), finished);
    await stands(signetd, mx1, { revision: revision.number });
  });

  it('and its successor takes the whole rollout back: the machine it had in hand as well', async () => {
    const { signetd, mx1, wire } = signet;
    const held = wire.hold('to-controller', () => hasDecided(mx1, old.generation));
    await renew(signetd);
    const { rollout = 0 } = await commit(signetd, 'to be taken back');
    await held;
    await signetd.kill();
    wire.cut();
    await signetd.start();
    await ended(signetd, rollout);

    const { rollout: reverting } = await signetd.api<{ rollout: { id: number } }>(
      'POST',
      `/rollouts/${rollout}/revert`,
    );

    isOutcome(await ended(signetd, reverting.id), 'confirmed');
    assert.equal((await standing(mx1)).digest, old.digest);
    await stands(signetd, mx1, { revision: (await ended(signetd, reverting.id)).rollout.revision });
  });
});
