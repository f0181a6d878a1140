/** A machine that came with a configuration file, and that nobody has taken over. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';

import type { MembershipService } from '../../services/membership/contract.ts';
import type { MembershipDeps } from '../../services/membership/deps.ts';
import { membershipService } from '../../services/membership/service.ts';
import type { PushService } from '../../services/push/contract.ts';
import type { Pool } from '../../services/push/pool.ts';
import { connect, readHostKey } from '../../services/push/ssh.ts';
import { furnish, registration, surroundings, type Surroundings } from '../backup/surroundings.ts';
import { machineId } from '../config/surroundings.ts';
import { withoutOpenssl } from '../pki/openssl.ts';
import { noPlans } from './stand-in-gateways.ts';

describe('a machine that waits', { skip: withoutOpenssl }, () => {
  let at: Surroundings;
  before(async () => {
    at = await surroundings();
    await furnish(at);
    await at.machines.put({ ...registration(2, 'mx2'), state: 'waiting' });
  });
  after(() => at.close());

  it('can be let go by force: it leaves the configuration with its settings, and the gateway is not touched', async () => {
    const { config, machines } = at;
    const membership = membershipOf(at);

    await assert.rejects(membership.leave('anna', 'mx2', {}), /mx2 waits to be taken over, .* --force/);
    const { plan, notes } = await membership.leave('anna', 'mx2', { force: true });

    assert.deepEqual(plan.certificates, ['mx']);
    assert.match(notes.join(), /mx2 was not taken over by this controller/);
    assert.deepEqual(Object.keys((await config.configuration(2)).machines), ['mx1']);
    assert.equal((await machines.get(machineId(2))).state, 'left');
    assert.deepEqual((await machines.archive(machineId(2)))?.group, 'edge');
  });
});

describe('a machine that came with a draft', () => {
  let at: Surroundings;
  let membership: MembershipService;
  beforeEach(async () => {
    at = await surroundings();
    membership = membershipOf(at);
  });
  afterEach(() => at.close());

  /** What loading a configuration file does with a machine that is not in the roster. */
  async function load(author: string, n: number, name: string): Promise<void> {
    const layer = { interfaces: { main: { address: 'all', hostname: `${name}.example.test` } } };
    await at.config.amend(author, [{ op: 'admit', machine: name, id: machineId(n), group: 'main', layer }]);
    await at.machines.put({ ...registration(n, name), state: 'waiting' });
  }
  const states = async () => (await at.machines.list()).map(({ name, state }) => `${name} ${state}`);

  it('goes with it when it is discarded', async () => {
    await load('anna', 1, 'mx1');

    await membership.discardDraft('anna');

    assert.deepEqual((await at.config.draft('anna')).operations, []);
    assert.deepEqual(await states(), []);
  });

  it('has left, as before, when it was a member once', async () => {
    const archive = { id: machineId(1), name: 'mx1', group: 'main', left: '2026-11-01T10:00:00.000Z', layer: {} };
    await at.machines.putArchive(archive);
    await load('anna', 1, 'mx1');

    await membership.discardDraft('anna');

    assert.deepEqual(await states(), ['mx1 left']);
    assert.deepEqual(await at.machines.archive(machineId(1)), archive);
  });

  it('stays as long as another draft or the head names it, and so does every other machine', async () => {
    await load('anna', 1, 'mx1');
    await load('bert', 1, 'mx1');
    await load('carl', 2, 'mx2');
    await at.config.commit('carl', { comment: 'as it was', rollout: false });
    await at.machines.put(registration(3, 'mx3'));

    await membership.discardDraft('anna');

    assert.deepEqual(await states(), ['mx1 waiting', 'mx2 waiting', 'mx3 member']);
    await membership.discardDraft('bert');
    assert.deepEqual(await states(), ['mx2 waiting', 'mx3 member']);
  });
});

/** Membership without gateways. */
function membershipOf({ config, machines }: Surroundings): MembershipService {
  const pool: Pool = {
    link: () => Promise.reject(new Error('no gateway')),
    drop: () => undefined,
    close: () => undefined,
  };
  const push = { forget: () => Promise.resolve() } as unknown as PushService;
  return membershipService({
    ...{ config, machines, push, pool, ssh: { connect, readHostKey }, pki: {} as MembershipDeps['pki'] },
    plans: noPlans,
    ...{
      sshKey: () => Promise.resolve({ publicKey: '', privateKey: '' }),
      script: { version: '1', text: '', installer: '' },
    },
    epoch: () => Promise.resolve(1),
    authorities: { issuedAs: () => Promise.resolve(undefined) },
    now: () => new Date('2026-11-24T10:00:00Z'),
  });
}
