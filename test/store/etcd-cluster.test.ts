/** The store on a cluster of three etcd members, of which one goes away: the leader, killed or hung. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { etcdStore } from '../../services/store/etcd.ts';
import type { Store } from '../../services/store/store.ts';
import { changes, never, words } from './changes.ts';
import { etcdCluster, etcdctl, withoutEtcd, type EtcdServer } from './etcd-server.ts';

describe('the store on a cluster of etcd members', { skip: withoutEtcd, timeout: 60_000 }, () => {
  let members: readonly EtcdServer[];
  before(async () => {
    members = await etcdCluster();
  });
  after(() => Promise.all(members.map((member) => member.stop())));

  it('makes every change once while the leader hangs and then is killed', async (test) => {
    // Once connected to the leader, once to another.
    const leader = await leaderOf(members);
    const others = members.filter((member) => member !== leader);
    const store = await etcdStore({ hosts: [leader, ...others].map(({ url }) => url) });
    const second = await etcdStore({ hosts: [...others, leader].map(({ url }) => url) });
    test.after(() => Promise.all([store.close(), second.close()]));
    const from = (await store.range('')).revision + 1;
    const found = [store, second].map((one) => changes(one, 'n', from, 60));
    const lease = await store.lease('leader', 'one', 30, never());

    const written: string[] = [];
    for (let n = 0; n < 60; n++) {
      written.push(`+n=${n}@${await increment(n % 2 === 0 ? store : second, n)}`);
      if (n === 20) leader.freeze();
      if (n === 40) await leader.kill();
    }

    assert.deepEqual((await Promise.all(found)).map(words), [written, written]);
    assert.equal(lease.lost.aborted, false);
    await lease.release();
  });
});

/** Writes `n` on the condition that n - 1 is there: a change made twice, or lost, would not pass. */
async function increment(store: Store, n: number): Promise<number> {
  const entry = await store.get('n');
  assert.equal(entry?.value, n === 0 ? undefined : `${n - 1}`);
  const { applied, revision } = await store.transact({
    compare: [entry ? { key: 'n', modRevision: entry.modRevision } : { key: 'n', absent: true }],
    writes: [{ put: 'n', value: `${n}` }],
  });
  assert.equal(applied, true);
  return revision;
}

async function leaderOf(members: readonly EtcdServer[]): Promise<EtcdServer> {
  for (let attempt = 0; attempt < 100; attempt++) {
    for (const member of members) {
      const [answer] = JSON.parse(etcdctl(member, 'endpoint', 'status', '-w', 'json')) as {
        Status: { leader?: number; header: { member_id: number } };
      }[];
      if (answer && answer.Status.leader === answer.Status.header.member_id) return member;
    }
    await pause(50);
  }
  throw new Error('no leader');
}
