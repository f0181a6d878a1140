/** A plan is made, looked at and accepted: real configuration, records and store, gateways as SSH shows them. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';

import type { MembershipService } from '../../services/membership/contract.ts';
import { planService } from '../../services/membership/plans/service.ts';
import type { JoinRequest, Operation } from '../../services/schema/types.generated.ts';
import { readAll } from '../../services/store/read-all.ts';
import { surroundings, type Surroundings } from '../backup/surroundings.ts';
import { machineId } from '../config/surroundings.ts';
import { withoutOpenssl } from '../pki/openssl.ts';
import { membershipOver, type StandIn } from './stand-in-gateways.ts';

const host = '198.18.0.1';
const keyOf = (n: number) => `ssh-ed25519 ${Buffer.from(`key ${n}`).toString('base64')}`;
const ownLayer = { interfaces: { main: { address: 'all', hostname: 'mx1.example.test' } } };
const bootstrap = { user: 'root', password: 'hunter2' };

describe('the plan of a join', { skip: withoutOpenssl }, () => {
  let at: Surroundings;
  let membership: MembershipService;
  let gateway: StandIn;

  beforeEach(async () => {
    at = await surroundings();
    gateway = { hostKey: keyOf(1), identity: '', up: true, installed: false, mainCf: 'smtpd_tls_ciphers = high\n' };
    membership = membershipOver(at, new Map([[host, gateway]]), () => machineId(1));
  });
  afterEach(() => at.close());

  const plan = (more: Partial<JoinRequest> = {}) => membership.plan({ name: 'mx1', host, bootstrap, ...more });
  const commit = (operation: Operation) =>
    at.config.apply('bob', [operation], { comment: 'meanwhile', rollout: false });
  const members = async () => (await at.machines.list()).map(({ name }) => name);

  it('is accepted by its id, once', async () => {
    const { id, expires, revision } = await plan();
    assert.deepEqual([expires, revision], ['2026-11-24T11:00:00.000Z', 0]);
    assert.equal((await membership.planned(id)).name, 'mx1');

    const { registration } = await membership.join('anna', { accept: id, bootstrap });

    assert.deepEqual([registration.name, registration.host, registration.state], ['mx1', host, 'member']);
    await assert.rejects(membership.planned(id), { code: 'not-found' });
  });

  it('holds nothing to log in with', async () => {
    await plan();

    const stored = (await readAll(at.store, '')).map(({ key, value }) => `${key} ${value}`).join('\n');

    assert.match(stored, /membership\/plan\/[0-9a-f]{12} /);
    assert.doesNotMatch(stored, /hunter2/);
  });

  it('is for what it says, and for nothing else', async () => {
    const { id } = await plan();
    const others = [
      { name: 'mx2' },
      { host: '198.18.0.2' },
      { port: 2222 },
      { group: 'edge' },
      { claim: 'new' },
    ] as const;

    for (const other of [...others, { bootstrap: { user: 'admin' } }])
      await assert.rejects(membership.join('anna', { accept: id, bootstrap, ...other }), {
        code: 'invalid-input',
        message: /^the plan [0-9a-f]{12} has .*, not .*; leave that out, or make a plan with it$/,
      });
    assert.deepEqual(await members(), []);
  });

  const meanwhile: Readonly<Record<string, readonly [change: () => unknown, what: RegExp]>> = {
    'its host key is another': [() => (gateway.hostKey = keyOf(2)), /shows the host key SHA256:\S+, not the accepted/],
    'it has an identity': [() => (gateway.identity = machineId(7)), /its identity is another/],
    'a TLS setting was changed by hand': [
      () => (gateway.mainCf = 'smtpd_tls_ciphers = medium\n'),
      /main\.cf smtpd_tls_ciphers is another/,
    ],
    'a TLS setting was added by hand': [
      () => (gateway.mainCf = 'smtpd_tls_ciphers = high\nsmtp_tls_ciphers = high\n'),
      /main\.cf smtp_tls_ciphers is new/,
    ],
    'its name was given to another': [
      () => commit({ op: 'admit', machine: 'mx1', id: machineId(9), group: 'main', layer: ownLayer }),
      /the name mx1 .* is new/,
    ],
    'its cluster gives it something else': [
      () => commit({ op: 'set', level: 'cluster', path: '/protocols/outbound/ciphers', value: 'high' }),
      /what cluster and group give it is another/,
    ],
  };
  for (const [what, [change, message]] of Object.entries(meanwhile)) {
    it(`is outdated when ${what}, and nothing is changed`, async () => {
      const { id } = await plan();
      await change();
      const before = await members();

      await assert.rejects(membership.join('anna', { accept: id, bootstrap }), { code: 'plan-outdated', message });

      assert.deepEqual([await members(), gateway.installed], [before, false]);
    });
  }

  it('says beforehand what the configuration would refuse of what it has, and then nothing is changed', async () => {
    const at = '/protocols/inbound/minimum';
    await commit({ op: 'set', level: 'cluster', path: `/pins/${at.replaceAll('/', '~1')}`, value: { rule: 'floor' } });
    gateway.mainCf = 'smtpd_tls_protocols = >=TLSv1\n';

    const { id, faults } = await plan();

    assert.deepEqual([faults?.applied, faults?.adopted?.map(({ pointer }) => pointer)], [[], [at]]);
    await assert.rejects(membership.join('anna', { accept: id, bootstrap, adopt: true }), {
      code: 'invalid-configuration',
      message: /mx1 cannot join: .*minimum is "TLSv1" at machine\/mx1, below the floor "TLSv1.2" that cluster pins/,
    });
    assert.equal(gateway.installed, false);
    await membership.join('anna', { accept: id, bootstrap });
  });

  it('holds although its disk fills and others commit what is not its affair', async () => {
    const { id } = await plan();
    gateway.freeKilobytes = 10;
    await commit({ op: 'create-group', group: 'edge' });

    await membership.join('anna', { accept: id, bootstrap, adopt: true });

    assert.deepEqual(await members(), ['mx1']);
  });

  it('expires after an hour, and is removed', async () => {
    let now = Date.parse('2026-11-24T10:00:00Z');
    const plans = planService({ store: at.store, now: () => new Date(now), random: randomBytes });
    const { id, ...rest } = await plan();
    const later = await plans.keep({ plan: rest, user: 'root', upper: '0'.repeat(64) });
    assert.deepEqual((await plans.get(id)).plan.name, 'mx1');

    now += 3_600_000;

    await assert.rejects(plans.get(later.id), { code: 'not-found', message: /it has expired; make another one/ });
    assert.equal(await plans.prune(), 2);
    assert.deepEqual(await readAll(at.store, 'membership/plan/'), []);
  });
});
