/** Members that are left alone: real configuration and records, over gateways that answer as told. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';

import { isNamed, type ErrorCode } from '../../services/errors.ts';
import type { MembershipService } from '../../services/membership/contract.ts';
import type { LeavingDeps, MembershipDeps } from '../../services/membership/deps.ts';
import { disconnecting } from '../../services/membership/disconnecting.ts';
import { joinMachine, machineId, surroundings, type Surroundings } from '../config/surroundings.ts';
import { membershipOver, standInGateways, type StandIn } from './stand-in-gateways.ts';

describe('disconnecting', () => {
  let at: Surroundings;
  let gateway: StandIn;
  let membership: MembershipService;
  beforeEach(async () => {
    at = surroundings();
    await joinMachine(at, 1);
    gateway = { hostKey: 'ssh-ed25519 AAAA', identity: machineId(1), up: true, installed: true, mainCf: '' };
    const { config, machines, store } = at;
    const pki = {} as MembershipDeps['pki'];
    membership = membershipOver({ config, machines, store, pki }, new Map([['198.18.0.1', gateway]]), () =>
      machineId(9),
    );
  });
  afterEach(() => at.close());

  const record = () => at.machines.get(machineId(1));
  const refused = (code: ErrorCode, words: RegExp) => (error: unknown) => {
    assert.ok(isNamed(error, code), String(error));
    assert.match(error.message, words);
    return true;
  };

  it('marks the machine with who, when and why, and with what it has; it stays what and where it was', async () => {
    gateway.mainCf = 'smtpd_tls_loglevel = 2\nmynetworks = 127.0.0.0/8\n';
    const before = await record();

    const { registration, notes } = await membership.disconnect('anna', 'mx1', 'in repair');

    const { disconnected, ...rest } = registration;
    assert.deepEqual([rest, notes], [before, []]);
    assert.deepEqual(disconnected, {
      ...{ since: '2026-11-24T10:00:00.000Z', by: 'anna', reason: 'in repair', revision: 1 },
      found: { 'main.cf smtpd_tls_loglevel': '2' },
    });
    assert.deepEqual(await record(), registration);
    assert.deepEqual(Object.keys((await at.config.configuration(1)).machines), ['mx1']);
  });

  it('works where the machine is dark or another one by now, and says what is not known then', async () => {
    gateway.up = false;
    const { registration, notes } = await membership.disconnect('anna', 'mx1');

    assert.equal(registration.disconnected?.found, undefined);
    assert.match(
      notes.join(),
      /^mx1 could not be asked what it has now \(.*does not answer\), so edits .* told apart$/,
    );

    await at.machines.disconnect(machineId(1), undefined);
    Object.assign(gateway, { up: true, identity: machineId(2) });
    assert.match((await membership.disconnect('anna', 'mx1')).notes.join(), /another machine is at its address/);
  });

  describe('while a push is under way', () => {
    function disconnectingOver(isPushing: () => Promise<boolean>, waitSeconds: number) {
      const { config, machines } = at;
      const pool = standInGateways(new Map([['198.18.0.1', gateway]]), () => machineId(9)).poolOf(machines);
      const deps: Partial<LeavingDeps> = {
        ...{ config, machines, pool, now: () => new Date('2026-11-24T10:00:00Z') },
        push: { isPushing } as Partial<LeavingDeps['push']> as LeavingDeps['push'],
      };
      return disconnecting(deps as LeavingDeps, waitSeconds);
    }

    it('waits until that has ended, and only then asks what the machine has', async () => {
      const asked: string[] = [];
      const isPushing = async () => {
        asked.push((await record()).disconnected?.by ?? 'nobody');
        gateway.mainCf = `smtpd_tls_loglevel = ${asked.length}\n`;
        return asked.length < 3;
      };

      const { registration } = await disconnectingOver(isPushing, 60).disconnect('anna', 'mx1');

      assert.deepEqual(asked, ['anna', 'anna', 'anna'], 'it was marked before it was looked');
      assert.deepEqual(registration.disconnected?.found, { 'main.cf smtpd_tls_loglevel': '3' });
    });

    it('is refused when that does not end, and the machine stays connected', async () => {
      const before = await record();

      await assert.rejects(
        disconnectingOver(() => Promise.resolve(true), 0).disconnect('anna', 'mx1'),
        refused('busy', /^a push to mx1 is still under way after 0 seconds, so it stays connected; stop the rollout/),
      );

      assert.deepEqual(await record(), before);
    });
  });

  it('is refused the second time, and for what is no member', async () => {
    await membership.disconnect('anna', 'mx1');

    await assert.rejects(
      membership.disconnect('bert', 'mx1'),
      refused('disconnected', /^mx1 is disconnected since .* by anna/),
    );
    await assert.rejects(membership.disconnect('bert', 'mx9'), refused('not-found', /no member mx9/));
  });

  it('does not keep a machine from leaving, and is over with that', async () => {
    await membership.disconnect('anna', 'mx1');

    await membership.leave('anna', 'mx1', {});

    const { state, disconnected } = await record();
    assert.deepEqual([state, disconnected, gateway.installed], ['left', undefined, false]);
  });
});
