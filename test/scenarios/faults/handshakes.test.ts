// Clients come a hundred times a second while two certificates alternate: each sees one of the two chains, whole.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it, type TestContext } from 'node:test';

import { skipLab, type Gateway } from '../../lab/harness.ts';
import { amend, bind, full, join, rollOut, startScenario, type Scenario } from '../harness.ts';
import { stands } from '../outside.ts';
import { makeChain, type Chain } from './chain.ts';
import { clients, type Seen } from './clients.ts';
import { isOutcome, set } from './steps.ts';

const pushes = full ? 50 : 10;

describe('clients at 100 a second', { skip: skipLab }, () => {
  let scenario: Scenario;
  let mx1: Gateway;
  let chains: readonly Chain[] = [];
  before(async () => {
    chains = [makeChain('one.example.test'), makeChain('two.example.test')];
    scenario = await startScenario('faults-handshakes', 1, { windowSeconds: 60, probeSeconds: 20 });
    assert.ok(scenario.gateways[0]);
    mx1 = scenario.gateways[0];
    await join(scenario.signetd, mx1);
  });
  after(() => scenario.down());

  const next = (n: number): Chain => chains[n % 2] ?? assert.fail();

  /** Whether every client got through and saw one of the two chains, each of which was seen. */
  function verdict({ chains: seen, failures }: Seen): boolean {
    const expected = chains.map(({ fingerprints }) => fingerprints);
    return failures.size === 0 && [...seen.keys()].every((chain) => expected.includes(chain)) && seen.size === 2;
  }

  /** Sends clients to a port of the gateway while `change` is under way. */
  async function during(t: TestContext, port: number, change: () => Promise<void>): Promise<Seen> {
    const over = new AbortController();
    const coming = clients(mx1.address, port, over.signal);
    try {
      await change();
    } finally {
      over.abort();
    }
    const seen = await coming;
    t.diagnostic(`${seen.clients} clients, ${seen.perSecond.toFixed(0)} a second`);
    for (const [chain, times] of seen.chains) t.diagnostic(`${times} saw ${chain.slice(0, 16)}`);
    for (const [failure, times] of seen.failures) t.diagnostic(`${times} failed: ${failure}`);
    return seen;
  }

  it(`see one of two chains, whole, through ${pushes} pushes, and none is turned away`, async (t: TestContext) => {
    const { signetd } = scenario;
    const push = async (n: number) => {
      const { key, certificates } = next(n);
      await bind(signetd, 'cluster', 'mx', { pem: key + certificates });
      const view = await rollOut(signetd, `push ${n}`);
      isOutcome(view, 'confirmed');
      return view.rollout.revision;
    };
    await amend(signetd, set('/listeners/public/certificate', 'mx'));
    await push(1);
    let revision = 0;

    const seen = await during(t, 25, async () => {
      for (let n = 2; n < pushes + 2; n += 1) revision = await push(n);
    });

    assert.ok(verdict(seen));
    await stands(signetd, mx1, { revision });
  });

  it('catch a key and a certificate that are overwritten in place, one after the other', async (t: TestContext) => {
    const folder = '/etc/postfix/by-hand';
    const write = (file: string, text: string) => mx1.inside(`cat >${folder}/${file} <<'END'\n${text}END`);
    const overwrite = async (n: number) => {
      await write('key.pem', next(n).key);
      await write('certificate.pem', next(n).certificates);
      await mx1.inside('postfix reload');
    };
    // A process of smtpd reads its certificate once; with fewer clients each, new ones start more often.
    await mx1.inside(`mkdir -p ${folder}; printf '%s\\n' '2525 inet n - y - - smtpd' ' -o max_use=10' \
      ' -o smtpd_tls_security_level=may' ' -o smtpd_tls_key_file=${folder}/key.pem' \
      ' -o smtpd_tls_cert_file=${folder}/certificate.pem' >>/etc/postfix/master.cf`);
    await overwrite(0);
    await sleep(1_000);

    const seen = await during(t, 2525, async () => {
      for (let n = 1; n < 11; n += 1) {
        await overwrite(n);
        await sleep(500);
      }
    });

    assert.ok(!verdict(seen), 'the check catches it');
  });
});
