/** Every defect a probe names, planted on a real listener: one gateway, one more smtpd for each, beside what Signet keeps. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import type {
  Destination,
  Probe,
  ProbeReport,
  ProbeRequest,
  ProbeStep,
  TLSTestReport,
} from '../../services/schema/types.generated.ts';
import { peer, smtp, type Peer } from '../conversation/peers.ts';
import { skipLab, type Gateway } from '../lab/harness.ts';
import { chainFile, hostname, makeChains, pemOf, type Made } from '../observe/probe/chains.ts';
import { dnsServer, type DnsServer } from '../observe/probe/dns-server.ts';
import { removeFolder, temporaryFolder, withoutOpenssl } from '../pki/openssl.ts';
import { cli } from './cli.ts';
import { amend, bind, join, rollOut, startScenario, type Scenario } from './harness.ts';

interface Planted {
  readonly defect: string;
  readonly chain?: readonly [Made, ...Made[]];
  /** Options of smtpd beside the certificate. */
  readonly options?: readonly string[];
  readonly step?: ProbeStep['step'];
  readonly score: number;
}

const whole = ['leaf', 'inner', 'outer'] as const;
const old = ['smtpd_tls_protocols=TLSv1', 'smtpd_tls_mandatory_protocols=TLSv1'];
// Debian's openssl.cnf and OpenSSL 3 itself both refuse TLS 1.0, each in its own way.
const lenient = ['smtpd_tls_ciphers=medium', 'tls_medium_cipherlist=DEFAULT:@SECLEVEL=0'];

const planted: readonly Planted[] = [
  { defect: 'nothing', chain: whole, score: 100 },
  { defect: 'missing-intermediate', chain: ['leaf'], step: 'certificate', score: 90 },
  { defect: 'wrong-order', chain: ['leaf', 'outer', 'inner'], step: 'certificate', score: 95 },
  { defect: 'duplicate', chain: ['leaf', 'inner', 'inner', 'outer'], step: 'certificate', score: 95 },
  { defect: 'root-included', chain: [...whole, 'root'], step: 'certificate', score: 95 },
  { defect: 'expired', chain: ['expired', 'inner', 'outer'], step: 'certificate', score: 90 },
  { defect: 'expired-issuer', chain: ['under-expired', 'expired-inner', 'outer'], step: 'certificate', score: 90 },
  { defect: 'wrong-name', chain: ['other-name', 'inner', 'outer'], step: 'name', score: 90 },
  { defect: 'self-signed', chain: ['own'], step: 'certificate', score: 90 },
  { defect: 'old-protocol', chain: whole, options: [...old, ...lenient], step: 'handshake', score: 80 },
  { defect: 'not-offered', options: ['smtpd_tls_security_level=none'], step: 'starttls', score: 30 },
  { defect: 'starttls-refused', chain: whole, options: ['smtpd_tls_CAfile=/nowhere'], step: 'starttls', score: 30 },
  { defect: 'alert', options: ['smtpd_tls_chain_files=/nowhere'], step: 'handshake', score: 50 },
];
const firstPort = 2601;

describe('a probe and a TLS test', { skip: skipLab || withoutOpenssl }, () => {
  const folder = temporaryFolder();
  let scenario: Scenario, gateway: Gateway, dns: DnsServer, other: Peer;
  before(async () => {
    makeChains(folder);
    dns = await dnsServer({
      'partner.example': [{ exchange: 'controller.lab.example.test', priority: 10 }],
      'own.example': [{ exchange: 'mx1.lab.example.test', priority: 10 }],
      'nomail.example': [{ exchange: '', priority: 0 }],
    });
    scenario = await startScenario('probe', 1, { flags: ['--resolver', dns.address] });
    gateway = scenario.gateways[0] ?? assert.fail('the lab is not up');
    await join(scenario.signetd, gateway);
    const pem = pemOf(folder, 'root');
    const { bundle } = await scenario.signetd.api<{ bundle: string }>('POST', '/trust-bundles', { pem });
    await amend(scenario.signetd, {
      op: 'set',
      level: 'cluster',
      path: '/trust/test',
      value: { source: 'bundle', bundle },
    });
    await rollOut(scenario.signetd, 'know the root');
    await plant();
    const bridge = gateway.address.replace(/\d+$/, '1');
    other = await peer(smtp({ extensions: [] }), bridge, 25);
  });
  after(async () => {
    await Promise.all([scenario.down(), dns.close(), other.close()]);
    removeFolder(folder);
  });

  /** One smtpd a defect, on ports of their own. */
  async function plant(): Promise<void> {
    const at = '/etc/postfix/planted';
    const services = planted.flatMap(({ chain, options = [] }, index) => [
      `${firstPort + index} inet n - n - - smtpd`,
      ...['smtpd_tls_security_level=may', `smtpd_tls_chain_files=${at}/${index}.pem`, 'smtpd_tls_cert_file=']
        .filter((option) => chain !== undefined || !option.includes('chain_files'))
        .map((option) => `  -o ${option}`),
      ...options.map((option) => `  -o ${option}`),
    ]);
    const files = planted.flatMap(({ chain }, index) =>
      chain ? [`cat >${at}/${index}.pem <<'END'\n${chainFile(folder, ...chain)}END`] : [],
    );
    const masterCf = `cat >>/etc/postfix/master.cf <<'END'\n${services.join('\n')}\nEND`;
    await gateway.inside([`mkdir -p ${at}`, ...files, masterCf, 'postfix reload', 'sleep 2'].join('\n'));
  }

  async function probe(request: ProbeRequest): Promise<ProbeReport> {
    return scenario.signetd.api<ProbeReport>('POST', '/probes', request);
  }

  function only({ probes }: ProbeReport): Probe {
    assert.equal(probes.length, 1);
    return probes[0] ?? assert.fail();
  }

  function told({ steps }: Probe): readonly (readonly [step: string, rule: string])[] {
    return steps.flatMap(({ step, findings }) => findings.map(({ rule }) => [step, rule] as const));
  }

  for (const [index, { defect, step, score }] of planted.entries()) {
    it(`names ${defect}`, async () => {
      const seen = only(
        await probe({ host: gateway.address, port: firstPort + index, service: 'smtp', name: hostname }),
      );

      const expected = step === undefined ? [] : [[step, defect]];
      assert.deepEqual(told(seen), expected, JSON.stringify(seen.steps));
      assert.equal(seen.score, score);
    });
  }

  it('names a port where nothing listens', async () => {
    assert.deepEqual(told(only(await probe({ host: gateway.address, port: 2599, service: 'smtp' }))), [
      ['connect', 'port-closed'],
    ]);
  });

  it('of the listeners of a machine names the demonstration certificate, from both sides alike', async () => {
    const outside = only(await probe({ machines: [gateway.name] }));
    const inside = only(await probe({ machines: [gateway.name], from: gateway.name }));

    assert.deepEqual([outside.from, outside.server], ['controller', gateway.address]);
    assert.deepEqual([inside.from, inside.server], [gateway.name, '127.0.0.1']);
    for (const seen of [outside, inside]) {
      assert.equal(seen.names[0], gateway.hostname);
      assert.ok(told(seen).some(([, rule]) => rule === 'demonstration'));
      assert.match(seen.greeting ?? '', new RegExp(gateway.hostname));
      assert.ok(
        seen.steps.every(({ result }) => result !== 'skipped'),
        'it went through to the end',
      );
    }
  });

  it('from a gateway finds the servers of a domain where its mail would go', async () => {
    const report = await probe({ domain: 'partner.example', from: gateway.name });

    const seen = only(report);
    assert.deepEqual([report.found, seen.server, seen.preference], ['mx', 'controller.lab.example.test', 10]);
    assert.deepEqual(told(seen), [['starttls', 'not-offered']]);
    assert.equal(other.connections(), 1);
  });

  it('from a gateway gets nowhere else: sshd itself keeps it from other ports', async () => {
    const key = await gateway.inside('cat /root/.ssh/authorized_keys');

    assert.match(key, /permitopen="\*:25"/);
    await assert.rejects(probe({ host: 'controller.lab.example.test', port: 443, from: gateway.name }), /only its own/);
  });

  it('is one command, whose exit code says whether all is well', async () => {
    const { done, fails } = cli(scenario.signetd);

    const well = await done('probe', '--host', `${gateway.address}:${firstPort}`, '--name', hostname);
    const ill = await fails(1, 'probe', gateway.name);

    assert.match(well, /^198\.18\.\d+\.11:2601 +ok \d+ ms .* 100$/m);
    assert.match(well, /└─ root O=Test, CN=root, of the trust list test$/m);
    assert.match(ill, /1 of 1 server does not stand as mail needs it/);
  });

  describe('of a destination', () => {
    /** Sets it for all domains, and tests one. */
    async function test(domain: string, destination?: Destination): Promise<TLSTestReport> {
      if (destination) {
        const at = { level: 'cluster', path: `/destinations/${domain}` } as const;
        await amend(scenario.signetd, { op: 'set', ...at, value: { ...destination } });
        await rollOut(scenario.signetd, `${domain} ${destination.tls}`);
      }
      return scenario.signetd.api('POST', '/tls-tests', { domain });
    }
    function verdicts({ machines }: TLSTestReport): readonly (readonly (string | undefined)[])[] {
      return machines.map(({ machine, destination, verdict }) => [
        machine,
        destination.name,
        destination.level,
        verdict,
      ]);
    }

    it('says that the default applies, and mail would go in clear', async () => {
      const report = await test('partner.example');

      assert.deepEqual(verdicts(report), [['mx1', 'default', 'defaults', 'clear']]);
      assert.equal(report.delivered, true);
      assert.equal(report.machines[0]?.reason, 'controller.lab.example.test: STARTTLS is not offered');
    });

    it('says that mail would wait where TLS is required, on one line of the command', async () => {
      const report = await test('partner.example', { tls: 'required' });
      const ill = await cli(scenario.signetd).run('tls-test', 'partner.example', '--from', 'mx1');

      assert.deepEqual(verdicts(report), [['mx1', 'partner.example', 'cluster', 'deferred']]);
      assert.equal(ill.exit, 1);
      assert.match(
        ill.stdout,
        /^mx1 to partner\.example: waits: controller.* required does not send mail where STARTTLS is not offered$/m,
      );
      assert.match(ill.stdout, /^ +Postfix +encrypt$/m);
    });

    it('says whether the server would be verified with the trust of the machine', async () => {
      const listener = { op: 'set', level: 'cluster', path: '/listeners/public/certificate', value: 'mx' } as const;
      await bind(scenario.signetd, 'cluster', 'mx', { pem: chainFile(folder, ...whole) });
      await amend(scenario.signetd, listener);
      const match = [hostname];

      const unknown = await test('own.example', { tls: 'required-verify', match });
      await amend(scenario.signetd, { op: 'set', level: 'cluster', path: '/outbound/trust', value: ['test'] });
      const known = await test('own.example', { tls: 'required-verify', match });
      const misnamed = await test('own.example', { tls: 'required-verify' });

      assert.match(unknown.machines[0]?.reason ?? '', /leads to no authority of outbound\/trust$/);
      assert.deepEqual(
        [unknown, known, misnamed].map((one) => one.machines[0]?.verdict),
        ['deferred', 'verified', 'deferred'],
      );
      assert.equal(known.machines[0]?.destination.policy, `secure match=${hostname}`);
      assert.match(misnamed.machines[0]?.reason ?? '', /is for mx\.example\.test, and hostname is asked for$/);
    });

    it('says that a domain takes no mail, and that another is none', async () => {
      assert.deepEqual(verdicts(await test('nomail.example')), [['mx1', 'default', 'defaults', 'deferred']]);
      await assert.rejects(test('nowhere.example'), /there is no domain nowhere\.example/);
    });
  });
});
