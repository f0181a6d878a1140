/** Reconnecting, refused and broken off: real configuration, manifests and files, on a gateway that is a stand-in. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';

import { isNamed, type ErrorCode } from '../../services/errors.ts';
import type { MembershipService } from '../../services/membership/contract.ts';
import type { MembershipDeps } from '../../services/membership/deps.ts';
import { platforms } from '../../services/platforms/registry.ts';
import type { PushService } from '../../services/push/contract.ts';
import { joinMachine, machineId, surroundings, type Surroundings } from '../config/surroundings.ts';
import { membershipOver, type StandIn } from './stand-in-gateways.ts';
import { pushOver } from './stand-in-push.ts';

describe('reconnecting', () => {
  let at: Surroundings;
  let gateway: StandIn;
  let gateways: ReadonlyMap<string, StandIn>;
  let membership: MembershipService;
  const minimum = '/protocols/inbound/minimum';
  const loglevel = 'main.cf smtpd_tls_loglevel';
  const both = { take: [minimum], keep: [loglevel] };

  beforeEach(async () => {
    at = surroundings({ platforms });
    await joinMachine(at, 1);
    gateway = { hostKey: 'ssh-ed25519 AAAA', identity: machineId(1), up: true, installed: true };
    gateways = new Map([['198.18.0.1', gateway]]);
    await pushOver(at, gateways).start('anna', { machines: ['mx1'] });
    membership = over({});
    await membership.disconnect('anna', 'mx1');
    edit(/^(smtpd_tls_(?:mandatory_)?protocols) = .*/gm, '$1 = >=TLSv1.3');
    edit(/^smtpd_tls_loglevel = .*/m, 'smtpd_tls_loglevel = 2');
  });
  afterEach(() => at.close());

  function over(deps: Partial<Pick<MembershipDeps, 'config' | 'machines' | 'push'>>): MembershipService {
    const { config, machines, store } = at;
    const all = { config, machines, store, pki: {} as MembershipDeps['pki'], ...deps };
    return membershipOver(all, gateways, () => machineId(9), deps.push ?? pushOver(at, gateways));
  }
  function edit(what: RegExp, by: string): void {
    gateway.mainCf = (gateway.mainCf ?? '').replace(what, by);
  }
  const line = (name: string) => new RegExp(`^${name} = (.*)$`, 'm').exec(gateway.mainCf ?? '')?.[1];
  const isOn = async () => (await at.machines.get(machineId(1))).disconnected === undefined;
  const refused = (code: ErrorCode, words: RegExp) => (error: unknown) => {
    assert.ok(isNamed(error, code), String(error));
    assert.match(error.message, words);
    return true;
  };

  it('takes and keeps what was decided, in one revision, and is over with that', async () => {
    const { number } = await at.config.head();

    const { revision } = await membership.reconnect('bert', 'mx1', both);

    assert.deepEqual([revision.number, revision.author, revision.comment], [number + 1, 'bert', 'mx1 reconnected']);
    assert.deepEqual([line('smtpd_tls_protocols'), line('smtpd_tls_loglevel'), await isOn()], ['>=TLSv1.3', '1', true]);
    const { level } = await at.config.explain('mx1', minimum);
    assert.equal(level, 'machine/mx1');
    await assert.rejects(membership.planReconnect('mx1'), refused('not-found', /no machine mx1 that is disconnected/));
  });

  it('pushes nothing when it is not to: what was taken is in the configuration, and what was kept out is still on it', async () => {
    const { mainCf } = { ...gateway };

    const { revision, rollout } = await membership.reconnect('bert', 'mx1', { ...both, rollout: false });

    assert.deepEqual([revision.rollout, rollout, gateway.mainCf, await isOn()], [false, undefined, mainCf, true]);
    assert.equal((await at.config.explain('mx1', minimum)).level, 'machine/mx1');
  });

  it('without a decision changes nothing anywhere', async () => {
    const [{ number }, { mainCf }] = [await at.config.head(), { ...gateway }];

    await assert.rejects(
      membership.reconnect('bert', 'mx1', { take: [minimum] }),
      refused('undecided', /one difference/),
    );

    assert.deepEqual([(await at.config.head()).number, gateway.mainCf, await isOn()], [number, mainCf, false]);
  });

  it('overwrites nothing that was changed after it was decided', async () => {
    const push = pushOver(at, gateways);
    const late: PushService = {
      ...push,
      start(by, options) {
        edit(/^smtpd_tls_loglevel = .*/m, 'smtpd_tls_loglevel = 3');
        return push.start(by, options);
      },
    };

    await over({ push: late }).reconnect('bert', 'mx1', { rest: 'keep' });

    assert.deepEqual([line('smtpd_tls_loglevel'), line('smtpd_tls_protocols')], ['3', '>=TLSv1.3']);
  });

  it('rolls out no revision that others have committed while it looked', async () => {
    const push = pushOver(at, gateways);
    const rolledOut: number[] = [];
    const meanwhile: PushService = {
      ...push,
      async examine(machine) {
        const examined = await push.examine(machine);
        const options = { comment: 'not yet', rollout: false };
        await at.config.apply('carl', [{ op: 'set', level: 'cluster', path: minimum, value: 'TLSv1.1' }], options);
        return examined;
      },
      ensure(revision, by, decided) {
        rolledOut.push(revision);
        return push.ensure(revision, by, decided);
      },
    };

    await over({ push: meanwhile }).reconnect('bert', 'mx1', { rest: 'keep' });

    assert.deepEqual(rolledOut, []);
  });

  it('tells what was committed since what it has, also where the end of its last push was not heard', async () => {
    const commit = (value: string) =>
      at.config.apply('carl', [{ op: 'set', level: 'cluster', path: '/protocols/outbound/ciphers', value }], {
        ...{ comment: value, rollout: false },
      });
    const heard = await at.config.head();
    const sent = await commit('high');
    await commit('medium');
    gateway.given = await at.config.manifest('mx1', sent.number);
    const has = { digest: 'a'.repeat(64), generation: 1, seen: sent.time, drift: [] };
    const status = {
      ...{ machine: 'mx1', served: [], deployed: { revision: heard.number, ...has } },
      wanted: { revision: sent.number, digest: gateway.given.digest },
    };
    const lost = { ...pushOver(at, gateways), status: () => Promise.resolve(status) };

    assert.equal((await over({ push: lost }).planReconnect('mx1')).since, sent.number);
  });

  const since: Readonly<Record<string, () => unknown>> = {
    'the machine': () => edit(/^smtpd_tls_loglevel = .*/m, 'smtpd_tls_loglevel = 3'),
    'the configuration': () =>
      at.config.apply('carl', [{ op: 'set', level: 'cluster', path: '/protocols/outbound/ciphers', value: 'high' }], {
        ...{ comment: 'meanwhile', rollout: false },
      }),
  };
  for (const [what, changes] of Object.entries(since)) {
    it(`is refused where ${what} has changed since its plan was shown`, async () => {
      const { id } = await membership.planReconnect('mx1');
      await changes();

      await assert.rejects(
        membership.reconnect('bert', 'mx1', { ...both, accept: id }),
        refused('plan-outdated', /not as it was shown any more; nothing was changed/),
      );
      assert.equal(await isOn(), false);
    });
  }

  it('is refused for another machine at its address, and one that is dark', async () => {
    gateway.identity = machineId(7);
    await assert.rejects(membership.planReconnect('mx1'), refused('identity-conflict', /another identity/));
    Object.assign(gateway, { identity: machineId(1), hostKey: 'ssh-ed25519 BBBB' });
    await assert.rejects(membership.reconnect('bert', 'mx1', both), refused('host-key-mismatch', /another host key/));
    gateway.up = false;
    await assert.rejects(membership.reconnect('bert', 'mx1', both), refused('unreachable', /does not answer/));
    assert.equal(await isOn(), false);
  });

  const killed = () => Promise.reject(new Error('killed'));
  const deaths: Readonly<Record<string, () => Partial<Pick<MembershipDeps, 'config' | 'machines' | 'push'>>>> = {
    'at the commit': () => ({ config: { ...at.config, apply: killed } }),
    'when the commit is made': () => ({
      config: { ...at.config, apply: (...asked) => at.config.apply(...asked).then(killed) },
    }),
    'before the rollout': () => ({ push: { ...pushOver(at, gateways), ensure: killed, start: killed } }),
    'before it counts as connected': () => ({ machines: { ...at.machines, disconnect: killed } }),
  };
  for (const [when, deps] of Object.entries(deaths)) {
    it(`killed ${when} it goes on when it is asked for again`, async () => {
      await assert.rejects(over(deps()).reconnect('bert', 'mx1', both), /killed/);
      assert.equal(await isOn(), false);

      const { differences } = await membership.planReconnect('mx1');
      const named = (paths: readonly string[]) => paths.filter((path) => differences.some((one) => one.path === path));
      await membership.reconnect('bert', 'mx1', { take: named(both.take), keep: named(both.keep) });

      assert.deepEqual([line('smtpd_tls_protocols'), line('smtpd_tls_loglevel')], ['>=TLSv1.3', '1']);
      assert.equal(await isOn(), true);
      assert.equal((await at.config.explain('mx1', minimum)).value, 'TLSv1.3');
    });
  }
});
