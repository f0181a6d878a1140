/** Leaving while others commit, and after a leave that broke off: real configuration and records, and gateways that answer as told. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';

import { NamedError } from '../../services/errors.ts';
import type { MembershipService } from '../../services/membership/contract.ts';
import type { MembershipDeps } from '../../services/membership/deps.ts';
import { membershipService } from '../../services/membership/service.ts';
import type { PushService } from '../../services/push/contract.ts';
import { connect, readHostKey } from '../../services/push/ssh.ts';
import { furnish, registration, surroundings, type Surroundings } from '../backup/surroundings.ts';
import { facts, machineId } from '../config/surroundings.ts';
import { withoutOpenssl } from '../pki/openssl.ts';
import { noPlans } from './stand-in-gateways.ts';

describe('leaving', { skip: withoutOpenssl }, () => {
  let at: Surroundings;
  beforeEach(async () => {
    at = await surroundings();
    await furnish(at);
  });
  afterEach(() => at.close());

  const silent = new NamedError('unreachable', 'it is dark');
  const shutOut = new NamedError('login-refused', 'no such key');

  /** Over gateways that all answer a dial with this error. */
  function membership(dialled: NamedError, overrides: Partial<MembershipDeps> = {}): MembershipService {
    const { config, machines } = at;
    const pool = { link: () => Promise.reject(dialled), drop: () => undefined, close: () => undefined };
    const push = { forget: () => Promise.resolve() } as unknown as PushService;
    return membershipService({
      ...{ config, machines, push, pool, ssh: { connect, readHostKey }, pki: {} as MembershipDeps['pki'] },
      plans: noPlans,
      epoch: () => Promise.resolve(1),
      authorities: { issuedAs: () => Promise.resolve(undefined) },
      ...{
        sshKey: () => Promise.resolve({ publicKey: '', privateKey: '' }),
        script: { version: '1', text: '', installer: '' },
      },
      now: () => new Date('2026-11-24T10:00:00Z'),
      ...overrides,
    });
  }

  const state = async () => (await at.machines.get(machineId(2))).state;
  const address = async () => {
    const { layer } = (await at.machines.archive(machineId(2))) ?? {};
    return (layer as { readonly interfaces?: { readonly main?: { readonly address?: string } } }).interfaces?.main
      ?.address;
  };

  it('archives what the commit took out, although someone else changed it in between', async () => {
    const { config } = at;
    let others = 2;
    const busy: typeof config = {
      ...config,
      async apply(...asked) {
        if (others > 0) {
          const value = `192.0.2.${others--}`;
          const set = { op: 'set', level: 'machine/mx2', path: '/interfaces/main/address', value } as const;
          await config.apply('bob', [set], { comment: 'meanwhile', rollout: false });
        }
        return config.apply(...asked);
      },
    };

    const { revision, plan } = await membership(silent, { config: busy }).leave('anna', 'mx2', { force: true });

    assert.equal(await address(), '192.0.2.1');
    assert.deepEqual([revision.number, plan.certificates, plan.archive], [4, ['mx'], machineId(2)]);
  });

  it('again, when the gateway had let go and the controller did not live to record it, needs no force and finishes', async () => {
    const dies = { forget: () => Promise.reject(new Error('killed')) } as unknown as PushService;
    await assert.rejects(membership(silent, { push: dies }).leave('anna', 'mx2', { force: true }), /killed/);
    assert.equal(await state(), 'member');

    const { revision, plan, notes } = await membership(shutOut).leave('anna', 'mx2', {});

    assert.equal(await state(), 'left');
    assert.equal(revision.number, 2, 'it was out of the configuration already');
    assert.match(notes.join(), /^mx2 no longer lets the controller in; /);
    assert.equal(plan.archive, undefined, 'nothing leaves with this one');
    assert.equal(await address(), 'all', 'the archive is that of the first time');
  });

  it('again, when the gateway was not asked yet, still needs the gateway', async () => {
    await at.config.apply('anna', [{ op: 'dismiss', machine: 'mx2' }], { comment: 'broke off', rollout: false });

    await assert.rejects(membership(silent).leave('anna', 'mx2', {}), /mx2 cannot be reached, .* --force/);

    assert.equal(await state(), 'member');
  });

  it('takes only the machine with this identity out of the roster', async () => {
    await at.machines.put({ ...registration(2, 'mx2'), state: 'waiting' });
    await at.machines.put({ ...registration(9, 'mx2'), state: 'joining' });

    await membership(shutOut).leave('anna', 'mx2', {});

    assert.equal((await at.machines.get(machineId(9))).state, 'left');
    assert.ok((await at.config.configuration(1)).machines['mx2']);
    assert.equal((await at.config.head()).number, 1);
  });

  describe('and being forgotten', () => {
    const left = () => membership(silent).leave('anna', 'mx2', { force: true });

    it('takes the record, and keeps the archive with the files it had before', async () => {
      await at.machines.putOriginal(machineId(2), facts('mx2.example.test'));
      await left();

      const { id } = await membership(silent).forget('mx2');

      assert.equal(id, machineId(2));
      await assert.rejects(at.machines.get(id), { code: 'not-found' });
      assert.equal(await address(), 'all');
      assert.ok(await at.machines.original(id));
      await at.machines.removeArchive(id);
      assert.equal(await at.machines.original(id), undefined, 'with the archive, all of it is gone');
    });

    it('is refused for a member, for nobody, and where several left under the name', async () => {
      await assert.rejects(membership(silent).forget('mx2'), { code: 'precondition-failed', message: /has not left/ });
      await assert.rejects(membership(silent).forget('mx9'), { code: 'not-found' });
      await left();
      await at.machines.put({ ...registration(9, 'mx2'), state: 'left' });

      await assert.rejects(membership(silent).forget('mx2'), { code: 'invalid-input', message: /give the id of one/ });
      assert.equal((await membership(silent).forget(machineId(9))).id, machineId(9));
      assert.equal((await membership(silent).forget('mx2')).id, machineId(2));
    });
  });

  const obstacles: readonly (readonly [which: string, state: 'member' | 'waiting', dialled: NamedError, RegExp])[] = [
    ['is silent', 'member', silent, /^mx2 cannot be reached, .*key and script would stay .*bring it back first/],
    ['shuts the controller out', 'member', shutOut, /^mx2 refuses the controller's key, .*script would stay/],
    ['waits', 'waiting', silent, /^mx2 waits to be taken over, .*no access to it; .*"signet machine join mx2"/],
  ];
  for (const [which, present, dialled, words] of obstacles) {
    it(`of a machine that ${which} says what stands in the way before it is asked for`, async () => {
      await at.machines.put({ ...registration(2, 'mx2'), state: present });

      const { obstacle = '' } = await membership(dialled).planLeave('mx2');

      assert.match(obstacle, words);
      assert.match(obstacle, /--force/);
      await assert.rejects(membership(dialled).leave('anna', 'mx2', {}), { message: obstacle });
    });
  }
});
