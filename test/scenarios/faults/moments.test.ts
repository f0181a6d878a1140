// The power of a gateway fails at one moment of a push after the other: whichever it is, it comes back with the old or the new.
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it, type TestContext } from 'node:test';

import { skipLab, type Gateway } from '../../lab/harness.ts';
import { amend, commit, ended, full, join, startScenario, type Scenario } from '../harness.ts';
import { standing, stands } from '../outside.ts';
import type { Signetd } from '../signetd.ts';
import { converges, firstCertificate, renew, set } from './steps.ts';

/** After the commit, in milliseconds: from before the push begins to after it was confirmed. */
const moments = Array.from({ length: 12 }, (_, index) => index * 40);
const sample = [200];

describe('a gateway loses power', { skip: skipLab }, () => {
  let scenario: Scenario;
  let signetd: Signetd;
  let mx1: Gateway;
  let minimum = 'TLSv1.2';
  before(async () => {
    scenario = await startScenario('faults-moments', 1, { windowSeconds: 10, probeSeconds: 4 });
    signetd = scenario.signetd;
    assert.ok(scenario.gateways[0]);
    mx1 = scenario.gateways[0];
    await join(signetd, mx1);
    await firstCertificate(signetd);
  });
  after(() => scenario.down());

  for (const milliseconds of full ? moments : sample) {
    it(`${milliseconds} ms after a commit: it has the old or the new, and the outcome says which`, async (t: TestContext) => {
      const old = await standing(mx1);
      minimum = minimum === 'TLSv1.2' ? 'TLSv1.3' : 'TLSv1.2';
      await renew(signetd);
      await amend(signetd, set('/protocols/inbound/minimum', minimum));
      const { rollout = 0, revision } = await commit(signetd, `power fails after ${milliseconds} ms`);

      await sleep(milliseconds);
      await mx1.kill();
      const reached = progress(mx1, old.generation);
      await mx1.start();

      const view = await ended(signetd, rollout);
      const { state, detail = '' } = view.outcomes[0] ?? {};
      // Nothing is pending any more from here on, so that the next push does not meet this one.
      const isNew = (await standing(mx1)).digest !== old.digest;
      t.diagnostic(`${reached}: ${state ?? ''} with the ${isNew ? 'new' : 'old'} one ${detail}`);
      await stands(signetd, mx1, isNew ? { revision: revision.number } : old);
      if (state !== 'unknown') assert.equal(state === 'confirmed', isNew, detail);
      assert.equal(view.rollout.state, state === 'confirmed' ? 'succeeded' : 'failed');
      await converges(signetd, mx1);
    });
  }
});

/** How far the push had come on the disk of a gateway that is down. */
function progress({ disk }: Gateway, generation: number): string {
  const state = `${disk}/upper/var/lib/signet`;
  if (existsSync(`${state}/pending`)) return 'live, and unproven';
  const numbers = readdirSync(`${state}/generations`);
  if (!numbers.some((name) => parseInt(name) > generation)) return 'before it was staged';
  return numbers.every((name) => existsSync(`${state}/generations/${name}/digest`)) ? 'confirmed' : 'half staged';
}
