// A rollout over several gateways: what converges, what fails, what is left alone, and what a kill -9 in the middle changes (nothing).
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import type { RolloutView } from '../../../services/push/contract.ts';
import type { Outcome } from '../../../services/schema/types.generated.ts';
import { skipLab, type Gateway } from '../../lab/harness.ts';
import { again, bind, commit, ended, full, join, rollOut, startScenario, type Scenario } from '../harness.ts';
import { standing, stands, type Standing } from '../outside.ts';
import type { Signetd } from '../signetd.ts';
import { firstCertificate, renew } from './steps.ts';
import { until } from './until.ts';

const count = full ? 20 : 3;

describe('a rollout', { skip: skipLab }, () => {
  let scenario: Scenario;
  let signetd: Signetd;
  let gateways: readonly Gateway[];
  before(async () => {
    scenario = await startScenario('faults-rollout', count, { windowSeconds: 20, probeSeconds: 4 });
    ({ signetd, gateways } = scenario);
    for (const gateway of gateways) await join(signetd, gateway);
  });
  after(() => scenario.down());

  const mx = (number: number): Gateway => {
    const gateway = gateways[number - 1];
    assert.ok(gateway);
    return gateway;
  };
  const all = <T>(read: (gateway: Gateway) => Promise<T>): Promise<readonly T[]> => Promise.all(gateways.map(read));
  /** Where each gateway stands now. */
  async function remember(): Promise<(gateway: Gateway) => Standing> {
    const now = new Map(await all(async (gateway) => [gateway.name, await standing(gateway)] as const));
    return ({ name }) => now.get(name) ?? assert.fail(`there is no ${name}`);
  }
  async function everyoneAt(revision: number): Promise<void> {
    for (const gateway of gateways) await stands(signetd, gateway, { revision });
  }
  /** Commits another certificate without rolling it out; the revision. */
  async function renewed(): Promise<number> {
    await renew(signetd);
    return (await commit(signetd, 'another certificate', false)).revision.number;
  }
  /** Starts the rollout of the head, machine by machine, and waits until `machine` is in hand. */
  async function slowly(machine: number): Promise<number> {
    const { rollout } = await signetd.api<RolloutView>('POST', '/rollouts', { waveSize: 1 });
    await until(`mx${machine} is in hand`, async () => {
      const { outcomes } = await signetd.api<RolloutView>('GET', `/rollouts/${rollout.id}`);
      return outcomes[machine - 1]?.state === 'pushing';
    });
    return rollout.id;
  }

  it('brings every gateway to a commit', async () => {
    const { rollout, outcomes } = await firstCertificate(signetd);

    assert.deepEqual(states(outcomes), Array(count).fill('confirmed'));
    await everyoneAt(rollout.revision);
  });

  it('of what is there already writes and reloads nothing anywhere', async () => {
    const old = await all(footprint);

    const same = await again(signetd);
    await bind(signetd, 'cluster', 'unused');
    const { rollout, outcomes } = await rollOut(signetd, 'a certificate that nobody uses');

    assert.deepEqual(states(same.outcomes), Array(count).fill('unchanged'));
    assert.deepEqual(states(outcomes), Array(count).fill('unchanged'));
    assert.deepEqual(await all(footprint), old);
    await everyoneAt(rollout.revision);
  });

  it('that fails at the canary touches nothing else', async () => {
    const old = await remember();
    await refuses(mx(1));
    await renew(signetd);

    const { rollout, outcomes } = await rollOut(signetd, 'fails at the canary');

    assert.equal(rollout.state, 'failed');
    assert.match(rollout.reason ?? '', /^failed on mx1; the budget is 0$/);
    assert.deepEqual(states(outcomes), ['refused', ...Array<string>(count - 1).fill('skipped')]);
    for (const gateway of gateways) await stands(signetd, gateway, old(gateway));
  });

  it('goes on past failures within its budget, and names them', async () => {
    const old = await standing(mx(1));

    const { rollout, outcomes } = await again(signetd, { budget: 1 });

    assert.equal(rollout.state, 'succeeded');
    assert.equal(rollout.reason, 'within its budget of 1; failed on mx1');
    assert.deepEqual(states(outcomes), ['refused', ...Array<string>(count - 1).fill('confirmed')]);
    await stands(signetd, mx(1), old);
    await obliges(mx(1));
    assert.equal((await again(signetd)).rollout.state, 'succeeded');
    await everyoneAt(rollout.revision);
  });

  it('counts a gateway that cannot be reached as failed', async () => {
    await mx(2).inside('pkill -x sshd');
    await renew(signetd);

    const { rollout, outcomes } = await rollOut(signetd, 'without mx2');

    assert.equal(rollout.state, 'failed');
    assert.deepEqual(states(outcomes).slice(0, 2), ['confirmed', 'unreachable']);
    await mx(2).inside('/usr/sbin/sshd');
    assert.equal((await again(signetd)).rollout.state, 'succeeded');
    await everyoneAt(rollout.revision);
  });

  it('puts back what it had changed when it fails, if asked to', async () => {
    const old = await all(standing);
    await renewed();
    await refuses(mx(2));

    const { rollout, outcomes } = await again(signetd, { waveSize: 1, revertOnFailure: true });

    assert.deepEqual(states(outcomes), ['confirmed', 'refused', ...Array<string>(count - 2).fill('skipped')]);
    const back = await ended(signetd, rollout.id + 1);
    assert.deepEqual([back.rollout.reverts, back.rollout.state], [rollout.id, 'succeeded']);
    assert.deepEqual(states(back.outcomes), ['confirmed']);
    assert.deepEqual((await all(standing)).map(content), old.map(content));
    await stands(signetd, mx(1), { revision: back.rollout.revision });
    await obliges(mx(2));
  });

  it('that is stopped finishes the machine in hand, and begins no other', async () => {
    const old = await remember();
    const revision = await renewed();
    const id = await slowly(1);

    await signetd.api('POST', `/rollouts/${id}/stop`);

    await until('mx1 is done', async () => {
      const { outcomes } = await signetd.api<RolloutView>('GET', `/rollouts/${id}`);
      return outcomes[0]?.state === 'confirmed';
    });
    const { rollout, outcomes } = await ended(signetd, id);
    assert.equal(rollout.state, 'stopped');
    assert.deepEqual(states(outcomes), ['confirmed', ...Array<string>(count - 1).fill('skipped')]);
    await stands(signetd, mx(1), { revision });
    await stands(signetd, mx(2), old(mx(2)));
  });

  it('that is taken back in the middle leaves every gateway as it was, the one in hand included', async () => {
    assert.equal((await again(signetd)).rollout.state, 'succeeded');
    const old = await all(standing);
    await renewed();
    const id = await slowly(2);

    const { rollout } = await signetd.api<RolloutView>('POST', `/rollouts/${id}/revert`);

    const { outcomes } = await ended(signetd, rollout.id);
    assert.deepEqual(
      outcomes.map(({ machine }) => machine),
      ['mx1', 'mx2'],
    );
    assert.deepEqual((await all(standing)).map(content), old.map(content));
    for (const gateway of gateways) await stands(signetd, gateway, await standing(gateway));
  });

  it('that is done can be taken back from the whole fleet at once', async () => {
    const old = await all(standing);
    const done = await again(signetd);
    assert.equal(done.rollout.state, 'succeeded');

    const { rollout } = await signetd.api<RolloutView>('POST', `/rollouts/${done.rollout.id}/revert`);

    const { outcomes } = await ended(signetd, rollout.id);
    assert.deepEqual(states(outcomes), Array(count).fill('confirmed'));
    assert.equal(rollout.waves.length, 1);
    assert.deepEqual((await all(standing)).map(content), old.map(content));
  });

  it('goes on after kill -9 in the middle, to the same end', async () => {
    const revision = await renewed();
    const id = await slowly(2);

    await signetd.kill();
    await signetd.start();

    const { rollout, outcomes } = await ended(signetd, id);
    assert.equal(rollout.state, 'succeeded');
    assert.deepEqual(states(outcomes), Array(count).fill('confirmed'));
    await everyoneAt(revision);
  });

  it('is superseded by a newer commit, which reaches every gateway', async () => {
    await renewed();
    const id = await slowly(1);
    await renew(signetd);

    const { rollout, outcomes } = await rollOut(signetd, 'newer');

    const older = await ended(signetd, id);
    assert.equal(older.rollout.state, 'superseded');
    assert.equal(older.rollout.reason, `rollout ${rollout.id} was started`);
    assert.deepEqual(states(older.outcomes).slice(1), Array(count - 1).fill('skipped'));
    assert.deepEqual(states(outcomes), Array(count).fill('confirmed'));
    await everyoneAt(rollout.revision);
  });
});

function states(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.map(({ state }) => state);
}

/** What a gateway has, whichever generation it is by number. */
function content({ digest, files }: Standing): Omit<Standing, 'generation'> {
  return { digest, files };
}

/** Every file of Signet's and Postfix's with inode and times, master's pid, and how often it was told to read them. */
function footprint({ inside }: Gateway): Promise<string> {
  return inside(`find /var/lib/signet /etc/postfix -printf '%p %i %T@ %C@ %s\\n' | sort
    cat /var/spool/postfix/pid/master.pid
    grep -c 'reload -- version' /var/log/mail.log`);
}

/** Makes a gateway refuse what it is sent: its openssl cannot read any key. */
async function refuses({ inside }: Gateway): Promise<void> {
  await inside(
    `cd /usr/bin && mv openssl openssl.real && printf '#!/bin/sh\\nexit 1\\n' >openssl && chmod 755 openssl`,
  );
}

async function obliges({ inside }: Gateway): Promise<void> {
  await inside('mv /usr/bin/openssl.real /usr/bin/openssl');
}
