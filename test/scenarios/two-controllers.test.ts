/** A rollout outlives its controller: told to end, it leaves the rest to its next start; killed, to the other one on the same etcd. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Health, RolloutView } from '../../services/schema/types.generated.ts';
import { acceptsMail, skipLab, startLab, type Gateway } from '../lab/harness.ts';
import { etcdServer, withoutEtcd } from '../store/etcd-server.ts';
import { cli, joinWords, served } from './cli.ts';
import { amend, bind, commit, ended, full, join as admit, rollOut } from './harness.ts';
import { startSignetd, type Signetd } from './signetd.ts';

const skip = skipLab === false ? withoutEtcd : skipLab;

describe('two controllers on etcd', { skip }, () => {
  const ends: (() => Promise<void>)[] = [];
  let first: Signetd;
  let second: Signetd;
  let one: Gateway;
  let two: Gateway;

  before(async () => {
    const etcd = await etcdServer();
    ends.push(etcd.stop);
    const lab = await startLab('two-controllers', 2);
    ends.push(lab.down);
    const times = { windowSeconds: 60, probeSeconds: 40 };
    first = await startSignetd({ ...times, flags: ['--etcd', etcd.url] });
    ends.push(first.remove);
    const masterKey = join(first.state, 'master-key');
    second = await startSignetd({ ...times, flags: ['--etcd', etcd.url, '--master-key', masterKey] });
    ends.push(second.remove);
    const [a, b] = lab.gateways;
    assert.ok(a && b);
    [one, two] = [a, b];
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  const leads = async (signetd: Signetd) => (await health(signetd)).leader;
  const fingerprint = async (from: Signetd) =>
    (await cli(from).json<{ readonly fingerprint: string }>('certificate', 'show', 'mx', '--level', 'cluster'))
      .fingerprint;

  /** Commits a new certificate while Postfix on the second gateway is held up, so that its push does not end. */
  async function stuckRollout(by: Signetd): Promise<number> {
    await bind(by, 'cluster', 'mx');
    await two.inside('kill -STOP $(pgrep -x master) $(pgrep -x smtpd) 2>/dev/null; true');
    const { rollout } = await commit(by, 'a new certificate');
    assert.ok(rollout !== undefined);
    await until(60, async () => {
      const { outcomes } = await by.api<RolloutView>('GET', `/rollouts/${rollout}`);
      return outcomes.find(({ machine }) => machine === 'mx2')?.state === 'pushing';
    });
    return rollout;
  }
  const letGo = () => two.inside('kill -CONT $(pgrep -x master) $(pgrep -x smtpd) 2>/dev/null; true');

  it('both serve the API; one leads, and only the first has an admin token', async () => {
    await until(15, () => leads(first));
    assert.equal(await leads(second), false);
    assert.ok(existsSync(join(first.state, 'admin-token')));
    assert.ok(!existsSync(join(second.state, 'admin-token')));
  });

  it('take joins and commits on either, and the one that leads rolls out', async () => {
    asFirst();
    await admit(first, one);
    await admit(second, two);
    await bind(second, 'cluster', 'mx');
    await amend(second, { op: 'set', level: 'cluster', path: '/listeners/public/certificate', value: 'mx' });

    const { rollout } = await rollOut(second, 'first certificate');

    assert.equal(rollout.state, 'succeeded');
    for (const gateway of [one, two]) assert.equal(await served(gateway), await fingerprint(second));
  });

  it('a leader that is told to end in a rollout ends within seconds, and the rollout goes on without it', async () => {
    const rollout = await stuckRollout(first);
    const since = Date.now();

    assert.equal(await first.stop(), 0);

    assert.ok(Date.now() - since < 9_000, `it took ${Date.now() - since} ms`);
    await until(15, () => leads(second));
    await letGo();
    assert.equal((await ended(second, rollout)).rollout.state, 'succeeded');
    for (const gateway of [one, two]) assert.equal(await served(gateway), await fingerprint(second));
    await first.start();
  });

  it('a leader that is killed in a rollout is followed by the other one, which brings it to its end', async () => {
    const rollout = await stuckRollout(second);
    const since = Date.now();

    await second.kill();

    await until(15, () => leads(first));
    const took = Date.now() - since;
    await letGo();
    assert.equal((await ended(first, rollout)).rollout.state, 'succeeded');
    assert.ok(took < 15_000, `it took ${took} ms to follow`);
    for (const gateway of [one, two]) {
      assert.equal(await served(gateway), await fingerprint(first));
      await acceptsMail(gateway);
    }
  });

  it('let a machine go on the one that does not lead, and take it back on the other', async () => {
    await second.start();
    assert.equal(await leads(second), false);

    await cli(second).done('machine', 'leave', 'mx2', '--yes');

    assert.equal(await two.inside('grep -c signet .ssh/authorized_keys || true'), '0\n');
    const { machines } = await cli(first).json<{ readonly machines: readonly { name: string }[] }>('machine', 'list');
    assert.deepEqual(
      machines.map(({ name }) => name),
      ['mx1'],
    );
    await acceptsMail(two);
    await cli(first).done(...(await joinWords(two)), '--restore');
    assert.equal(await served(two), await fingerprint(second));
  });

  it(
    'one alone resumes its own rollout at its next start',
    { skip: full ? false : 'as after kill -9, which the gate has' },
    async () => {
      const rollout = await stuckRollout(first);

      assert.equal(await first.stop(), 0);
      await letGo();
      await first.start();

      assert.equal((await ended(first, rollout)).rollout.state, 'succeeded');
      assert.equal(await served(two), await fingerprint(first));
    },
  );

  /** Both know the token that the first one wrote. */
  function asFirst(): void {
    copyFileSync(join(first.state, 'admin-token'), join(second.state, 'admin-token'));
  }
});

async function health(signetd: Signetd): Promise<Health> {
  return (await (await fetch(`${signetd.environment().SIGNET_URL}/health`)).json()) as Health;
}

async function until(seconds: number, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, `not within ${seconds} seconds`);
    await sleep(100);
  }
}
