// Lookups of Postfix in a real directory that demands a client certificate, over LDAPS and StartTLS.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';

import type { AuthorityView, PrivateKey, TrustBundleDetail } from '../../services/schema/types.generated.ts';
import { skipLab, type Gateway } from '../lab/harness.ts';
import { amend, bind, commit, join, rollOut, startScenario, type Scenario } from './harness.ts';
import { Refused } from './signetd.ts';

const skip =
  skipLab ||
  (['/usr/sbin/slapd', '/usr/lib/postfix/postfix-ldap.so'].every((path) => existsSync(path))
    ? false
    : 'needs slapd and postfix-ldap: run "npm run setup"');

describe('a lookup of Postfix in a directory that demands a certificate', { skip }, () => {
  let scenario: Scenario, gateway: Gateway;
  const table = (name: string) => `/var/lib/signet/current/files/ldap/${name}.cf`;

  before(async () => {
    scenario = await startScenario('ldap', 1);
    gateway = scenario.gateways[0] ?? assert.fail('the lab is not up');
    const { signetd } = scenario;
    await join(signetd, gateway);
    await signetd.api('POST', '/authorities', { name: 'own', subject: { commonName: 'Own authority' } });
    for (const [name, profile, hostname] of [
      ['directory', 'server', gateway.hostname],
      ['mail-gateway', 'client', 'mail-gateway'],
    ] as const) {
      const request = { subject: { commonName: hostname }, alternativeNames: { dns: [hostname] } };
      await bind(signetd, 'cluster', name, { issue: { authority: 'own', profile, request } });
    }
    const { bundle } = await signetd.api<AuthorityView>('GET', '/authorities/own');
    await startDirectory(bundle);
    const common = { base: 'dc=example,dc=test', servers: [`ldaps://${gateway.hostname}`], trust: ['own'] };
    const lookup = { ...common, certificate: 'mail-gateway', bind: 'external' };
    const set = (path: string, value: unknown) => ({ op: 'set', level: 'cluster', path, value }) as const;
    await amend(
      signetd,
      set('/trust/own', { source: 'bundle', bundle }),
      set('/ldap/people', lookup),
      set('/ldap/start-tls', { ...lookup, servers: [`ldap://${gateway.hostname}`] }),
      set('/ldap/nobody', common),
      set('/ldap/stranger', { ...lookup, trust: ['system'] }),
    );
    const { outcomes } = await rollOut(signetd, 'lookups');
    assert.deepEqual(
      outcomes.map(({ state }) => state),
      ['confirmed'],
      JSON.stringify(outcomes),
    );
  });
  after(() => scenario.down());

  /** slapd on the gateway, which tells the entry below to who shows the certificate of the gateway, and nothing to others. */
  async function startDirectory(bundle: string): Promise<void> {
    const { signetd } = scenario;
    const root = await signetd.api<TrustBundleDetail>('GET', `/trust-bundles/${bundle}`);
    const path = '/certificates/cluster/directory/key';
    const { pem, certificates } = await signetd.api<PrivateKey>('POST', path, { clear: true });
    await gateway.inside(`mkdir -p /srv/directory/data && cd /srv/directory
      printf '%s\\n' '${root.pem}' >root.pem; printf '%s\\n' '${pem}' >key.pem; printf '%s\\n' '${certificates}' >chain.pem
      cat >slapd.conf <<'END'
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCACertificateFile /srv/directory/root.pem
TLSCertificateFile /srv/directory/chain.pem
TLSCertificateKeyFile /srv/directory/key.pem
TLSVerifyClient demand
attributetype ( 1.3.6.1.4.1.32473.1 NAME 'maildrop' EQUALITY caseIgnoreIA5Match SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )
objectclass ( 1.3.6.1.4.1.32473.2 NAME 'mailPerson' SUP top AUXILIARY MAY ( mail $ maildrop ) )
database mdb
maxsize 4194304
suffix dc=example,dc=test
directory /srv/directory/data
access to * by dn.exact="cn=mail-gateway" read by * none
END
      slapadd -f slapd.conf <<'END'
dn: dc=example,dc=test
objectClass: domain
dc: example

dn: uid=ann,dc=example,dc=test
objectClass: account
objectClass: mailPerson
uid: ann
mail: ann@example.test
maildrop: ann.from.ldap@mx1.lab.example.test
END
      slapd -f slapd.conf -h 'ldap:/// ldaps:///' </dev/null >/dev/null 2>&1`);
  }

  /** What postmap finds, or why it does not; `way` is how Postfix reaches the table. */
  function query(name: string, way = 'ldap'): Promise<string> {
    return gateway.inside(`postmap -q ann@example.test ${way}:${table(name)} 2>&1 || echo "status $?"`);
  }

  const found = 'ann.from.ldap@mx1.lab.example.test\n';

  for (const [name, way] of [
    ['people', 'LDAPS'],
    ['start-tls', 'StartTLS'],
  ] as const) {
    it(`finds what it is asked for over ${way}`, async () => {
      assert.equal(await query(name), found);
    });
  }

  it('finds nothing without the certificate, or with a server that nobody trusts', async () => {
    // The server closes the connection, and postmap may have written to it by then: 141 is SIGPIPE, which daemons ignore.
    assert.match(await query('nobody'), /Can't contact LDAP server|^status 141$/m);
    assert.match(await query('stranger'), /Can't contact LDAP server|^status 141$/m);
  });

  it('works for the user of Postfix, and the key is closed to others', async () => {
    await gateway.inside(`postconf -e 'virtual_alias_maps = proxy:ldap:${table('people')}' && postfix reload 2>&1`);

    assert.equal(await query('people', 'proxy:ldap'), found);
    const read = (user: string) =>
      gateway.inside(
        `su -s /bin/sh -c 'head -c 27 ${table('people').replace('.cf', '/client.pem')} 2>&1' ${user} || true`,
      );
    assert.equal(await read('postfix'), '-----BEGIN PRIVATE KEY-----');
    assert.match(await read('games'), /Permission denied/);
  });

  it('brings mail to where the directory says', async () => {
    await gateway.inside("printf 'Subject: hello\\n\\nHello\\n' | sendmail -f root ann@example.test");

    const log = await gateway.inside(
      "n=0; until grep 'to=<ann.from.ldap@mx1' /var/log/mail.log || [ $n -gt 100 ]; do sleep 0.1; n=$((n+1)); done",
    );

    assert.match(log, /to=<ann\.from\.ldap@mx1\.lab\.example\.test>, orig_to=<ann@example\.test>/);
  });

  it('cannot be taken away while main.cf uses it', async () => {
    await scenario.signetd.api('POST', '/machines/mx1/probe');
    await amend(scenario.signetd, { op: 'unset', level: 'cluster', path: '/ldap/people' });

    await assert.rejects(commit(scenario.signetd, 'no people'), (error) => {
      return error instanceof Refused && error.message.includes('there would be no lookup \\"people\\"');
    });

    await scenario.signetd.api('DELETE', '/drafts/me');
  });

  it('that Postfix cannot read is refused by the gateway', async () => {
    const filter = { op: 'set', level: 'cluster', path: '/ldap/people/filter', value: '(mail=%q)' } as const;
    await amend(scenario.signetd, filter);

    const { outcomes } = await rollOut(scenario.signetd, 'a filter that is none');

    assert.equal(outcomes[0]?.state, 'refused');
    assert.match(
      outcomes[0].detail ?? '',
      /^invalid: Postfix cannot look anything up with files\/ldap\/people\.cf: .*Invalid query template: \(mail=%q\)$/,
    );
    assert.equal(await query('people', 'proxy:ldap'), found);
  });
});
