/** Gateways whose TLS was set by hand join as they were found: not one byte changes until something else is wanted of them. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import type { JoinPlan, MachineView } from '../../services/schema/types.generated.ts';
import { skipLab, type Gateway } from '../lab/harness.ts';
import { cli, hostKeyOf, joinWords, reinstall, served, type Cli } from './cli.ts';
import { full, startScenario, type Scenario } from './harness.ts';

describe('adopting gateways that were set by hand', { skip: skipLab }, () => {
  let scenario: Scenario;
  let signet: Cli;
  let fleet: readonly Gateway[];
  let found: readonly string[];
  let list: string;

  /** Every file of Postfix and of its certificates, and the master that reads them. */
  const state = ({ inside }: Gateway) =>
    inside(
      'find /etc/postfix /etc/ssl/own -type f -exec sha256sum {} + | sort; stat -c "%n %Y %i" /etc/postfix/*.cf; cat /var/spool/postfix/pid/master.pid',
    );
  const states = () => Promise.all(fleet.map(state));
  const inSync = async (name: string) => {
    const { status } = await signet.json<MachineView>('machine', 'show', name);
    assert.equal(status.deployed?.digest, status.wanted?.digest);
    assert.deepEqual([status.problem, status.deployed?.drift], [undefined, []]);
    assert.ok(status.served.length > 0 && status.served.every(({ verdict }) => verdict === 'match'));
  };

  before(async () => {
    scenario = await startScenario('adopt', full ? 4 : 2);
    fleet = scenario.gateways;
    signet = cli(scenario.signetd);
    await Promise.all(fleet.map(setByHand));
    found = await states();
    list = join(mkdtempSync(join(tmpdir(), 'signet-adopt-')), 'fleet');
  });
  after(async () => {
    rmSync(dirname(list), { recursive: true });
    await scenario.down();
  });

  it('plans: each setting is kept, replaced or lost, and no key is shown', async () => {
    const [mx1] = fleet;
    assert.ok(mx1);
    const plan = await signet.json<JoinPlan>(...(await joinWords(mx1)).filter((word) => word !== '--yes'), '--plan');

    const verdicts = (name: string) => {
      const setting = plan.present.find((each) => each.place === 'main.cf' && each.name === name);
      return [setting?.adopted.verdict, setting?.applied.verdict];
    };
    assert.deepEqual(verdicts('smtpd_tls_ciphers'), ['kept', 'replaced']);
    assert.deepEqual(verdicts('smtpd_tls_cert_file'), ['kept', 'replaced']);
    assert.deepEqual(verdicts('smtp_tls_security_level'), ['kept', 'kept']);
    assert.deepEqual(verdicts('smtpd_tls_loglevel'), ['lost', 'lost']);
    assert.deepEqual(
      plan.certificates.map(({ path, subject }) => [path, subject]),
      [['/etc/ssl/own/mx.pem', 'CN=mx1.hand.test']],
    );
    // What Debian sets for all of nginx is listed too, and is not ours to know.
    const others = plan.present.filter(({ place }) => place.startsWith('/') && place !== '/etc/nginx/nginx.conf');
    assert.deepEqual(
      others.map(({ place, name, value }) => `${place}: ${name} = ${value}`),
      [
        '/etc/postfix/ldap-users.cf: server_host = ldap://192.0.2.9',
        '/etc/postfix/ldap-users.cf: start_tls = yes',
        '/etc/postfix/ldap-users.cf: tls_require_cert = yes',
        ...nginx,
      ],
    );
    assert.ok(others.every(({ adopted, applied }) => adopted.verdict === 'kept' && applied.verdict === 'kept'));
    assert.ok(scenario.signetd.answers.every((answer) => !/PRIVATE KEY|hunter2/.test(answer)));
  });

  it('joins all of a list with what they have, without touching a byte, and passes members by', async () => {
    const lines = fleet.map(async (gateway) => `${gateway.name} ${gateway.address} ${await hostKeyOf(gateway)}\n`);
    writeFileSync(list, (await Promise.all(lines)).join(''));
    const words = ['machine', 'join', '--list', list, '--adopt', '--identity', fleet[0]?.key ?? ''];

    assert.match(await signet.done(...words, '--plan'), new RegExp(`(can join[^]*){${fleet.length}}Lost or replaced`));
    assert.deepEqual(await states(), found);
    assert.match(await signet.done(...words, '--yes'), new RegExp(`succeeded, ${fleet.length} unchanged`));

    assert.deepEqual(await states(), found);
    for (const { name } of fleet) await inSync(name);
    assert.match(await signet.done(...words, '--yes'), /all of them are members already/);
    assert.match(await signet.done('machine', 'show', 'mx1'), /settings +as found since .* \(adopted\)/);
  });

  it('lifts what they have in common, which changes nothing on any of them either', async () => {
    const { stderr } = await signet.run('lift', '--to', 'cluster', '--plan');
    assert.match(stderr, /\/certificates\/\S+: stays: .* on mx1, .* on mx2/);
    const out = await signet.done('lift', '--to', 'cluster');
    assert.match(out, /set cluster \/protocols\/inbound\/ciphers "high"/);
    assert.match(await signet.done('commit', '-m', 'in common'), new RegExp(`${fleet.length} unchanged`));

    const { level } = await signet.json<{ level: string }>('explain', 'mx1', 'protocols/inbound/ciphers');
    assert.equal(level, 'cluster');
    assert.deepEqual(await states(), found);
    for (const { name } of fleet) await inSync(name);
  });

  it('finds what is then changed by hand, and nothing else', async () => {
    const [mx1] = fleet;
    assert.ok(mx1);
    await mx1.inside("sed -i 's/^smtpd_tls_ciphers = .*/smtpd_tls_ciphers = medium/' /etc/postfix/main.cf");
    assert.match(await signet.done('machine', 'probe', mx1.name), /smtpd_tls_ciphers is medium where high was adopted/);
    await mx1.inside("sed -i 's/^smtpd_tls_ciphers = .*/smtpd_tls_ciphers = high/' /etc/postfix/main.cf");
    await signet.done('machine', 'probe', mx1.name);
    await inSync(mx1.name);

    const table = '/etc/postfix/tls_policy';
    await mx1.inside(`cp -p ${table} /root/ && echo 'other.example none' >>${table} && postmap ${table}`);
    const rows = `the rows of hash:${table} are others than were adopted`;
    assert.match(await signet.done('machine', 'probe', mx1.name), new RegExp(rows));
    assert.match(await signet.done('rollout', 'start').catch(String), new RegExp(rows));
    await mx1.inside(`cp -p /root/tls_policy ${table} && postmap ${table}`);
    await mx1.inside('cd /etc/ssl/own && cp -p mx.pem /root/ && cat /root/mx.pem >>mx.pem');
    assert.match(
      await signet.done('machine', 'probe', mx1.name),
      /the certificates in \/etc\/ssl\/own\/mx.pem are others/,
    );
    await mx1.inside('cp -p /root/mx.pem /etc/ssl/own/mx.pem');
    await signet.done('machine', 'probe', mx1.name);
    await inSync(mx1.name);
    found = await states();
  });

  it('pushes to them once something else is wanted, and it is served', async () => {
    const names = fleet.flatMap(({ hostname }) => ['--dns', hostname]);
    const [mx1, mx2] = fleet;
    assert.ok(mx1 && mx2);
    const old = await served(mx2);
    await signet.done('certificate', 'create', 'fresh', '--level', 'cluster', '--cn', 'fresh.test', ...names);
    await signet.done('set', `machine/${mx1.name}`, 'listeners/public/certificate', 'fresh');
    assert.match(
      await signet.done('commit', '-m', 'a certificate of Signet’s'),
      /1 confirmed, \d unchanged|\d unchanged, 1 confirmed/,
    );

    assert.equal(
      await served(mx1),
      (await signet.json<{ fingerprint: string }>('certificate', 'show', 'fresh', '--level', 'cluster')).fingerprint,
    );
    assert.equal(await served(mx2), old);
    assert.doesNotMatch(await signet.done('machine', 'show', 'mx1'), /as found/);
    assert.deepEqual((await states()).slice(1), found.slice(1));
    for (const { name } of fleet) await inSync(name);
  });

  it('brings back what was adopted when a machine leaves, is reinstalled, and takes its place again', async () => {
    const [, mx2] = fleet;
    assert.ok(mx2);
    const own = await served(mx2);
    await signet.done('machine', 'leave', mx2.name, '--yes');
    assert.equal(await served(mx2), own);
    await mx2.inside(`postfix stop 2>/dev/null; rm -rf /etc/ssl/own /etc/postfix
      cp -a /root/fresh /etc/postfix && postfix start 2>/dev/null`);
    await reinstall(mx2);
    assert.equal(await served(mx2), '');
    const words = await joinWords(mx2);

    assert.match(await signet.fails(3, ...words), /a machine called mx2 left on .* reinstalled, .*--replace/);
    assert.match(await signet.done(...words, '--replace'), /was a member .*\/certificates\//);

    assert.equal(await served(mx2), own);
    await inSync(mx2.name);
  });
});

/** What the administrator of each does otherwise. */
const habits = [
  '',
  "postconf -e smtpd_tls_protocols='>=TLSv1.3' smtpd_tls_mandatory_protocols='>=TLSv1.3'",
  `cat mx.key mx.pem >chain.pem && chmod 600 chain.pem
postconf -X smtpd_tls_cert_file smtpd_tls_key_file && postconf -e smtpd_tls_chain_files=/etc/ssl/own/chain.pem`,
  'postconf -e smtp_tls_security_level=encrypt smtpd_tls_exclude_ciphers=RC4 smtpd_tls_mandatory_exclude_ciphers=RC4',
];

const hasNginx = existsSync('/usr/sbin/nginx');

/** A site of nginx that speaks TLS with the machine's certificate. */
const site = `cat >/etc/nginx/sites-enabled/default <<'END'
server { listen 8443 ssl; server_name web.test; ssl_certificate /etc/ssl/own/mx.pem; ssl_certificate_key /etc/ssl/own/mx.key; }
END
nginx`;
const nginx = hasNginx
  ? ['listen = 8443 ssl', 'ssl_certificate = /etc/ssl/own/mx.pem'].map(
      (setting) => `/etc/nginx/sites-enabled/default server web.test 8443: ${setting}`,
    )
  : [];

/** A certificate of its own, and TLS as a careful administrator might have set it. */
async function setByHand({ name, inside, address }: Gateway, index: number): Promise<void> {
  await inside(`set -e
cp -a /etc/postfix /root/fresh
mkdir -p /etc/ssl/own && cd /etc/ssl/own
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 -subj /CN=${name}.hand.test \\
  -addext subjectAltName=DNS:${name}.hand.test -keyout mx.key -out mx.pem 2>/dev/null
chmod 600 mx.key
printf 'server_host = ldap://192.0.2.9\\nstart_tls = yes\\ntls_require_cert = yes\\nbind_pw = hunter2\\n' >/etc/postfix/ldap-users.cf
${hasNginx ? site : ''}
printf 'partner.example encrypt\\n${name}.example secure match=${name}.example\\n' >/etc/postfix/tls_policy
postmap /etc/postfix/tls_policy
postconf -e smtpd_tls_cert_file=/etc/ssl/own/mx.pem smtpd_tls_key_file=/etc/ssl/own/mx.key smtpd_tls_security_level=may \\
  smtpd_tls_ciphers=high smtpd_tls_loglevel=2 smtpd_tls_protocols='>=TLSv1.2' smtp_tls_security_level=may \\
  smtp_tls_policy_maps=hash:/etc/postfix/tls_policy smtp_tls_CApath=/etc/ssl/certs their_users=ldap:/etc/postfix/ldap-users.cf
postconf -M submission/inet='submission inet n - y - - smtpd -o smtpd_tls_security_level=encrypt'
${habits[index] ?? ''}
postfix reload 2>/dev/null`);
  assert.notEqual(await served({ address }), '');
}
