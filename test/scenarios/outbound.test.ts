/** Outcomes, proven: real mail through a real Postfix to servers that behave as the table says, and what became of it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { logged } from '../../services/platforms/postfix/outcomes.ts';
import type { TLSTestReport } from '../../services/schema/types.generated.ts';
import { skipLab, type Gateway } from '../lab/harness.ts';
import { dnsServer, type DnsServer } from '../observe/probe/dns-server.ts';
import { amend, bind, commit, full, join, startScenario, type Scenario } from './harness.ts';
import { attempted, mailLog } from './outbound/mail-log.ts';
import { demanding, demandingNumber, demandingRecords, settingsOf } from './outbound/demanding.ts';
import { byDefault, byDomain, destination, recipient, type Play } from './outbound/plays.ts';
import { real, realRecords, receivedBy, takeMail } from './outbound/real-peer.ts';
import { runResolver, withoutResolver } from './outbound/resolver.ts';
import { Refused } from './signetd.ts';
import { change, setStage, trustAuthority, type Seen, type Stage } from './outbound/stage.ts';

/** Short, so that mail that waits is tried again within the test. */
const backoffSeconds = 2;

describe('mail leaves as its destination says', { skip: skipLab || withoutResolver }, () => {
  let scenario: Scenario, gateway: Gateway, other: Gateway, stage: Stage, dns: DnsServer;
  const plays = [...byDomain, ...byDefault].flatMap((group) => group.plays);
  const first = byDomain.flatMap((group) => group.plays);

  before(async () => {
    const zone = first.map(({ domain, exchanger }) => [domain, [{ exchange: exchanger, priority: 10 }]] as const);
    dns = await dnsServer(Object.fromEntries(zone));
    scenario = await startScenario('outbound', 2, { flags: ['--resolver', dns.address] });
    const { signetd, gateways } = scenario;
    [gateway, other] = [gateways[0] ?? assert.fail('no lab'), gateways[1] ?? assert.fail('no lab')];
    stage = await setStage(gateway, plays, [...realRecords(other), ...demandingRecords(gateway)]);
    await gateway.inside(`postconf minimal_backoff_time=${backoffSeconds}s`);
    await takeMail(other);
    await join(signetd, gateway);
    await join(signetd, other);
    await trustAuthority(signetd, stage.identities);
    const { key, chain } = await stage.identities.issue(real.map(({ exchanger }) => exchanger));
    await bind(signetd, 'machine/mx2', 'mx', { pem: key + chain });
    await amend(signetd, { op: 'set', level: 'machine/mx2', path: '/listeners/public/certificate', value: 'mx' });
    await change(signetd, ...[...first, ...real].map((play) => setDestination(play.domain, play)));
    await stage.send([...first, ...real]);
  });
  after(async () => {
    await stage.close();
    await dns.close();
    await scenario.down();
  });

  for (const { name, plays: group } of byDomain) {
    it(`${name}: as the table says`, async () => {
      assert.deepEqual(await seen(group), expected(group));
    });
  }

  // 60 servers a minute may be looked at: a quarter of the rows, other servers for each level.
  for (const quarter of full ? [0, 1, 2, 3] : [0]) {
    it(`and as signet tls-test foretells, quarter ${quarter + 1}: the machine's own resolver tells what it proves`, async () => {
      if (quarter > 0) await sleep(61_000);
      const chosen = first.filter((_, index) => (index + Math.floor(index / 8) + quarter) % 4 === 3);

      const told = await Promise.all(
        chosen.map(async ({ domain, row }) => {
          const request = { domain, machines: ['mx1'] };
          const { machines } = await scenario.signetd.api<TLSTestReport>('POST', '/tls-tests', request);
          const [test] = machines;
          return [row.level, row.condition, row.peer, test?.verdict, test?.later, test?.destination.name === domain];
        }),
      );

      assert.deepEqual(
        told,
        chosen.map(({ row }) => [row.level, row.condition, row.peer, row.verdict, row.later, true]),
      );
    });
  }

  it('also to a real Postfix', async () => {
    const { sessions } = await mailLog(gateway);
    const got = await receivedBy(other);

    for (const play of real) {
      assert.equal(got.get(recipient(play)), play.row.verdict === 'clear' ? 'ESMTP' : 'ESMTPS');
      assert.equal(sessions.get(play.exchanger), logged(play.row));
    }
  });

  it('what waits is tried again, and goes out in clear later only where the table says so', async () => {
    const waited = first.filter(({ row }) => row.verdict === 'deferred');
    const recipients = waited.map((play) => recipient(play));
    await sleep(backoffSeconds * 1000);

    await gateway.inside('postqueue -f');
    await attempted(gateway, recipients, 2);

    assert.deepEqual(await seen(waited), expected(waited, 'later'));
  });

  it('servers are verified by the list that Signet sent, which the delivery process reads although it is in a chroot', async () => {
    const verified = first.filter(({ row }) => row.level === 'required-verify' && row.peer === 'valid');
    const trust = (value: readonly string[]) =>
      ({ op: 'set', level: 'cluster', path: '/outbound/trust', value }) as const;

    await change(scenario.signetd, trust(['system']));
    await stage.send(verified, 'without');
    const without = await Promise.all(verified.map((play) => stage.seen(play, 'without')));
    const { sessions } = await mailLog(gateway);
    await change(scenario.signetd, trust(['peers']));
    await stage.send(verified, 'with');

    assert.equal((await gateway.inside('postconf -Fh smtp/unix/chroot')).trim(), 'y');
    for (const [index, play] of verified.entries()) {
      assert.equal(without[index]?.verdict, 'deferred');
      assert.equal(sessions.get(play.exchanger), 'Untrusted TLS connection established');
      assert.deepEqual(await stage.seen(play, 'with'), expected(verified)[index]);
    }
  });

  it('a server that demands a certificate is shown that of its destination, and what the owner routes goes on going there', async () => {
    const { signetd } = scenario;
    const [partner, routed, stranger] = demanding;
    const identity = await stage.identities.issue([partner.exchanger]);
    const client = await stage.identities.issue(['mx1.lab.example.test'], 'client');
    const server = await stage.peer(demandingNumber, { behaviour: 'valid', identity, demandsCertificate: true });
    const certificate = (domain: string) =>
      ({
        op: 'set',
        level: 'machine/mx1',
        path: `/destinations/${domain}`,
        value: { tls: 'required', certificate: 'client' },
      }) as const;
    await gateway.inside(`echo '${routed.domain} smtp:[${first[0]?.exchanger}]' >/etc/postfix/transport
      postconf transport_maps=texthash:/etc/postfix/transport`);
    const before = await settingsOf(gateway);
    await bind(signetd, 'machine/mx1', 'client', { pem: client.key + client.chain });

    await change(
      signetd,
      certificate(partner.domain),
      certificate(routed.domain),
      setDestination(stranger.domain, partner),
    );
    await stage.send(demanding);
    const seen = await Promise.all(demanding.map((play) => stage.seen(play)));
    await change(
      signetd,
      ...demanding.map(
        ({ domain }) => ({ op: 'unset', level: 'machine/mx1', path: `/destinations/${domain}` }) as const,
      ),
    );

    assert.deepEqual(server.received, [{ recipient: recipient(partner), secure: true, client: client.fingerprint }]);
    assert.deepEqual(
      seen.map(({ verdict }) => verdict),
      ['unverified', 'clear', 'deferred'],
    );
    assert.match(seen[2]?.logged ?? '', /show me a certificate/);
    assert.equal(await settingsOf(gateway), before);
  });

  let present = '';
  for (const { name, plays: group } of byDefault.filter((each) => full || each.name === 'required')) {
    it(`${name}, for domains without a destination of their own: as the table says`, async () => {
      const wanted = setDestination('default', group[0]);
      if (JSON.stringify(wanted) !== present) await change(scenario.signetd, wanted);
      present = JSON.stringify(wanted);

      await stage.send(group);

      assert.deepEqual(await seen(group), expected(group));
    });
  }

  it(
    'a fallback relay gets what must not go in clear to the domain, and its own name decides how',
    { skip: full ? false : 'the commit warns of it, which the gate has' },
    async () => {
      const strict = first.filter(({ row }) => row.level === 'required' && row.peer === 'not-offered');
      const relay = first.find(({ row }) => row.level === 'none' && row.peer === 'valid')?.exchanger ?? '';

      await gateway.inside(`postconf 'smtp_fallback_relay=[${relay}]' && postfix reload`);
      await stage.send(strict, 'fallback');
      const [seen] = await Promise.all(strict.map((play) => stage.seen(play, 'fallback')));
      await gateway.inside('postconf -X smtp_fallback_relay && postfix reload');

      assert.equal(seen?.verdict, 'unverified');
    },
  );

  it('a destination with DANE is refused for a gateway whose resolver proves nothing', async () => {
    const dane = { op: 'set', level: 'machine/mx1', path: '/destinations/new.test', value: { tls: 'dane' } } as const;

    await runResolver(gateway, 'iterator');
    await scenario.signetd.api('POST', '/machines/mx1/probe');
    await amend(scenario.signetd, dane);
    const refusal = await commit(scenario.signetd, 'dane').catch((error: unknown) => error);

    assert.ok(refusal instanceof Refused, JSON.stringify(refusal));
    assert.match(
      JSON.stringify(refusal.problem.errors),
      /"machine":"mx1".*DNSSEC, and 127\.0\.0\.1, which Postfix asks/,
    );
  });

  function setDestination(domain: string, play: Play | undefined) {
    assert.ok(play);
    const value = destination(play, stage.identities);
    return { op: 'set', level: 'machine/mx1', path: `/destinations/${domain}`, value } as const;
  }

  function seen(group: readonly Play[]): Promise<readonly Seen[]> {
    return Promise.all(group.map((play) => stage.seen(play)));
  }
});

/** As the table says: of the first attempt, or of a later one. */
function expected(group: readonly Play[], attempt: 'first' | 'later' = 'first'): readonly Seen[] {
  return group.map(({ row }) => {
    const verdict = attempt === 'later' ? (row.later ?? row.verdict) : row.verdict;
    const says = logged({ ...row, verdict });
    return { peer: row.peer, verdict, ...(says === undefined ? {} : { logged: says }) };
  });
}
