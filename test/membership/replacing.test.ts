/** Machines that come back as others, and others that come as them: real configuration and records, gateways as SSH shows them. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';

import { isNamed } from '../../services/errors.ts';
import { fingerprint } from '../../services/push/ssh.ts';
import type { MembershipService } from '../../services/membership/contract.ts';
import type { AcceptedJoin } from '../../services/schema/types.generated.ts';
import { surroundings, type Surroundings } from '../backup/surroundings.ts';
import { machineId } from '../config/surroundings.ts';
import { withoutOpenssl } from '../pki/openssl.ts';
import { membershipOver, type StandIn } from './stand-in-gateways.ts';

const [first, second] = ['198.18.0.1', '198.18.0.2'];
const keyOf = (n: number) => `ssh-ed25519 ${Buffer.from(`key ${n}`).toString('base64')}`;

describe('a machine called mx2', { skip: withoutOpenssl }, () => {
  let at: Surroundings;
  let membership: MembershipService;
  let gateways: Map<string, StandIn>;
  let identities = 0;

  beforeEach(async () => {
    at = await surroundings();
    identities = 0;
    gateways = new Map([first, second].map((host, n) => [host, fresh(n + 1)]));
    membership = membershipOver(at, gateways, next);
    await join(second, 'mx2');
    const { binding } = await at.pki.create({ subject: { commonName: 'mx2.example.test' }, key: 'ec-p256' });
    const set = { op: 'set', level: 'machine/mx2', path: '/certificates/own', value: binding } as const;
    await at.config.apply('anna', [set], { comment: 'its own', rollout: false });
  });
  afterEach(() => at.close());

  const next = () => machineId(++identities);
  const fresh = (n: number): StandIn => ({ hostKey: keyOf(n), identity: '', up: true, installed: false });
  const gateway = (host: string) => gateways.get(host) ?? assert.fail(host);
  const reinstall = (host: string, n: number) => gateways.set(host, fresh(n));

  function join(host: string, name: string, more: Partial<AcceptedJoin> = {}) {
    const hostKey = fingerprint(gateway(host).hostKey);
    return membership.join('anna', { name, host, hostKey, bootstrap: { user: 'root' }, rollout: false, ...more });
  }
  const now = async () => at.config.configuration((await at.config.head()).number);
  const certificates = async (name: string) =>
    Object.keys((await now()).layers[`machine/${name}`]?.['certificates'] ?? {});
  const states = async () => (await at.machines.list()).map(({ id, name, state }) => `${id.at(-1)} ${name} ${state}`);

  it('that was reinstalled takes its place with --replace: roster, settings and certificates, in one revision', async () => {
    reinstall(second, 9);
    const { number } = await at.config.head();
    await assert.rejects(join(second, 'mx2'), {
      code: 'identity-conflict',
      message: /at this address, with another host key and identity: .* --replace/,
    });

    const { registration, revision } = await join(second, 'mx2', { claim: 'replace' });

    assert.equal(revision.number, number + 1);
    assert.deepEqual((await now()).machines, { mx2: { id: machineId(2), group: 'main' } });
    assert.deepEqual(await certificates('mx2'), ['own']);
    assert.deepEqual([registration.id, registration.hostKey], [machineId(2), keyOf(9)]);
    assert.deepEqual((await states()).sort(), ['1 mx2 left', '2 mx2 member']);
  });

  it('and two copies of one disk that join at the same time: only one of them becomes a member', async () => {
    const copy = (n: number): StandIn => ({ ...fresh(n), identity: machineId(8) });
    gateways.set('198.18.0.3', copy(3)).set('198.18.0.4', copy(4));

    const both = await Promise.allSettled([join('198.18.0.3', 'mx3'), join('198.18.0.4', 'mx4')]);

    const [refused, ...more] = both.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    assert.ok(isNamed(refused, 'busy') && more.length === 0, String(refused));
    const roster = Object.entries((await now()).machines).filter(([, { id }]) => id === machineId(8));
    const registered = (await at.machines.list()).filter(({ id }) => id === machineId(8));
    assert.deepEqual(
      roster.map(([name]) => name),
      registered.map(({ name }) => name),
    );
    assert.equal(gateway('198.18.0.3').installed && gateway('198.18.0.4').installed, false);
  });

  it('that left and was reinstalled gets what is archived back with --replace, and nothing without', async () => {
    await membership.leave('anna', 'mx2', {});
    reinstall(second, 9);
    await assert.rejects(
      join(second, 'mx2'),
      /a machine called mx2 left on 2026-11-24, .* --replace, .* --new-identity/,
    );

    await join(second, 'mx2', { claim: 'replace' });

    assert.deepEqual(await certificates('mx2'), ['own']);
    assert.deepEqual(await at.machines.archives(), []);
  });

  describe('whose settings the configuration would refuse by now', () => {
    const minimum = '/protocols/inbound/minimum';
    const apply = async (...operations: Parameters<typeof at.config.apply>[1]) => {
      await at.config.apply('anna', operations, { comment: 'x', rollout: false });
    };

    it('is not restored, and nothing on it was changed by then', async () => {
      await apply({ op: 'set', level: 'machine/mx2', path: minimum, value: 'TLSv1.1' });
      await membership.leave('anna', 'mx2', {});
      const pin = `/pins/${minimum.replaceAll('/', '~1')}`;
      await apply({ op: 'set', level: 'cluster', path: pin, value: { rule: 'floor' } });
      const before = [await states(), gateway(second).installed, await at.config.head()];
      const { id, faults } = await membership.plan({ name: 'mx2', host: second, bootstrap: { user: 'root' } });

      const refused = {
        code: 'invalid-configuration',
        message: /mx2 cannot join: .*minimum is "TLSv1.1" at machine\/mx2, below the floor "TLSv1.2" that cluster pins/,
      } as const;
      await assert.rejects(join(second, 'mx2', { archive: 'restore' }), refused);
      await assert.rejects(
        membership.join('anna', { accept: id, bootstrap: { user: 'root' }, archive: 'restore' }),
        refused,
      );

      assert.deepEqual([faults?.applied, faults?.restored?.map(({ pointer }) => pointer)], [[], [minimum]]);
      assert.deepEqual([await states(), gateway(second).installed, await at.config.head()], before);
      await join(second, 'mx2', { archive: 'discard' });
    });

    it('is not replaced by one that cannot have them, and nothing on that was changed by then', async () => {
      const partner = { tls: 'required', certificate: 'own' };
      await apply({ op: 'set', level: 'machine/mx2', path: '/destinations/partner.example', value: partner });
      reinstall(second, 9);
      gateway(second).mainCf = 'mydestination = partner.example\n';
      const before = await states();

      await assert.rejects(join(second, 'mx2', { claim: 'replace' }), {
        code: 'invalid-configuration',
        message: /mx2 cannot join: .*stays on the machine, as mydestination has it there/,
      });

      assert.deepEqual([await states(), gateway(second).installed], [before, false]);
      gateway(second).mainCf = '';
      await join(second, 'mx2', { claim: 'replace' });
      assert.deepEqual(await certificates('mx2'), ['own']);
    });
  });

  it('that left stays in its archive when another machine has its name', async () => {
    await membership.leave('anna', 'mx2', {});

    await join(first, 'mx2', { claim: 'new' });

    assert.deepEqual(await certificates('mx2'), []);
    assert.deepEqual(
      (await at.machines.archives()).map(({ name, layer }) => [name, Object.keys(layer)]),
      [['mx2', ['certificates', 'interfaces']]],
    );
  });

  it('whose host keys are new stays itself with --replace, without a revision', async () => {
    gateway(second).hostKey = keyOf(9);
    await assert.rejects(join(second, 'mx2'), /identity of the member mx2, .* another host key/);
    const { number } = await at.config.head();

    const { registration, revision } = await join(second, 'mx2', { claim: 'replace' });

    assert.deepEqual([registration.hostKey, registration.id, revision.number], [keyOf(9), machineId(1), number]);
    assert.deepEqual(await certificates('mx2'), ['own']);
  });

  it('is not replaced as long as it answers', async () => {
    await assert.rejects(join(first, 'mx2', { claim: 'replace' }), /answers there with its own host key; let that one/);

    assert.equal(gateway(first).installed, false);
    assert.deepEqual(await states(), ['1 mx2 member']);
  });

  it('has a copy, which joins with an identity of its own', async () => {
    gateway(first).identity = machineId(1);
    await assert.rejects(
      join(first, 'mx3'),
      /which answers at 198\.18\.0\.2 with a host key of its own: .* --new-identity/,
    );

    await join(first, 'mx3', { claim: 'new' });

    assert.equal(gateway(first).identity, machineId(2));
    assert.deepEqual((await states()).sort(), ['1 mx2 member', '2 mx3 member']);
    assert.deepEqual(await certificates('mx2'), ['own']);
  });

  it('stays a member as it was when the one that was to replace it cannot join after all', async () => {
    reinstall(second, 9);
    const { config } = at;
    const fails = { ...config, apply: () => Promise.reject(new Error('the store is full')) };
    const broken = membershipOver({ ...at, config: fails }, gateways, next);
    const request = { name: 'mx2', host: second, hostKey: fingerprint(keyOf(9)), bootstrap: { user: 'root' } };

    await assert.rejects(broken.join('anna', { ...request, claim: 'replace' }), /the store is full/);

    assert.deepEqual(await states(), ['1 mx2 member']);
    assert.equal(gateway(second).installed, false);
    assert.deepEqual(await certificates('mx2'), ['own']);
  });

  it('that left is recognised under another name and address', async () => {
    await membership.leave('anna', 'mx2', {});
    gateways.set('198.18.0.99', gateway(second));

    const { known } = await membership.plan({ name: 'mx7', host: '198.18.0.99', bootstrap: { user: 'root' } });
    await join('198.18.0.99', 'mx7', { archive: 'restore' });

    assert.equal(known?.name, 'mx2');
    assert.deepEqual(await certificates('mx7'), ['own']);
  });

  it('that waits stays adopted when it is taken over, and not when it had left', async () => {
    const adopted = { manifest: 'a'.repeat(64), found: {} };
    const registered = () => at.machines.get(machineId(1));
    await at.machines.put({ ...(await registered()), state: 'waiting', adopted });
    await join(second, 'mx2');
    assert.deepEqual((await registered()).adopted, adopted);

    await membership.leave('anna', 'mx2', {});
    await join(second, 'mx2', { archive: 'restore' });

    const { state, adopted: afterwards } = await registered();
    assert.deepEqual([state, afterwards], ['member', undefined]);
  });

  it('that leaves again, its archive still there, adds to it', async () => {
    await membership.leave('anna', 'mx2', {});
    const at2 = { address: 'all', hostname: 'mx2.example.test' };
    const layer = { interfaces: { main: at2, other: at2 } };
    const admit = { op: 'admit', machine: 'mx2', id: machineId(1), group: 'main', layer } as const;
    await at.config.apply('anna', [admit], { comment: 'from a file', rollout: false });
    await at.machines.put({ ...(await at.machines.get(machineId(1))), state: 'waiting' });

    await membership.leave('anna', 'mx2', { force: true });

    const { layer: archived } = (await at.machines.archive(machineId(1))) ?? assert.fail('no archive');
    assert.deepEqual(Object.keys(archived['certificates'] ?? {}), ['own']);
    assert.deepEqual(Object.keys(archived['interfaces'] ?? {}).sort(), ['main', 'other']);
  });

  it('that was let go while it was dark is let go for good when it is back, and not before', async () => {
    gateway(second).up = false;
    const { notes } = await membership.leave('anna', 'mx2', { force: true });
    const [waiting] = await membership.expectedBack();
    assert.deepEqual([waiting?.id, waiting?.unfinished], [machineId(1), '2026-11-24T10:00:00.000Z']);
    assert.match(notes.join(), /let it come back/);
    await assert.rejects(membership.finishLeave(machineId(1)), /does not answer/);

    gateway(second).up = true;
    const came = await membership.finishLeave(machineId(1));

    assert.equal(came, 'the controller can no longer log in to it');
    assert.equal(gateway(second).installed, false);
    assert.deepEqual(await membership.expectedBack(), []);
    assert.equal(await membership.finishLeave(machineId(1)), undefined);
    assert.equal((await at.machines.archive(machineId(1)))?.name, 'mx2');
  });

  it('that was let go while it was dark, and follows a later controller when it is back, is left to that one', async () => {
    gateway(second).up = false;
    await membership.leave('anna', 'mx2', { force: true });
    Object.assign(gateway(second), { up: true, epoch: 1000 });

    const came = await membership.finishLeave(machineId(1));

    assert.equal(came, 'it follows another controller by now, and nothing on it was changed');
    assert.equal(gateway(second).installed, true);
    assert.deepEqual(await membership.expectedBack(), []);
    assert.equal(await membership.finishLeave(machineId(1)), undefined);
  });

  it('that was let go while it was dark, and comes back as another machine with its host key, is left alone', async () => {
    gateway(second).up = false;
    await membership.leave('anna', 'mx2', { force: true });
    gateways.set(second, { ...fresh(2), hostKey: gateway(second).hostKey });
    await join(second, 'mx2', { claim: 'new' });

    const came = await membership.finishLeave(machineId(1));

    assert.match(came ?? '', /another machine/);
    assert.equal(gateway(second).installed, true);
    assert.deepEqual(await membership.expectedBack(), []);
    assert.deepEqual(await states(), ['1 mx2 left', '2 mx2 member']);
  });

  it('that was let go while it was dark and joins again is not let go a second time', async () => {
    gateway(second).up = false;
    await membership.leave('anna', 'mx2', { force: true });
    gateway(second).up = true;
    await join(second, 'mx2', { archive: 'restore' });

    assert.deepEqual(await membership.expectedBack(), []);
    assert.equal(await membership.finishLeave(machineId(1)), undefined);
    assert.equal(gateway(second).installed, true);
  });

  it('that two administrators join at once joins once', async () => {
    const both = await Promise.allSettled([join(first, 'mx1', { adopt: true }), join(first, 'mx9')]);

    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    const [reason] = both.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    assert.ok(isNamed(reason, 'busy'), String(reason));
    assert.equal(gateway(first).installed, true);
    assert.equal((await states()).length, 2);
  });

  it('cannot be a second member at the same address, whatever identity it has', async () => {
    await assert.rejects(join(second, 'mx5', { claim: 'new' }), /the member mx2 is at this address/);
    gateways.set(second, { ...fresh(2), hostKey: gateway(second).hostKey });
    await assert.rejects(join(second, 'mx5'), /the member mx2 is at this address/);

    assert.deepEqual(await states(), ['1 mx2 member']);
  });

  it('that leaves takes nothing from another machine that is there by now', async () => {
    gateway(second).identity = machineId(8);

    const { notes } = await membership.leave('anna', 'mx2', {});

    assert.match(notes.join(), /another identity now/);
    assert.equal(gateway(second).installed, true);
    assert.deepEqual(await states(), ['1 mx2 left']);
  });

  it('that comes back and is adopted keeps what is archived until someone discards it', async () => {
    await membership.leave('anna', 'mx2', {});

    await join(second, 'mx2', { adopt: true });

    const [archived] = await at.machines.archives();
    assert.deepEqual(Object.keys(archived?.layer['certificates'] ?? {}), ['own']);
  });

  it('that is a member stays one when what follows the commit fails', async () => {
    await membership.leave('anna', 'mx2', {});
    const machines = { ...at.machines, removeArchive: () => Promise.reject(new Error('the store is away')) };
    const broken = membershipOver({ ...at, machines }, gateways, next);
    const hostKey = fingerprint(gateway(second).hostKey);
    const request = { name: 'mx2', host: second, hostKey, bootstrap: { user: 'root' }, archive: 'restore' } as const;

    await assert.rejects(broken.join('anna', request), /the store is away/);

    assert.deepEqual(await states(), ['1 mx2 member']);
    assert.equal(gateway(second).installed, true);
    assert.deepEqual(await certificates('mx2'), ['own']);
  });

  it('that joins again while it is let go late stays a member', async () => {
    gateway(second).up = false;
    await membership.leave('anna', 'mx2', { force: true });
    gateway(second).up = true;
    let reads = 0;
    const get = async (id: string) => {
      const found = await at.machines.get(id);
      reads += 1;
      // It is back, and joins before the late leave has its connection.
      if (reads === 1) await join(second, 'mx2', { archive: 'restore' });
      return found;
    };

    await membershipOver({ ...at, machines: { ...at.machines, get } }, gateways, next).finishLeave(machineId(1));

    assert.equal(gateway(second).installed, true);
    assert.deepEqual(await states(), ['1 mx2 member']);
  });

  describe('while others commit', () => {
    /** Adopts mx1 while bob commits something at the level, after the machine was looked at. */
    async function adopted(level: string) {
      const bob = { op: 'set', level, path: '/destinations/late.example', value: { tls: 'required' } } as const;
      let heads = 0;
      const head = async () => {
        const found = await at.config.head();
        heads += 1;
        if (heads === 1) await at.config.apply('bob', [bob], { comment: 'meanwhile', rollout: false });
        return found;
      };
      const busy = membershipOver({ ...at, config: { ...at.config, head } }, gateways, next);
      const hostKey = fingerprint(gateway(first).hostKey);
      return busy.join('anna', { name: 'mx1', host: first, hostKey, bootstrap: { user: 'root' }, adopt: true });
    }

    it('what would change it, it is not adopted, and nothing is left on it', async () => {
      await assert.rejects(adopted('cluster'), { code: 'busy', message: /let it join again/ });

      assert.equal(gateway(first).installed, false);
      assert.deepEqual(await states(), ['1 mx2 member']);
    });

    it("another machine's settings, it is adopted all the same", async () => {
      await adopted('machine/mx2');

      assert.deepEqual((await states()).sort(), ['1 mx2 member', '2 mx1 member']);
    });
  });
});
