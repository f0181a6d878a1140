import assert from 'node:assert/strict';
import { it } from 'node:test';

import { lookupFiles, presentLookup } from '../../../services/platforms/ldap/present.ts';
import { facts } from '../../config/surroundings.ts';

it("the LDAP tables of a machine's own are those that its files name", () => {
  const { postfix } = facts('mx.example.test');
  assert.ok(postfix);
  const mainCf = `virtual_alias_maps = hash:/etc/aliases, proxy:ldap:$config_directory/ldap-a.cf
  { ldap:/etc/postfix/ldap-b.cf }
# relay_domains = ldap:/etc/postfix/never.cf
transport_maps = ldap:/var/lib/signet/current/files/ldap/signets.cf ldap:/etc/postfix/ldap-b.cf\n`;

  assert.deepEqual(lookupFiles({ ...postfix, mainCf, masterCf: '' }), [
    '/etc/postfix/ldap-a.cf',
    '/etc/postfix/ldap-b.cf',
  ]);
});

it('of such a table its TLS is listed, and never what binds or where a key is', () => {
  const text = `server_host = ldap://ldap.example.test
version = 3
start_tls = yes
tls_ca_cert_file =
  /etc/ssl/ca.pem
tls_require_cert = yes
tls_key = /etc/ssl/ldap.key
bind_dn = cn=mail
bind_pw = hunter2\n`;

  assert.deepEqual(
    presentLookup('/etc/postfix/ldap.cf', text).map(({ name, value }) => `${name} = ${value}`),
    [
      'server_host = ldap://ldap.example.test',
      'version = 3',
      'start_tls = yes',
      'tls_ca_cert_file = /etc/ssl/ca.pem',
      'tls_require_cert = yes',
    ],
  );
});
