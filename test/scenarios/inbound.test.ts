/** Incoming mail, proven: real clients from many addresses at a real Postfix, what became of their mail, and what was foretold of it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';

import { inboundOutcome, visits, type InboundVerdict, type Visit } from '../../services/platforms/inbound-outcomes.ts';
import type { MachineStatus, SenderExplanation, Settings, TrustBundle } from '../../services/schema/types.generated.ts';
import { currentPath } from '../../services/platforms/platform.ts';
import { skipLab, type Gateway } from '../lab/harness.ts';
import { again, amend, full, join, rollOut, startScenario, type Scenario } from './harness.ts';
import { handIn, type Answer, type Session } from './inbound/client.ts';
import { kinds, operations, type Play } from './inbound/plays.ts';
import { makeIdentities, type Identity } from './outbound/identities.ts';

const everyList = ['client', 'sender', 'recipient', 'data'].map(
  (one) => `  -o smtpd_${one}_restrictions=$own_restrictions\n`,
);
/** What the owner had before Signet came: restrictions on every list, EHLO keywords that are withheld, services of its own. */
const owners = `
  postconf 'own_restrictions = check_sender_access inline:{{evil@tester.example.test = 554 by the owner}}' \\
    'smtpd_recipient_restrictions = $own_restrictions' 'smtpd_discard_ehlo_keywords = etrn' \\
    'smtpd_discard_ehlo_keyword_address_maps = cidr:/etc/postfix/own-keywords'
  cat >>/etc/postfix/master.cf <<'END'
2526 inet n - y - - smtpd
${everyList.join('')}2527 inet n - y - - smtpd
${everyList.join('')}  -o smtpd_delay_reject=no
END
  postfix reload`;

describe('mail comes in as the policy of the client says', { skip: skipLab }, () => {
  let scenario: Scenario, gateway: Gateway, net: string, bridge: string;
  let identities: Readonly<Record<'valid' | 'invalid', Identity>>;
  const taken: string[] = [];

  before(async () => {
    scenario = await startScenario('inbound', 1);
    const { signetd, gateways } = scenario;
    gateway = gateways[0] ?? assert.fail('no lab');
    net = gateway.address.replace(/\.\d+$/, '');
    bridge = deviceOf(`${net}.1`);
    for (const client of new Set(kinds.flatMap(({ plays }) => plays.map((play) => play.client)))) {
      execFileSync('ip', ['addr', 'add', `${net}.${client}/24`, 'dev', bridge]);
    }
    await gateway.inside(`printf '%s\\n' '${net}.30 dsn' '${net}.39 dsn' >/etc/postfix/own-keywords; ${owners}`);
    await join(signetd, gateway);
    const made = await makeIdentities(nobody);
    identities = { valid: await made.issue(['client.example.test'], 'client'), invalid: made.of('self-signed') };
    const { bundle } = await signetd.api<TrustBundle>('POST', '/trust-bundles', { pem: made.root });
    const partners = { source: 'bundle', bundle };
    await amend(signetd, { op: 'set', level: 'cluster', path: '/trust/partners', value: partners });
    await amend(signetd, ...operations(net, hostname));
    await rollOut(signetd, 'policies for every kind of client');
  });
  after(() => scenario.down());

  for (const { name, plays, inGate } of kinds) {
    it(name, { skip: full || inGate ? false : 'runs with SIGNET_TEST=full' }, async () => {
      for (const play of plays) {
        const foretold = await explained(play);
        assert.deepEqual([foretold.policy.name, foretold.match?.group], [play.policy, play.group]);
        const policy = Object.fromEntries(
          foretold.settings.map(({ pointer, value }) => [pointer.split('/').at(-1), value]),
        ) as unknown as Settings['mailFlowPolicies'][string];
        const seen: Record<string, string> = {};
        for (const visit of visitsTo(play)) {
          const { verdict, reply } = await visited(play, visit);
          seen[visit] = verdict;
          assert.match(reply, replies(play, visit)[verdict], `${about(play)}, ${visits[visit]}`);
        }

        const wanted = inboundOutcome(policy, play.start)?.verdicts ?? {};
        assert.deepEqual(
          seen,
          Object.fromEntries(Object.entries(wanted).filter(([visit]) => visit in seen)),
          about(play),
        );
      }
    });
  }

  it('every listener is proven but the one that withholds STARTTLS from whoever probes', async () => {
    const { served, deployed, wanted } = await scenario.signetd.api<MachineStatus>(
      'POST',
      `/machines/${gateway.name}/probe`,
    );

    assert.equal(deployed?.digest, wanted?.digest);
    assert.deepEqual(
      served.filter(({ verdict }) => verdict !== 'match').map(({ listener, verdict }) => [listener, verdict]),
      [['off-but', 'unproven']],
    );
  });

  it('what the owner restricts goes on being refused, and with the words of the owner', async () => {
    for (const port of [25, 2526, 2527, 2531]) {
      const answer = await session(port, 83, { sender: 'evil@tester.example.test' });

      assert.match(answer.reply, /by the owner/, `port ${port}`);
    }
  });

  it('EHLO keywords that the owner withholds are withheld, with STARTTLS and without', async () => {
    const keywords = async (client: number) => {
      const offered = (await session(2531, client)).keywords;
      return ['STARTTLS', 'ETRN', 'DSN', 'VRFY'].filter((one) => offered.includes(one));
    };

    assert.deepEqual(await keywords(200), ['STARTTLS', 'DSN', 'VRFY']);
    assert.deepEqual(await keywords(31), ['STARTTLS', 'DSN', 'VRFY']);
    // From an address that the owner's map knows, its answer counts instead of the list for everyone.
    assert.deepEqual(await keywords(30), ['ETRN', 'VRFY']);
    assert.deepEqual(await keywords(39), ['STARTTLS', 'ETRN', 'VRFY']);
  });

  it('who showed a valid certificate is known as verified', async () => {
    const log = await gateway.inside('cat /var/log/mail.log');
    const trusted = [...log.matchAll(/postfix\/smtpd.* Trusted TLS connection established from (\S+)\[/g)].map(
      ([, who]) => who,
    );

    assert.ok(trusted.includes(hostname(33)), 'the client of the policy that asks');
    assert.ok(trusted.includes(hostname(62)), 'the client of the policy that requires');
    assert.ok(!trusted.includes(hostname(30)), 'one without TLS');
  });

  it('IPv6 addresses are in the same tables', async () => {
    const query = async (address: string) =>
      (
        await gateway.inside(`postmap -q ${address} cidr:${currentPath('postfix/inbound/by-address/starttls')} || true`)
      ).trim();

    assert.equal(await query('2001:db8:6::1'), 'withheld');
    assert.equal(await query('2001:db8:7::1'), '');
  });

  it('a restriction that the owner adds later is seen, and counts once the machine was pushed to again', async () => {
    const evil = { sender: 'evil@tester.example.test' };
    const look = () => scenario.signetd.api<MachineStatus>('POST', `/machines/${gateway.name}/probe`);
    await gateway.inside(
      `postconf 'smtpd_sender_restrictions = $own_restrictions' smtpd_recipient_restrictions=; postfix reload`,
    );
    assert.match(
      (await look()).deployed?.drift.join() ?? '',
      /smtpd_sender_restrictions = .* does not count on all addresses, port 2531/,
    );

    await again(scenario.signetd);

    assert.deepEqual((await look()).deployed?.drift, []);
    assert.match((await session(2531, 83, evil)).reply, /by the owner/);
    assert.match((await session(2531, 39)).reply, /^530 /);
  });

  it('what was taken has arrived, and nothing else', async () => {
    const box = `cat /var/mail/* 2>/dev/null | sed -n 's/^Subject: play-//p' | sort -n`;
    await gateway.inside(`for i in $(seq 100); do postqueue -p | grep -q empty && break; sleep 0.1; done`);

    assert.deepEqual(
      (await gateway.inside(box)).split('\n').filter(Boolean),
      taken.toSorted((a, b) => Number(a) - Number(b)),
    );
  });

  function explained({ listener, client }: Play): Promise<SenderExplanation> {
    const name = client > 110 ? '' : `&name=${hostname(client)}`;
    const query = `listener=${listener}&address=${net}.${client}${name}`;
    return scenario.signetd.api('GET', `/machines/${gateway.name}/explain-sender?${query}`);
  }

  function visited({ port, client, start }: Play, visit: Visit): Promise<Answer> {
    const identity = visit === 'valid' || visit === 'invalid' ? { identity: identities[visit] } : {};
    return session(port, client, { start: visit === 'clear' ? 'clear' : start, ...identity });
  }

  let number = 0;
  async function session(port: number, client: number, more: Partial<Session> = {}): Promise<Answer> {
    number += 1;
    const answer = await handIn({
      ...{ host: gateway.address, port, from: `${net}.${client}`, start: 'clear' },
      ...{ recipient: `postmaster@${gateway.hostname}`, subject: `play-${number}` },
      ...more,
    });
    if (answer.verdict === 'taken') taken.push(String(number));
    return answer;
  }
});

/** What docs/inbound.md says of the replies. */
function replies({ listener }: Play, visit: Visit): Readonly<Record<InboundVerdict, RegExp>> {
  const refused = visit === 'clear' ? /^530 5\.7\.[01] / : listener.includes('certified') ? /^$/ : /^554 5\.7\.1 /;
  return { taken: /^250 /, withheld: /^502 /, refused };
}

/** The name that the hosts file of every gateway of a lab gives an address. */
function hostname(client: number): string {
  return `mx${client - 10}.lab.example.test`;
}

/** With implicit TLS nothing can be said in clear. */
function visitsTo({ start }: Play): readonly Visit[] {
  const all = Object.keys(visits) as Visit[];
  return start === 'implicit' ? all.filter((visit) => visit !== 'clear') : all;
}

function about({ listener, client }: Play): string {
  return `client ${client} of listener ${listener}`;
}

function deviceOf(address: string): string {
  const lines = execFileSync('ip', ['-o', 'addr'], { encoding: 'utf8' }).split('\n');
  return lines.find((line) => line.includes(` ${address}/`))?.split(/\s+/)[1] ?? assert.fail(`nobody has ${address}`);
}

const anyName = ['client.example.test'];
const nobody = {
  ...{ 'not-offered': anyName, refused: anyName, 'handshake-fails': anyName, 'self-signed': anyName },
  ...{ 'wrong-name': anyName, expired: anyName, 'exchanger-name': anyName, valid: anyName },
};
