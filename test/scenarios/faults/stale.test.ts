// A controller that was stopped for a while comes back when another leads: neither the gateway nor the store takes its word.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';

import type { Health, MachineStatus } from '../../../services/schema/types.generated.ts';
import { skipLab, startLab, type Gateway, type Lab } from '../../lab/harness.ts';
import { etcdServer, withoutEtcd, type EtcdServer } from '../../store/etcd-server.ts';
import { commit, ended, full, join } from '../harness.ts';
import { standing, stands } from '../outside.ts';
import { startSignetd, type Signetd } from '../signetd.ts';
import { firstCertificate, isOutcome, renew } from './steps.ts';
import { until } from './until.ts';
import { isPending, wireTo, type Wire } from './wire.ts';

describe('a stale controller', { skip: skipLab || withoutEtcd }, () => {
  let etcd: EtcdServer;
  let lab: Lab;
  let wire: Wire;
  let mx1: Gateway;
  let one: Signetd;
  let two: Signetd;
  before(async () => {
    lab = await startLab('faults-stale', 1);
    etcd = await etcdServer();
    assert.ok(lab.gateways[0]);
    mx1 = lab.gateways[0];
    wire = await wireTo(mx1);
    const times = { windowSeconds: 60, probeSeconds: 4 };
    one = await startSignetd({ ...times, flags: ['--etcd', etcd.url] });
    await until('the first leads', () => leads(one));
    two = await startSignetd({ ...times, flags: ['--etcd', etcd.url], beside: one });
    await join(one, mx1, wire.at);
    await firstCertificate(one);
  });
  after(async () => {
    one.signal('SIGCONT');
    await Promise.all([one.remove(), two.remove()]);
    wire.close();
    await etcd.stop();
    await lab.down();
  });
  beforeEach(async () => {
    assert.ok(await leads(one));
  });

  it('has its push refused by the gateway, and records nothing of it', async () => {
    const sent = wire.hold('to-gateway', () => true);
    await renew(one);
    const { rollout = 0, revision } = await commit(one, 'sent, but not there yet');
    await sent;
    one.signal('SIGSTOP');
    await until('the other one leads', () => leads(two));
    isOutcome(await ended(two, rollout), 'confirmed');
    const finished = await standing(mx1);

    wire.release();
    one.signal('SIGCONT');

    await until('it knows that it has been refused', () => /"detail":"stale-epoch: [^"]*"/.test(one.log()));
    await until('it knows that it does not lead', async () => !(await leads(one)));
    assert.deepEqual(await standing(mx1), finished);
    isOutcome(await ended(one, rollout), 'confirmed');
    const { problem } = await one.api<MachineStatus>('GET', '/machines/mx1/status');
    assert.equal(problem, undefined);
    await stands(one, mx1, { revision: revision.number });
    await two.stop();
    await until('the first leads again', () => leads(one));
  });

  it('hears of an activation that the other one has decided', { skip: full ? false : 'one of two' }, async () => {
    await two.start();
    const activated = wire.hold('to-controller', () => isPending(mx1));
    await renew(one);
    const { rollout = 0, revision } = await commit(one, 'activated, but not heard of');
    await activated;
    one.signal('SIGSTOP');
    await until('the other one leads', () => leads(two));
    isOutcome(await ended(two, rollout), 'confirmed');
    const finished = await standing(mx1);

    wire.release();
    one.signal('SIGCONT');

    await until('it knows that it does not lead', async () => !(await leads(one)));
    assert.deepEqual(await standing(mx1), finished);
    isOutcome(await ended(one, rollout), 'confirmed');
    await stands(one, mx1, { revision: revision.number });
  });
});

async function leads(signetd: Signetd): Promise<boolean> {
  const url = signetd.environment().SIGNET_URL;
  const health = (await (await fetch(`${url}/health`, { signal: AbortSignal.timeout(10_000) })).json()) as Health;
  return health.leader;
}
