import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ownedSettings, readPresent, type Present } from '../../../services/platforms/postfix/present/present.ts';
import { sourcesOf, type Material } from '../../../services/platforms/postfix/present/sources.ts';
import { valueAt, parts } from '../../../services/schema/pointer.ts';
import { facts, postfixOf } from './sample.ts';

const pair = (digit: string) => ({ key: digit.repeat(64), chain: digit.repeat(64) });
const none: Material = { certificates: new Map(), bundles: new Map(), tables: new Map(), faults: new Map() };
const known: Material = {
  certificates: new Map([
    ['/etc/ssl/mx.pem /etc/ssl/mx.key', pair('1')],
    ['/etc/ssl/both.pem /etc/ssl/both.pem', pair('2')],
  ]),
  bundles: new Map([['/etc/ssl/own-ca.pem', '3'.repeat(64)]]),
  tables: new Map([
    [
      'hash:/etc/postfix/tls_policy',
      [
        ['strict.example', 'secure match=.strict.example:strict.example'],
        ['plain.example', 'none'],
        ['[relay.example]:587', 'encrypt'],
        ['odd.example', 'encrypt protocols=TLSv1.3'],
      ],
    ],
  ]),
  faults: new Map([['/etc/ssl/bad.pem /etc/ssl/bad.pem', 'it is no certificate']]),
};

function read(mainCf: string, masterCf = 'smtp inet n - y - - smtpd\n', material = known): Present {
  const found = facts({ mainCf, masterCf });
  return readPresent(found, postfixOf(found), material);
}

const meaningOf = ({ settings }: Present, name: string) => settings.find((setting) => setting.name === name)?.meaning;

describe('the reader of present settings', () => {
  const layers: Readonly<Record<string, readonly [mainCf: string, path: string, value: unknown]>> = {
    'a lower bound of versions': ['smtpd_tls_protocols = >=TLSv1.2', 'protocols/inbound/minimum', 'TLSv1.2'],
    'versions that are excluded': [
      'smtpd_tls_protocols = !SSLv2, !SSLv3, !TLSv1',
      'protocols/inbound/minimum',
      'TLSv1.1',
    ],
    'versions that are listed': ['smtp_tls_protocols = TLSv1.2 TLSv1.3', 'protocols/outbound/minimum', 'TLSv1.2'],
    'no word on versions': ['', 'protocols/inbound/minimum', 'TLSv1'],
    'a cipher grade': ['smtp_tls_ciphers = high', 'protocols/outbound/ciphers', 'high'],
    'excluded ciphers': ['smtpd_tls_exclude_ciphers = aNULL, RC4', 'protocols/inbound/exclude', ['aNULL', 'RC4']],
    'opportunistic TLS outbound': ['smtp_tls_security_level = may', 'destinations/default', { tls: 'preferred' }],
    'no TLS outbound': ['', 'destinations/default', { tls: 'none' }],
    'an obsolete spelling': ['smtp_use_tls = yes', 'destinations/default', { tls: 'preferred' }],
    'verified TLS outbound': [
      'smtp_tls_security_level = secure',
      'destinations/default',
      { tls: 'required-verify', match: ['nexthop', 'dot-nexthop'] },
    ],
    'the trust list of the system': ['smtp_tls_CApath = /etc/ssl/certs', 'outbound/trust', ['system']],
    'a trust list of its own': ['smtp_tls_CAfile = /etc/ssl/own-ca.pem', 'outbound/trust', ['outbound']],
    'a row of the policy table': [
      'smtp_tls_policy_maps = hash:$config_directory/tls_policy',
      'destinations/strict.example',
      { tls: 'required-verify', match: ['.strict.example', 'strict.example'] },
    ],
    'a certificate in use': [
      'dir = /etc/ssl\nsmtpd_tls_cert_file = ${dir}/mx.pem\nsmtpd_tls_key_file = $dir/mx.key\nsmtpd_tls_security_level = may',
      'certificates/mx',
      pair('1'),
    ],
    'a client certificate': ['smtp_tls_chain_files = /etc/ssl/both.pem', 'certificates/client', pair('2')],
    'no certificate, whatever the level': ['smtpd_tls_security_level = may', 'mailFlowPolicies/default/tls', 'off'],
  };
  for (const [what, [mainCf, path, value]] of Object.entries(layers)) {
    it(`takes ${what}`, () => assert.deepEqual(valueAt(read(`${mainCf}\n`).layer, parts(path)), value));
  }

  it('makes a listener of each service, and leaves those for the machine alone', () => {
    const { layer } = read(
      'smtpd_tls_cert_file = /etc/ssl/mx.pem\nsmtpd_tls_key_file = /etc/ssl/mx.key\nsmtpd_tls_security_level = may\n',
      [
        'submission inet n - y - - smtpd -o smtpd_tls_security_level=encrypt',
        'smtp inet n - y - - smtpd',
        '198.18.0.12:465 inet n - y - - smtpd -o smtpd_tls_wrappermode=yes -o smtpd_tls_chain_files=/etc/ssl/both.pem',
        '127.0.0.1:10025 inet n - y - - smtpd\n',
      ].join('\n'),
    );

    assert.deepEqual(Object.keys(layer['listeners'] as object).sort(), ['public', 'submission', 'submissions']);
    const common = { probe: 'controller' };
    const main = { ...common, interface: 'main', certificate: 'mx', tls: 'starttls' };
    assert.deepEqual(layer['listeners'], {
      public: { ...main, port: 25, role: 'public', policy: 'default' },
      submission: { ...main, port: 587, role: 'private', policy: 'required' },
      submissions: {
        ...{ ...common, interface: 'ip-198-18-0-12-2', port: 465, role: 'private' },
        ...{ certificate: 'mx-submissions', tls: 'implicit', policy: 'required' },
      },
    });
    assert.deepEqual(layer['certificates'], { mx: pair('1'), 'mx-submissions': pair('2') });
  });

  it('says what Signet cannot express, with the reason, and what stays the machine’s own', () => {
    const present = read(
      [
        'smtp_tls_policy_maps = hash:/etc/postfix/tls_policy, pcre:/etc/postfix/tls.pcre',
        'smtpd_tls_protocols = >=TLSv1.2, <=TLSv1.2',
        'smtpd_tls_mandatory_protocols = >=TLSv1.3',
        'smtpd_tls_cert_file = /etc/ssl/bad.pem',
        'smtpd_tls_auth_only = yes',
        'tls_preempt_cipherlist = yes',
        'smtp_tls_trust_anchor_file = /etc/ssl/anchor.pem\n',
      ].join('\n'),
    );

    const why = (name: string) => {
      const meaning = meaningOf(present, name);
      return meaning?.kind === 'lost' ? meaning.why : meaning?.kind;
    };
    assert.match(
      why('smtp_tls_policy_maps') ?? '',
      /pcre:\/etc\/postfix\/tls\.pcre cannot be listed; the row of \[relay\.example\]:587 \(encrypt\); protocols=TLSv1\.3 of odd\.example/,
    );
    assert.equal(why('smtpd_tls_protocols'), 'Signet has no word for this value');
    assert.match(why('smtpd_tls_mandatory_protocols') ?? '', /one value for all TLS inbound/);
    assert.equal(why('smtpd_tls_cert_file'), 'it is no certificate');
    assert.deepEqual([why('smtpd_tls_auth_only'), why('tls_preempt_cipherlist')], ['own', 'own']);
    assert.equal(why('smtp_tls_trust_anchor_file'), 'Signet sets it itself');
  });

  it('asks for the files behind the settings, each once', () => {
    const found = facts({
      mainCf:
        'smtpd_tls_cert_file = /etc/ssl/mx.pem\nsmtp_tls_cert_file = /etc/ssl/mx.pem\nsmtp_tls_policy_maps = lmdb:/etc/p pcre:/etc/q\nsmtp_tls_CAfile = /etc/ssl/ca.pem\n',
      masterCf: 'smtp inet n - y - - smtpd\nsubmission inet n - y - - smtpd\n',
    });

    const { pairs, bundles, tables } = sourcesOf(postfixOf(found));

    assert.deepEqual(
      pairs.map(({ certificate, key }) => [certificate, key]),
      [['/etc/ssl/mx.pem', '/etc/ssl/mx.pem']],
    );
    assert.deepEqual([bundles, tables], [['/etc/ssl/ca.pem'], ['lmdb:/etc/p']]);
  });

  it('reads the machine as Debian installs it', () => {
    const found = facts();
    const present = readPresent(found, postfixOf(found), none);

    assert.deepEqual(Object.keys(present.layer['listeners'] as object), ['public']);
    assert.ok(present.settings.length > 0);
    assert.deepEqual(Object.keys(ownedSettings(postfixOf(found))).length > 0, true);
  });
});
