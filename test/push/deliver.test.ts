/** How a push is said to have ended, against how it did: every moment at which an answer can be lost, and what is there that nobody here sent. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { NamedError } from '../../services/errors.ts';
import type { Platform } from '../../services/platforms/platform.ts';
import type { Delivery } from '../../services/push/conclude.ts';
import { deliver } from '../../services/push/deliver.ts';
import type { Facts, Manifest } from '../../services/schema/types.generated.ts';
import { mailServer, standIn, type Behaviour, type Generation, type StandIn } from './stand-in-gateway.ts';

type Deps = Parameters<typeof deliver>[0];
type Known = Parameters<typeof deliver>[1];

const digest = { old: '1'.repeat(64), wanted: '2'.repeat(64), earlier: '3'.repeat(64), foreign: '4'.repeat(64) };
const texts = new Map([
  [digest.old, 'old\n'],
  [digest.wanted, 'wanted\n'],
  [digest.earlier, 'earlier\n'],
]);
const edited = 'edited\n';

/** Its main.cf is what the digest of a manifest says; nothing else counts. */
const platform: Platform = {
  name: 'stand-in',
  found: () => true,
  check: () => [],
  render: () => ({ files: [], probes: [] }),
  edit: ({ postfix }, wanted) => ({
    files: [{ path: '/etc/postfix/main.cf', before: postfix?.mainCf ?? '', after: texts.get(wanted.digest) ?? '' }],
    activation: 'reload',
    binds: [],
  }),
  drift: ({ postfix }, deployed, wanted) =>
    [deployed, wanted].some((one) => one && texts.get(one.digest) === postfix?.mainCf) ? [] : ['main.cf was edited'],
};

function factsWith(mainCf: string): Facts {
  return {
    ...{ collected: '2026-01-01T00:00:00.000Z', script: '1', identity: '', hostname: 'mx1', os: 'Debian' },
    ...{ addresses: [], bootId: 'b', bootHook: 'cron', freeKilobytes: 1 },
    postfix: {
      ...{ version: '3.7.11', running: true, configDirectory: '/etc/postfix', queueDirectory: '/var/spool/postfix' },
      ...{ parameters: {}, services: {}, mainCf, masterCf: '' },
    },
  };
}

/** What the listener shows that is probed: what was sent, or something else. */
type Served = 'good' | 'bad';

interface Circumstances {
  readonly overwriteDrift?: boolean;
  readonly served?: Served;
}

describe('deliver', () => {
  let servers: Readonly<Record<Served, Awaited<ReturnType<typeof mailServer>>>>;
  before(async () => {
    servers = { good: await mailServer(false), bad: await mailServer(true) };
  });
  after(() => {
    servers.good.close();
    servers.bad.close();
  });

  function manifest(of: string, served: Served = 'good'): Manifest {
    const { port } = servers[served];
    const probed = { listener: 'public', address: '127.0.0.1', port, from: 'controller' } as const;
    const probes = [{ ...probed, tls: 'off' as const, serverName: 'mx1', chain: 'c' }];
    return { machine: 'mx1', digest: of, files: [], probes };
  }

  function push(
    gateway: StandIn,
    known: Partial<Known> = {},
    { overwriteDrift = false, served = 'good', ...deps }: Partial<Deps> & Circumstances = {},
  ): Promise<Delivery> {
    const facts = factsWith(gateway.live.mainCf);
    const registration = { ...{ id: 'id', name: 'mx1', host: '127.0.0.1', port: 22, user: 'root', hostKey: 'k' } };
    return deliver(
      {
        render: () => Promise.resolve(manifest(digest.wanted, served)),
        learn: () => Promise.resolve(),
        contents: () => Promise.resolve(new Map()),
        chains: () => Promise.resolve(new Map()),
        platforms: [platform],
        link: gateway.link,
        upgrade: () => Promise.reject(new Error('not in this test')),
        recall: (one) => Promise.resolve(one === digest.earlier ? manifest(one) : undefined),
        now: () => new Date('2026-01-01T00:00:00.000Z'),
        ...deps,
      },
      {
        registration: { ...registration, state: 'member', facts },
        ...{ facts, base: digest.old, deployed: manifest(digest.old), sent: manifest(digest.wanted, served) },
        ...{ original: factsWith(''), reached: undefined, proven: true },
        ...known,
      },
      { epoch: 1, script: '1', windowSeconds: 60, probeSeconds: 0, overwriteDrift },
    );
  }

  /** What is said may never be better than what is. */
  function isTrue({ state, deployed, detail }: Delivery, { live, pending }: StandIn): void {
    const isThere = live.digest === digest.wanted && live.mainCf === 'wanted\n' && pending === undefined;
    if (deployed) assert.ok(isThere, `said to be ${state}, but ${live.mainCf}`);
    if (state === 'reverted' || state === 'refused' || state === 'unreachable') assert.ok(!isThere && !pending, detail);
  }

  // Each waits for a second or more; they share nothing.
  describe('after a lost answer', { concurrency: 16 }, () => {
    const losses = ['arrival', 'activation', 'verdict', 'ending'] as const;
    const changes: Readonly<Record<string, Generation>> = {
      'a change': { number: 1, digest: digest.old, mainCf: 'old\n' },
      'a repair': { number: 1, digest: digest.wanted, mainCf: edited },
    };
    const expected: Readonly<Record<Served, (loss: string, reverts: boolean) => Delivery['state']>> = {
      // A verdict was given: what the gateway undid then is not tried again.
      good: (loss, reverts) => (loss === 'verdict' && reverts ? 'reverted' : 'confirmed'),
      bad: () => 'reverted',
    };
    for (const [what, live] of Object.entries(changes)) {
      for (const served of ['good', 'bad'] as const) {
        for (const loses of losses) {
          for (const reverts of [false, true]) {
            it(`${what} that is served ${served}, lost at the ${loses}${reverts ? ', and undone since' : ''}`, async () => {
              const gateway = standIn(live, texts, { loses, reverts });

              const delivery = await send(gateway, live, served);

              isTrue(delivery, gateway);
              assert.equal(delivery.state, expected[served](loses, reverts), delivery.detail);
              if (delivery.state === 'reverted') assert.ok(delivery.detail, 'it says why');
            });
          }
          for (const silent of ['at once', 'after the verdict'] as const) {
            // By then it has decided, and the next question is the first that is lost.
            if (silent === 'after the verdict' && loses === 'ending') continue;
            it(`${what} that is served ${served}, lost at the ${loses}, of a gateway that is silent ${silent}`, async () => {
              const gateway = standIn(live, texts, { loses, silent });

              const delivery = await send(gateway, live, served);

              assert.equal(delivery.state, 'unknown', delivery.detail);
              assert.match(delivery.detail ?? '', /has not said since how it ended: \S/);
            });
          }
        }
      }
    }

    function send(gateway: StandIn, { digest: base, mainCf }: Generation, served: Served): Promise<Delivery> {
      return push(gateway, { base, deployed: manifest(base) }, { overwriteDrift: mainCf === edited, served });
    }
  });

  describe('to a gateway of which nothing is on record', () => {
    const [old, wanted] = ['earlier\n', 'wanted\n'];
    const cases: readonly (readonly [
      what: string,
      digest: string,
      mainCf: string,
      state: Delivery['state'],
      RegExp,
    ])[] = [
      ['nothing of ours', '-', 'its own\n', 'confirmed', /^$/],
      ['what is wanted', digest.wanted, wanted, 'confirmed', /^$/],
      ['what is wanted, edited by hand', digest.wanted, edited, 'refused', /^changed by hand: main\.cf was edited; /],
      ['what an earlier revision gave it', digest.earlier, old, 'confirmed', /^$/],
      ['that, edited by hand', digest.earlier, edited, 'refused', /^changed by hand: /],
      [
        'what is not known here',
        digest.foreign,
        edited,
        'refused',
        /^it has what no revision here gives it, .*edited; /,
      ],
      ['that, with settings as wanted', digest.foreign, wanted, 'confirmed', /^$/],
    ];
    for (const [what, has, mainCf, state, detail] of cases) {
      it(`with ${what}: ${state}`, async () => {
        const gateway = standIn({ number: 7, digest: has, mainCf }, texts);
        const known = { base: '-', deployed: undefined };

        const delivery = await push(gateway, known);

        isTrue(delivery, gateway);
        assert.equal(delivery.state, state, delivery.detail);
        assert.match(delivery.detail ?? '', detail);
        if (state !== 'refused') return;
        assert.equal(gateway.live.mainCf, mainCf, 'it is kept');
        const overwritten = await push(gateway, known, { overwriteDrift: true });
        assert.equal(overwritten.state, 'confirmed', overwritten.detail);
        assert.equal(gateway.live.mainCf, wanted);
      });
    }
  });

  describe('to a gateway that was put back to an earlier state', () => {
    const reached = { generation: 7, epoch: 1 };
    const [behind, before_] = [
      { generation: 7, epoch: 1 },
      { generation: 2, epoch: 5 },
    ];
    const cases: readonly (readonly [what: string, Generation, typeof reached, RegExp])[] = [
      ['to what an earlier revision gave it', at(2, digest.earlier), behind, /generation 2 where 7 was recorded; /],
      ['to what is believed to be there', at(2, digest.old), behind, /generation 2 where 7 /],
      ['to what is wanted', at(2, digest.wanted), behind, /generation 2 where 7 /],
      ['to what is wanted, and edited', { ...at(2, digest.wanted), mainCf: edited }, behind, /generation 2 where 7 /],
      ['to what nobody knows', at(2, digest.foreign), behind, /generation 2 where 7 /],
      ['to before Signet', { ...at(0, '-'), mainCf: 'its own\n' }, behind, /generation 0 where 7 /],
      ['to before a controller was there', at(2, digest.wanted), before_, /epoch 1 where 5 was recorded; /],
    ];
    for (const [what, live, mark, words] of cases) {
      it(`${what}: it is left so until someone decides, and then counts from there`, async () => {
        const gateway = standIn(live, texts);
        const known = { reached: mark, facts: { ...factsWith('old\n'), script: '1' } };

        const delivery = await push(gateway, known);

        assert.deepEqual([delivery.state, delivery.setBack, delivery.deployed], ['refused', true, undefined]);
        assert.match(delivery.detail ?? '', words);
        assert.match(delivery.detail ?? '', /"signet rollout start --machine mx1 --overwrite-drift"/);
        assert.deepEqual([gateway.live, gateway.pending], [live, undefined]);

        const decided = await push(gateway, known, { overwriteDrift: true });

        isTrue(decided, gateway);
        assert.ok(decided.deployed, decided.detail);
        assert.equal(decided.generation, gateway.live.number);
        const again = await push(gateway, { ...known, reached: { generation: gateway.live.number, epoch: 1 } });
        assert.ok(again.deployed, again.detail);
      });
    }

    it('told by a look before it is asked, with what was edited by hand: why it was put back comes first', async () => {
      const gateway = standIn({ ...at(2, digest.earlier), mainCf: edited }, texts);

      const delivery = await push(gateway, { reached, facts: factsWith(edited) });

      assert.match(delivery.detail ?? '', /^mx1 was put back to an earlier state/);
    });

    function at(number: number, of: string): Generation {
      return { number, digest: of, mainCf: texts.get(of) ?? 'foreign\n' };
    }
  });

  describe('to a gateway with another script', () => {
    const before_: Generation = { number: 1, digest: digest.old, mainCf: 'old\n' };
    const cases = {
      'nothing pending': { pends: undefined, state: 'confirmed', upgrades: 1 },
      'what is wanted pending': { pends: digest.wanted, state: 'confirmed', upgrades: 0 },
      'something else pending': { pends: digest.earlier, state: 'confirmed', upgrades: 1 },
    } as const;

    function behind(pends: string | undefined, behaviour: Behaviour = {}): StandIn {
      const gateway = standIn(before_, texts, { script: '0', ...behaviour });
      if (pends === undefined) return gateway;
      gateway.live = { number: 2, digest: pends, mainCf: texts.get(pends) ?? '' };
      gateway.pending = { generation: gateway.live, before: before_ };
      return gateway;
    }
    const known = { facts: factsWith('old\n') };

    for (const [what, { pends, state, upgrades }] of Object.entries(cases)) {
      it(`and ${what}: that is decided, and the script replaced before anything is pushed`, async () => {
        const gateway = behind(pends);
        let times = 0;

        const delivery = await push(gateway, known, {
          upgrade() {
            assert.equal(gateway.pending, undefined);
            times += 1;
            gateway.script = '1';
            return Promise.resolve();
          },
        });

        isTrue(delivery, gateway);
        assert.deepEqual([delivery.state, times], [state, upgrades], delivery.detail);
      });

      it(`and ${what}, which cannot be replaced: what is said is what is there`, async () => {
        const gateway = behind(pends);
        const broken = new NamedError('gateway-refused', 'the gateway refuses upgrade: no room');

        const delivery = await push(gateway, known, { upgrade: () => Promise.reject(broken) });

        isTrue(delivery, gateway);
        assert.equal(gateway.pending, undefined);
        if (upgrades === 0) assert.equal(delivery.state, 'confirmed');
        else assert.deepEqual([delivery.state, delivery.detail], ['refused', broken.message]);
      });
    }
  });
});
