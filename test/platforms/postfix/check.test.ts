import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { postfix } from '../../../services/platforms/postfix/postfix.ts';
import type { Facts, PostfixFacts, Resolver } from '../../../services/schema/types.generated.ts';
import { changed, facts, fixture, input, listener, manifest, settings, type Sections } from './sample.ts';

interface Case {
  readonly title: string;
  readonly settings?: Sections;
  readonly postfix?: Partial<PostfixFacts>;
  readonly machine?: Partial<Facts>;
  /** Pointer, and what the detail must say. */
  readonly expected: readonly (readonly [string, RegExp])[];
}

const stock = fixture('debian-12', 'master.cf');
const two = {
  main: { address: 'all', hostname: 'mx1.example.test' },
  one: { address: '198.18.0.11', hostname: 'mx1.example.test' },
};
const partner = { default: { tls: 'preferred' as const }, 'partner.example': { tls: 'required' as const } };

const cases: readonly Case[] = [
  { title: 'the stock configuration is in order', expected: [] },
  {
    title: 'Postfix before 3.5 is refused, whatever else is wrong',
    postfix: { version: '3.4.23' },
    settings: { destinations: {} },
    expected: [['/listeners', /Postfix 3\.4\.23 is too old.*upgrade/]],
  },
  {
    title: 'postscreen on a listener’s port is refused with the line that would do',
    postfix: { masterCf: stock.replace(/^smtp .*$/m, 'smtp inet n - y - 1 postscreen') },
    expected: [['/listeners/public/port', /behind postscreen.*"smtp inet n - y - - smtpd"/]],
  },
  {
    title: 'another program on a listener’s port is refused',
    postfix: { masterCf: stock.replace(/^smtp .*inet.*$/m, '25 inet n - n - - qmqpd') },
    expected: [['/listeners/public/port', /in use by "25 inet \.\.\. qmqpd"/]],
  },
  {
    title: 'an address out of those a service of others has is refused, and the way to take it over is named',
    settings: { interfaces: two, listeners: { public: listener({ interface: 'one' }) } },
    expected: [['/listeners/public/port', /clash with "smtp inet \.\.\. smtpd".*interfaces\/one\/address to all/]],
  },
  {
    title: 'all addresses are refused where another service has one of them',
    settings: { listeners: { public: listener(), submission: listener({ port: 587 }) } },
    postfix: { masterCf: `${stock}127.0.0.1:submission inet n - y - - smtpd\n` },
    expected: [['/listeners/submission/port', /clash with "127\.0\.0\.1:submission inet/]],
  },
  {
    title: 'two listeners on one port of one address are refused',
    settings: { interfaces: two, listeners: { public: listener(), again: listener({ interface: 'one' }) } },
    expected: [['/listeners/again/port', /listeners public and again would both listen on port 25 of 198\.18\.0\.11/]],
  },
  {
    title: 'listeners of different families share a port',
    settings: {
      interfaces: {
        four: { address: '0.0.0.0', hostname: 'mx1.example.test' },
        six: { address: '2001:db8::11', hostname: 'mx1.example.test' },
      },
      listeners: { four: listener({ interface: 'four', port: 587 }), six: listener({ interface: 'six', port: 587 }) },
    },
    expected: [],
  },
  {
    title: 'an address the machine does not have is refused once, for all that use the interface',
    settings: {
      interfaces: { main: { address: '198.18.9.9', hostname: 'mx1.example.test' } },
      listeners: { public: listener({ port: 587 }) },
      outbound: { trust: ['system'], interface: 'main' },
    },
    expected: [['/interfaces/main/address', /does not have the address 198\.18\.9\.9, only 198\.18\.0\.11/]],
  },
  {
    title: 'a delivery interface with an address the machine does not have is refused',
    settings: {
      interfaces: { ...two, out: { address: '2001:db8::99', hostname: 'mx1.example.test' } },
      outbound: { trust: ['system'], interface: 'out' },
    },
    expected: [['/interfaces/out/address', /2001:db8::99/]],
  },
  {
    title: 'loopback and other spellings of an address are known to be there',
    settings: {
      interfaces: {
        local: { address: '127.0.0.1', hostname: 'mx1.example.test' },
        six: { address: '2001:DB8:0::11', hostname: 'mx1.example.test' },
      },
      listeners: { a: listener({ interface: 'local', port: 587 }), b: listener({ interface: 'six', port: 587 }) },
    },
    expected: [],
  },
  {
    title: 'implicit TLS with a policy that turns TLS off is refused',
    settings: { listeners: { public: listener(), odd: listener({ port: 465, tls: 'implicit', policy: 'off' }) } },
    expected: [['/listeners/odd/policy', /starts TLS at once.*policy off turns TLS off/]],
  },
  {
    title: 'TLSv1.3 as the lowest version is refused before Postfix 3.6',
    postfix: { version: '3.5.25' },
    settings: {
      protocols: {
        inbound: { minimum: 'TLSv1.3', ciphers: 'medium', exclude: [] },
        outbound: { minimum: 'TLSv1.2', ciphers: 'medium', exclude: [] },
        https: { minimum: 'TLSv1.2' },
      },
    },
    expected: [['/protocols/inbound/minimum', /3\.5\.25 cannot promise TLSv1\.3/]],
  },
  {
    title: 'destinations without a default are refused',
    settings: { destinations: {} },
    expected: [['/destinations/default', /no destination "default"/]],
  },
  {
    title: 'rows for domains are refused where a relay host is the next hop of all mail',
    settings: { destinations: partner },
    postfix: { parameters: { relayhost: '[relay.example.net]:587' } },
    expected: [['/destinations/partner.example', /by next hop, and relayhost = \[relay\.example\.net\]:587/]],
  },
  {
    title: 'a row for the relay host itself applies',
    settings: { destinations: partner },
    postfix: { parameters: { relayhost: 'partner.example' } },
    expected: [],
  },
  {
    title: 'rows for domains are named where a host or a map chooses the next hop',
    settings: { destinations: partner },
    postfix: {
      parameters: { transport_maps: 'hash:/etc/postfix/transport', default_transport: 'smtp:[relay.example.net]' },
      mainCf: 'sender_dependent_relayhost_maps = hash:/etc/postfix/relays\n',
    },
    expected: [
      ['/destinations/partner.example', /default_transport = smtp:\[relay\.example\.net\]/],
      ['/destinations/partner.example', /transport_maps = hash:/],
      ['/destinations/partner.example', /sender_dependent_relayhost_maps = hash:/],
    ],
  },
  {
    title: 'the default destination applies whatever the next hop is',
    settings: { destinations: { default: { tls: 'required' } } },
    postfix: { parameters: { relayhost: '[relay.example.net]' } },
    expected: [],
  },
  {
    title: 'DANE is refused where host names are not looked up in the DNS',
    settings: { destinations: { default: { tls: 'dane' } } },
    postfix: { mainCf: 'smtp_host_lookup = native\n' },
    expected: [['/destinations/default/tls', /dane needs DNS, but smtp_host_lookup = native/]],
  },
  {
    title: 'DANE is refused where the resolver proves nothing, once for all destinations',
    settings: { destinations: { ...partner, 'a.example': { tls: 'dane' }, 'b.example': { tls: 'dane-only' } } },
    postfix: { resolvers: [{ address: '192.0.2.53', validates: 'no' }] },
    expected: [['/destinations/a.example/tls', /validates DNSSEC, and 192\.0\.2\.53, .* does not; run one that does/]],
  },
  {
    title: 'DANE is refused where no resolver answers',
    settings: { destinations: { default: { tls: 'dane' } } },
    postfix: { resolvers: [{ address: '127.0.0.1', validates: 'silent' }] },
    expected: [['/destinations/default/tls', /none answers at 127\.0\.0\.1/]],
  },
  {
    title: 'DANE is in order with a resolver on the machine that validates, or where nothing was found out',
    settings: { destinations: { default: { tls: 'dane' } } },
    postfix: { resolvers: [{ address: '127.0.0.1', validates: 'yes' }] },
    expected: [],
  },
  {
    title: 'DANE is in order with a resolver that proves nothing where no destination asks for it',
    settings: { destinations: partner },
    postfix: { resolvers: [{ address: '192.0.2.53', validates: 'no' }] },
    expected: [],
  },
  {
    title: 'rows for domains are named where a fallback relay takes what their servers do not',
    settings: { destinations: partner },
    postfix: { mainCf: 'smtp_fallback_relay = [relay.example.net]\n' },
    expected: [['/destinations/partner.example', /smtp_fallback_relay = \[relay\.example\.net\]/]],
  },
  {
    title: 'options on the service that delivers by default are refused as well',
    postfix: {
      parameters: { default_transport: 'out' },
      masterCf: `${stock}out unix - - n - - smtp\n  -o smtp_tls_security_level=none\n`,
    },
    expected: [['/outbound', /"out unix \.\.\. smtp" in master\.cf sets -o smtp_tls_security_level=none/]],
  },
  {
    title: 'a level that verifies is refused without a trust list; one that only records it is not, and is told',
    settings: {
      destinations: {
        default: { tls: 'required' },
        'a.example': { tls: 'required-verify' },
        'b.example': { tls: 'preferred-verify' },
        'c.example': { tls: 'dane-only' },
      },
      outbound: { trust: [] },
    },
    expected: [
      ['/destinations/a.example/tls', /required-verify verifies no server without a trust list, so mail would wait/],
      ['/destinations/b.example/tls', /preferred-verify verifies no server without a trust list/],
    ],
  },
  {
    title: 'options on a delivery service that overrule main.cf are refused, those of other transports are not',
    postfix: {
      masterCf: `${stock.replace(/^(relay .*)$/m, '$1\n  -o smtp_tls_security_level=none')}scan unix - - n - - smtp\n  -o smtp_tls_security_level=none\n`,
    },
    expected: [['/outbound', /"relay unix \.\.\. smtp" in master\.cf sets -o smtp_tls_security_level=none/]],
  },
  {
    title: 'names that lead nowhere are left to the configuration',
    settings: {
      listeners: { public: listener({ interface: 'gone', policy: 'gone', certificate: 'gone' }) },
      outbound: { trust: ['gone'], interface: 'gone' },
    },
    expected: [],
  },
];

describe('check', () => {
  for (const { title, settings: sections, postfix: found, machine, expected } of cases) {
    it(title, () => {
      const findings = postfix.check(input(settings(sections), facts(found, machine)));

      assert.deepEqual(
        findings.map(({ pointer, machine: name }) => [pointer, name]),
        expected.map(([pointer]) => [pointer, 'mx1']),
      );
      for (const [index, [, detail]] of expected.entries()) assert.match(findings[index]?.detail ?? '', detail);
      for (const { detail } of findings) assert.doesNotMatch(detail, /\.$/);
    });
  }

  it('refuses rows that never apply, and warns of those that may not', () => {
    const found = facts({
      parameters: { transport_maps: 'hash:/etc/postfix/transport', relayhost: '[relay.example.net]' },
    });

    const findings = postfix.check(input(settings({ destinations: partner }), found));

    assert.deepEqual(
      findings.map(({ severity }) => severity),
      [undefined, 'warning'],
    );
  });

  const doubts: readonly { readonly title: string; readonly found: readonly Resolver[]; readonly says: RegExp }[] = [
    {
      title: 'one that proves nothing is asked when the first does not answer',
      found: [resolver('127.0.0.1', 'yes'), resolver('192.0.2.53', 'no')],
      says: /192\.0\.2\.53, which Postfix asks on the machine, does not/,
    },
    {
      title: 'the resolver answered with an error, as without a way to the Internet',
      found: [resolver('127.0.0.1', 'failed')],
      says: /could not be found out whether 127\.0\.0\.1 does/,
    },
    {
      title: 'the resolver is elsewhere',
      found: [resolver('2001:db8::53', 'yes')],
      says: /what 2001:db8::53 proves can be changed before it reaches the machine/,
    },
  ];
  for (const { title, found, says } of doubts) {
    it(`warns of DANE, and lets it pass, where ${title}`, () => {
      const given = settings({ destinations: { default: { tls: 'dane' } } });

      const [finding, ...more] = postfix.check(input(given, facts({ resolvers: found })));

      assert.equal(finding?.severity, 'warning');
      assert.match(finding.detail, says);
      assert.deepEqual(more, []);
    });
  }

  it('lets a listener leave the service it had taken over', () => {
    const found = facts();
    const live = changed(found, manifest(settings(), found));

    const findings = postfix.check(
      input(settings({ interfaces: two, listeners: { public: listener({ interface: 'one' }) } }), live),
    );

    assert.deepEqual(findings, []);
  });
});

function resolver(address: string, validates: Resolver['validates']): Resolver {
  return { address, validates };
}
