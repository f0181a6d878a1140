/** A gateway's disk is put back to an earlier state: that is seen, by looks and by rollouts, explained, and left until someone decides. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import type { AuditList, JoinPlan, MachineStatus, RolloutView } from '../../services/schema/types.generated.ts';
import { acceptsMail, skipLab, type Gateway } from '../lab/harness.ts';
import { cli, joinWords, served, type Cli } from './cli.ts';
import { again, amend, bind, commit, ended, rollOut, startScenario, type Scenario } from './harness.ts';
import { stands } from './outside.ts';

describe('a snapshot', { skip: skipLab }, () => {
  let scenario: Scenario;
  let signet: Cli;
  let mx1: Gateway;
  const leaves: string[] = [];
  const words = /^mx1 was put back to an earlier state, .*generation 1 where 3 was recorded; .*--overwrite-drift/;

  const snapshot = (name: string) =>
    mx1.inside(`tar -C / -cf /root/${name}.tar etc/postfix var/lib/signet root/.ssh usr/local/lib`);
  const putBack = (name: string) =>
    mx1.inside(`postfix stop 2>/dev/null
      rm -rf /var/lib/signet /etc/postfix /usr/local/lib/signet
      tar -C / -xf /root/${name}.tar && postfix start 2>/dev/null`);
  const status = (how: 'GET' | 'POST', path: string) =>
    scenario.signetd.api<MachineStatus>(how, `/machines/mx1/${path}`);

  before(async () => {
    scenario = await startScenario('set-back', 1);
    signet = cli(scenario.signetd);
    const [first] = scenario.gateways;
    assert.ok(first);
    mx1 = first;
    await signet.done(...(await joinWords(mx1)));
    await snapshot('first');
    for (const name of ['second', 'third']) {
      await bind(scenario.signetd, 'cluster', name);
      await amend(scenario.signetd, {
        op: 'set',
        level: 'cluster',
        path: '/listeners/public/certificate',
        value: name,
      });
      assert.equal((await rollOut(scenario.signetd, name)).rollout.state, 'succeeded');
      leaves.push(await served(mx1));
    }
  });
  after(() => scenario.down());

  it('from before the last rollouts is seen by a look, and said as a problem of its own', async () => {
    assert.equal((await status('GET', 'status')).reached?.generation, 3);
    await putBack('first');

    const seen = await status('POST', 'probe');

    assert.match(seen.problem ?? '', words);
    assert.ok(seen.setBack);
    assert.equal(seen.deployed?.generation, 1);
    assert.match(await signet.done('machine', 'status', 'mx1'), /put back to an earlier state/);
    assert.match(await signet.done('machine', 'list'), /put back to an earlier state/);
    const { entries } = await scenario.signetd.api<AuditList>('GET', '/audit?limit=20');
    assert.ok(entries.some(({ detail }) => detail?.includes('put back to an earlier state')));
  });

  it('keeps rollouts away, whatever they bring', async () => {
    const before_ = await mx1.inside('cat /var/lib/signet/epoch; ls /var/lib/signet/generations');
    await bind(scenario.signetd, 'cluster', 'fourth');
    const { rollout = 0 } = await commit(scenario.signetd, 'one that changes nothing there');
    const views: readonly RolloutView[] = [
      await ended(scenario.signetd, rollout),
      await again(scenario.signetd),
      await again(scenario.signetd, { revision: 1 }),
    ];

    for (const {
      rollout: { state },
      outcomes,
    } of views) {
      assert.deepEqual([state, outcomes[0]?.state], ['failed', 'refused']);
      assert.match(outcomes[0]?.detail ?? '', words);
    }
    assert.equal(await mx1.inside('cat /var/lib/signet/epoch; ls /var/lib/signet/generations'), before_);
    assert.ok((await status('POST', 'probe')).setBack, 'no look and no rollout makes it forgotten');
  });

  it('is over with a rollout that someone decided on: it serves what it should, and counts from there', async () => {
    await signet.done('rollout', 'start', '--machine', 'mx1', '--overwrite-drift');

    assert.equal(await served(mx1), leaves[1]);
    const after_ = await status('POST', 'probe');
    assert.deepEqual([after_.setBack, after_.problem, after_.reached?.generation], [undefined, undefined, 2]);
    await stands(scenario.signetd, mx1, { revision: after_.wanted?.revision ?? 0 });
    assert.equal((await again(scenario.signetd)).outcomes[0]?.state, 'unchanged');
  });

  it('is seen by a rollout alone, too', async () => {
    await snapshot('second');
    await amend(scenario.signetd, {
      op: 'set',
      level: 'cluster',
      path: '/listeners/public/certificate',
      value: 'second',
    });
    assert.equal((await rollOut(scenario.signetd, 'back')).rollout.state, 'succeeded');
    await putBack('second');

    const { outcomes } = await again(scenario.signetd);

    assert.equal(outcomes[0]?.state, 'refused');
    assert.match(outcomes[0].detail ?? '', /generation 2 where 3 was recorded/);
    assert.ok((await status('GET', 'status')).setBack);
    assert.equal((await again(scenario.signetd, { overwriteDrift: true })).outcomes[0]?.state, 'confirmed');
    assert.equal(await served(mx1), leaves[0]);
  });

  it('is told by the epoch alone, where no generation is missing', async () => {
    await mx1.inside('echo 0 >/var/lib/signet/epoch');

    const seen = await status('POST', 'probe');
    const { outcomes } = await again(scenario.signetd);

    assert.match(
      seen.problem ?? '',
      /^mx1 was put back to an earlier state, .* it is at epoch 0 where 1 was recorded; /,
    );
    assert.deepEqual(
      [outcomes[0]?.state, (outcomes[0]?.detail ?? '').includes('at epoch 0 where 1')],
      ['refused', true],
    );
    assert.equal((await again(scenario.signetd, { overwriteDrift: true })).outcomes[0]?.state, 'unchanged');
    const now = await status('POST', 'probe');
    assert.deepEqual([now.setBack, now.problem], [undefined, undefined]);
  });

  it('from before it left is told when it joins again, and joins with its archive restored', async () => {
    await bind(scenario.signetd, 'machine/mx1', 'own');
    await amend(scenario.signetd, {
      op: 'set',
      level: 'machine/mx1',
      path: '/listeners/public/certificate',
      value: 'own',
    });
    assert.equal((await rollOut(scenario.signetd, 'its own')).rollout.state, 'succeeded');
    const own = await served(mx1);
    await snapshot('member');
    await signet.done('machine', 'leave', 'mx1', '--restore-original', '--yes');
    assert.equal(await served(mx1), '');
    await putBack('member');
    const join = await joinWords(mx1);

    const plan = await signet.json<JoinPlan>(...join.filter((word) => word !== '--yes'), '--plan');
    await signet.done(...join, '--restore');

    assert.match(
      plan.notes.join('\n'),
      /on it although mx1 left: its disk seems to have been put back to a state from before/,
    );
    assert.equal(await served(mx1), own);
    await acceptsMail(mx1);
    const now = await status('POST', 'probe');
    assert.deepEqual([now.setBack, now.problem], [undefined, undefined]);
  });
});
