// The link between controller and gateway breaks at each step of a push. Each fault ends with the same outside check.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';

import { skipLab } from '../../lab/harness.ts';
import { again, amend, commit, ended, full } from '../harness.ts';
import { standing, stands, type Standing } from '../outside.ts';
import { converges, isOutcome, renew, set, startWired, type Wired } from './steps.ts';
import { until } from './until.ts';
import { hasDecided, isPending } from './wire.ts';

describe('a link breaks', { skip: skipLab }, () => {
  const windowSeconds = 8;
  let signet: Wired;
  let old: Standing;
  let minimum = 'TLSv1.2';
  before(async () => {
    signet = await startWired('faults-link', { windowSeconds, probeSeconds: 4 });
  });
  after(() => signet.down());
  beforeEach(async () => {
    old = await standing(signet.mx1);
  });
  afterEach(async () => {
    await signet.mx1.link('up');
  });

  /** Commits a certificate and a setting, so that files of the generation and live files change. */
  async function change(): Promise<number> {
    const { signetd } = signet;
    minimum = minimum === 'TLSv1.2' ? 'TLSv1.3' : 'TLSv1.2';
    await renew(signetd);
    await amend(signetd, set('/protocols/inbound/minimum', minimum));
    const { rollout } = await commit(signetd, `minimum ${minimum}`);
    assert.ok(rollout !== undefined);
    return rollout;
  }

  it('before anything arrived: it is sent again, and gets there', async () => {
    const { signetd, mx1, wire } = signet;
    const sent = wire.hold('to-gateway', () => true);
    const rollout = await change();
    await sent;

    wire.cut();

    const view = await ended(signetd, rollout);
    isOutcome(view, 'confirmed');
    await stands(signetd, mx1, { revision: view.rollout.revision });
    assert.equal((await standing(mx1)).generation, old.generation + 1);
  });

  it('after the swap, before the answer: what is live is proven and confirmed over a new link', async () => {
    const { signetd, mx1, wire } = signet;
    const activated = wire.hold('to-controller', () => isPending(mx1));
    const rollout = await change();
    await activated;
    const started = Date.now();

    wire.cut();

    const view = await ended(signetd, rollout);
    isOutcome(view, 'confirmed');
    assert.ok(Date.now() - started < windowSeconds * 1000, 'without waiting for the window to end');
    await stands(signetd, mx1, { revision: view.rollout.revision });
    assert.equal((await standing(mx1)).generation, old.generation + 1);
  });

  it('before the verdict arrived: it is given over a new link', async () => {
    const { signetd, mx1, wire } = signet;
    const judged = wire.hold('to-gateway', () => isPending(mx1));
    const rollout = await change();
    await judged;

    wire.cut();

    const view = await ended(signetd, rollout);
    isOutcome(view, 'confirmed');
    await stands(signetd, mx1, { revision: view.rollout.revision });
    assert.equal((await standing(mx1)).generation, old.generation + 1);
  });

  it('after the verdict, before its answer: the gateway is asked how it ended', async () => {
    const { signetd, mx1, wire } = signet;
    const decided = wire.hold('to-controller', () => hasDecided(mx1, old.generation));
    const rollout = await change();
    await decided;

    wire.cut();

    const view = await ended(signetd, rollout);
    isOutcome(view, 'confirmed');
    await stands(signetd, mx1, { revision: view.rollout.revision });
    assert.equal((await standing(mx1)).generation, old.generation + 1);
  });

  it('for longer than the window: the gateway reverts, and says so when it is back', async () => {
    const { signetd, mx1, wire } = signet;
    const judged = wire.hold('to-gateway', () => isPending(mx1));
    const rollout = await change();
    await judged;

    await mx1.link('down');
    wire.release();
    await until('the gateway has reverted', () => hasDecided(mx1, old.generation));
    await mx1.link('up');

    const view = await ended(signetd, rollout);
    isOutcome(view, 'reverted', /^no confirmation came in time$/);
    assert.equal(view.rollout.state, 'failed');
    await stands(signetd, mx1, old);
    await converges(signetd, mx1);
  });

  it('and stays broken: the machine is unreachable, keeps what it has, and gets it later', async () => {
    const { signetd, mx1, wire } = signet;
    await mx1.link('down');
    wire.cut();

    const view = await ended(signetd, await change());

    isOutcome(view, 'unreachable', /cannot be reached over SSH/);
    assert.equal(view.rollout.state, 'failed');
    await mx1.link('up');
    await stands(signetd, mx1, old);
    await converges(signetd, mx1);
  });

  it('without a word, while a push is on its way', { skip: full ? false : 'takes a minute' }, async () => {
    const { signetd, mx1 } = signet;
    await mx1.link('down');
    const rollout = await change();

    const view = await ended(signetd, rollout);

    isOutcome(view, 'unknown', /has not said since how it ended/);
    await mx1.link('up');
    await until('the gateway answers again', () =>
      again(signetd).then(({ rollout: { state } }) => state === 'succeeded'),
    );
    await stands(signetd, mx1, { revision: view.rollout.revision });
  });

  it('or the gateway is busy for a while: it is asked until it has time', async () => {
    const { signetd, mx1 } = signet;
    await mx1.inside('flock /var/lib/signet/lock sleep 8 </dev/null >/dev/null 2>&1 &');

    const view = await ended(signetd, await change());

    isOutcome(view, 'confirmed');
    await stands(signetd, mx1, { revision: view.rollout.revision });
  });
});
