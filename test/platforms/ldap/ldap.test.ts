import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ldap } from '../../../services/platforms/ldap/ldap.ts';
import type { LDAPLookup, PostfixFacts } from '../../../services/schema/types.generated.ts';
import { facts, input, settings, type Sections } from '../postfix/sample.ts';

function lookup(changes: Partial<LDAPLookup> = {}): LDAPLookup {
  return {
    servers: ['ldaps://ldap1.example.test', 'ldaps://ldap2.example.test:1636'],
    base: 'ou=people,dc=example,dc=test',
    filter: '(mail=%s)',
    result: 'maildrop',
    bind: 'anonymous',
    trust: ['system'],
    timeoutSeconds: 10,
    ...changes,
  };
}

function rendered(sections: Sections, postfix: Partial<PostfixFacts> = {}) {
  return ldap.render(input(settings(sections), facts(postfix))).files;
}

function checked(sections: Sections, postfix: Partial<PostfixFacts> = {}) {
  return ldap.check(input(settings(sections), facts(postfix))).map(({ pointer, detail }) => [pointer, detail]);
}

function tableOf(sections: Sections): string {
  const part = rendered(sections)[0]?.parts[0];
  return part && 'text' in part ? part.text : '';
}

describe('a lookup in a directory', () => {
  it('is a table of ldap_table(5) over TLS, anonymous without a certificate', () => {
    assert.deepEqual(rendered({ ldap: { people: lookup() } }), [
      {
        path: 'ldap/people.cf',
        parts: [
          {
            text: `server_host = ldaps://ldap1.example.test ldaps://ldap2.example.test:1636
version = 3
timeout = 10
search_base = ou=people,dc=example,dc=test
query_filter = (mail=%s)
result_attribute = maildrop
bind = no
start_tls = no
tls_require_cert = yes
tls_ca_cert_file = /etc/ssl/certs/ca-certificates.crt
`,
          },
        ],
        access: { owner: 'root', group: 'root', mode: '0644' },
        kind: 'ldap',
      },
    ]);
  });

  it('shows a certificate whose key the user of Postfix may read, and binds as whom it says', () => {
    const people = lookup({ certificate: 'client', bind: 'external' });

    const [, client] = rendered({ ldap: { people } }, { parameters: { mail_owner: 'mail' } });

    const { key, chain } = settings().certificates['client'] ?? {};
    assert.deepEqual(client, {
      path: 'ldap/people/client.pem',
      parts: [{ key }, { chain }],
      access: { owner: 'root', group: 'mail', mode: '0640' },
    });
    const file = '/var/lib/signet/current/files/ldap/people/client.pem';
    assert.match(tableOf({ ldap: { people } }), /^bind = sasl\nsasl_mechs = EXTERNAL\n/m);
    assert.match(tableOf({ ldap: { people } }), new RegExp(`^tls_cert = ${file}\ntls_key = ${file}\n`, 'm'));
    assert.equal(rendered({ ldap: { people } })[1]?.access?.group, 'postfix', 'of a machine that has not said');
  });

  it('is StartTLS where the servers are ldap://', () => {
    assert.match(tableOf({ ldap: { people: lookup({ servers: ['ldap://a.example.test'] }) } }), /^start_tls = yes\n/m);
  });

  it('trusts the lists it names together, as one file', () => {
    const trust = { system: { source: 'system' as const }, own: { source: 'bundle' as const, bundle: 'b'.repeat(64) } };
    const people = lookup({ trust: ['own', 'system'] });

    const anchors = rendered({ trust, ldap: { people } }).at(-1);

    assert.equal(anchors?.path, 'ldap/people/trust.pem');
    assert.deepEqual(anchors.parts, [{ bundle: 'b'.repeat(64) }, { system: '/etc/ssl/certs/ca-certificates.crt' }]);
    assert.match(
      tableOf({ trust, ldap: { people } }),
      /^tls_ca_cert_file = \/var\/lib\/signet\/current\/files\/ldap\/people\/trust.pem\n/m,
    );
  });
});

describe('the check of lookups', () => {
  it('refuses servers of both kinds in one lookup', () => {
    const people = lookup({ servers: ['ldap://a.example.test', 'ldaps://b.example.test'] });

    assert.deepEqual(
      checked({ ldap: { people } }).map(([pointer]) => pointer),
      ['/ldap/people/servers'],
    );
  });

  it('refuses to bind by certificate without one', () => {
    assert.deepEqual(
      checked({ ldap: { people: lookup({ bind: 'external' }) } }).map(([pointer]) => pointer),
      ['/ldap/people/bind'],
    );
    assert.deepEqual(checked({ ldap: { people: lookup({ bind: 'external', certificate: 'client' }) } }), []);
  });

  it('refuses to let go of a lookup that main.cf uses', () => {
    const mainCf = `# proxy:ldap:/var/lib/signet/current/files/ldap/old.cf
virtual_alias_maps = hash:/etc/aliases, proxy:ldap:/var/lib/signet/current/files/ldap/people.cf\n`;

    assert.deepEqual(checked({ ldap: { people: lookup() } }, { mainCf }), []);
    const [found, ...more] = checked({}, { mainCf });
    assert.deepEqual([found?.[0], more], ['/ldap', []]);
    assert.match(found?.[1] ?? '', /there would be no lookup "people"; take it out there first/);
  });
});
