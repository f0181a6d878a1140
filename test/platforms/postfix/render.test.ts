import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { isNamed } from '../../../services/errors.ts';
import { findings } from '../../../services/schema/parse.ts';
import { platforms } from '../../../services/platforms/registry.ts';
import { postfix } from '../../../services/platforms/postfix/postfix.ts';
import type { Destination, Settings } from '../../../services/schema/types.generated.ts';
import { facts, input, listener, manifest, settings } from './sample.ts';

const pin = '0123456789abcdef'.repeat(4);
const spelledPin = (pin.toUpperCase().match(/../g) ?? []).join(':');

/** Each level as a row for a domain and as the default. */
const levels: readonly {
  readonly destination: Destination;
  readonly row: string;
  readonly main: Readonly<Record<string, string>>;
}[] = [
  { destination: { tls: 'none' }, row: 'none', main: { smtp_tls_security_level: 'none' } },
  { destination: { tls: 'preferred' }, row: 'may', main: { smtp_tls_security_level: 'may' } },
  { destination: { tls: 'preferred-verify' }, row: 'may', main: { smtp_tls_security_level: 'may' } },
  { destination: { tls: 'required' }, row: 'encrypt', main: { smtp_tls_security_level: 'encrypt' } },
  {
    destination: { tls: 'required-verify' },
    row: 'verify match=hostname',
    main: { smtp_tls_security_level: 'verify', smtp_tls_verify_cert_match: 'hostname' },
  },
  {
    destination: { tls: 'required-verify', match: ['mx.a.example', '.b.example'] },
    row: 'secure match=mx.a.example:.b.example',
    main: { smtp_tls_security_level: 'secure', smtp_tls_secure_cert_match: 'mx.a.example, .b.example' },
  },
  {
    destination: { tls: 'dane' },
    row: 'dane',
    main: { smtp_tls_security_level: 'dane', smtp_dns_support_level: 'dnssec', ignore_mx_lookup_error: 'no' },
  },
  {
    destination: { tls: 'dane-only' },
    row: 'dane-only',
    main: { smtp_tls_security_level: 'dane-only', smtp_dns_support_level: 'dnssec', smtp_dns_resolver_options: '' },
  },
  {
    destination: { tls: 'fingerprint', fingerprints: [pin, pin] },
    row: `fingerprint match=${spelledPin}|${spelledPin}`,
    main: {
      smtp_tls_security_level: 'fingerprint',
      smtp_tls_fingerprint_digest: 'sha256',
      smtp_tls_fingerprint_cert_match: `${spelledPin}, ${spelledPin}`,
    },
  },
];

describe('destinations', () => {
  for (const { destination, row, main } of levels) {
    it(`${destination.tls}${destination.match ? ' with names' : ''} is "${row.slice(0, 40)}" to Postfix`, () => {
      const rows = manifest(
        settings({ destinations: { default: { tls: 'none' }, 'a.example': destination } }),
        facts(),
      );
      const fallback = manifest(settings({ destinations: { default: destination } }), facts());

      const table = rows.files.find(({ path }) => path === 'postfix/tls_policy')?.parts[0];
      assert.ok(table && 'text' in table);
      assert.equal(table.text.split('\n')[1], `a.example ${row}`);
      const parameters = fallback.postfix?.parameters ?? {};
      assert.deepEqual({ ...parameters, ...main }, parameters);
    });
  }

  it('ask for DNSSEC and for SHA-256 only where a level needs them', () => {
    const { parameters } = manifest(settings(), facts()).postfix ?? { parameters: {} };

    assert.ok(!('smtp_dns_support_level' in parameters));
    assert.ok(!('smtp_tls_fingerprint_digest' in parameters));
  });
});

describe('a manifest', () => {
  it('is a valid one', () => {
    assert.deepEqual(findings('manifest', manifest(settings(), facts())), []);
  });

  it('has the same digest whatever the texts, addresses and identity of the machine', () => {
    const one = manifest(settings(), facts());
    const other = manifest(
      settings(),
      facts(
        { mainCf: '', masterCf: '', version: '3.8.1', running: false },
        { addresses: [], hostname: 'x', identity: '', bootId: 'other', os: 'Debian GNU/Linux 13 (trixie)' },
      ),
    );

    assert.equal(one.digest, other.digest);
  });

  it('has the same digest whatever the order of the settings', () => {
    const listeners = { a: listener(), b: listener({ port: 465, tls: 'implicit' }) };
    const turned = { b: listeners.b, a: listeners.a };

    assert.equal(
      manifest(settings({ listeners }), facts()).digest,
      manifest(settings({ listeners: turned }), facts()).digest,
    );
  });

  it('holds a file for each certificate in use and for no other, the key first', () => {
    const found = manifest(
      settings({
        listeners: {
          a: listener(),
          b: listener({ port: 465 }),
          c: listener({ port: 587, certificate: 'demonstration', policy: 'off' }),
        },
        outbound: { trust: ['system'], certificate: 'client' },
      }),
      facts(),
    ).files.filter(({ path }) => path.startsWith('certificates/'));

    assert.deepEqual(
      found.map(({ path, parts }) => [path, parts.map((part) => Object.keys(part)[0])]),
      [
        ['certificates/client.pem', ['key', 'chain']],
        ['certificates/mx.pem', ['key', 'chain']],
      ],
    );
  });

  it('names the host of an interface only where main.cf has another', () => {
    const named = (hostname: string) =>
      manifest(settings({ interfaces: { main: { address: 'all', hostname } } }), facts()).postfix?.services[0]?.options[
        'myhostname'
      ];

    assert.equal(named('MX1.example.test'), undefined);
    assert.equal(named('mail.example.test'), 'mail.example.test');
  });

  it('takes the list of authorities from where the operating system keeps it', () => {
    const file = (os: string) => manifest(settings(), facts({}, { os })).postfix?.parameters['smtp_tls_CAfile'];

    assert.equal(file('Ubuntu 24.04 LTS'), '/etc/ssl/certs/ca-certificates.crt');
    assert.equal(file('Rocky Linux 9.4 (Blue Onyx)'), '/etc/pki/tls/certs/ca-bundle.crt');
    assert.equal(file('SUSE Linux Enterprise Server 15 SP6'), '/etc/ssl/ca-bundle.pem');
  });

  const bundle = '7'.repeat(64);
  const other = '8'.repeat(64);
  const lists: Settings['trust'] = {
    system: { source: 'system' },
    partners: { source: 'bundle', bundle },
    again: { source: 'bundle', bundle },
    suppliers: { source: 'bundle', bundle: other },
  };
  const system = '/etc/ssl/certs/ca-certificates.crt';
  const own = '/var/lib/signet/current/files/trust/outbound.pem';
  const choices: readonly (readonly [Settings['outbound']['trust'], string, readonly object[]])[] = [
    [[], '', []],
    [['system'], system, []],
    ['system', system, []],
    ['partners', own, [{ bundle }]],
    [['partners', 'again', 'suppliers'], own, [{ bundle }, { bundle: other }]],
    [['system', 'partners'], own, [{ bundle }, { system }]],
  ];
  for (const [trust, file, parts] of choices) {
    it(`trusts ${JSON.stringify(trust)} and nothing else`, () => {
      const found = manifest(settings({ trust: lists, outbound: { trust } }), facts());

      assert.equal(found.postfix?.parameters['smtp_tls_CAfile'], file);
      assert.equal(found.postfix.parameters['smtp_tls_CApath'], '');
      assert.equal(found.postfix.parameters['tls_append_default_CA'], 'no');
      assert.deepEqual(found.files.find(({ path }) => path === 'trust/outbound.pem')?.parts ?? [], parts);
    });
  }

  it('leaves bind addresses and the EHLO name alone without a delivery interface', () => {
    const bound = (address: string) =>
      manifest(
        settings({
          interfaces: { main: { address, hostname: 'out.example.test' } },
          outbound: { trust: ['system'], interface: 'main' },
        }),
        facts(),
      ).postfix?.parameters;

    assert.equal(manifest(settings(), facts()).postfix?.parameters['smtp_bind_address'], undefined);
    assert.equal(bound('all')?.['smtp_bind_address'], '');
    assert.equal(bound('all')?.['smtp_helo_name'], 'out.example.test');
    assert.equal(bound('198.18.0.11')?.['smtp_bind_address'], '198.18.0.11');
    assert.equal(bound('2001:DB8::0:11')?.['smtp_bind_address6'], '2001:db8::11');
    assert.equal(bound('2001:DB8::0:11')?.['smtp_bind_address'], '');
  });

  it('says what to do when a name leads nowhere', () => {
    const broken = settings({ listeners: { public: listener({ certificate: 'gone' }) } });

    assert.throws(
      () => postfix.render(input(broken, facts())),
      (error) => isNamed(error, 'invalid-configuration') && /listener public.*"gone"/.test(error.message),
    );
  });
});

describe('the platform', () => {
  it('is one of the registry, and found where the machine has Postfix', () => {
    const { postfix: _, ...without } = facts();

    assert.ok(platforms.includes(postfix));
    assert.equal(postfix.found(facts()), true);
    assert.equal(postfix.found(without), false);
  });

  it('has nothing to say about a machine without Postfix', () => {
    const { postfix: _, ...without } = facts();
    const wanted = manifest(settings(), facts());

    assert.deepEqual(postfix.check(input(settings(), without)), []);
    assert.deepEqual(postfix.render(input(settings(), without)), { files: [], probes: [] });
    assert.deepEqual(postfix.edit(without, wanted, undefined, without).files, []);
    assert.deepEqual(postfix.drift(without, wanted), []);
  });
});
