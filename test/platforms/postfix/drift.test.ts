import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { postfix } from '../../../services/platforms/postfix/postfix.ts';
import type { Facts } from '../../../services/schema/types.generated.ts';
import { changed, facts, manifest, settings } from './sample.ts';

const original = facts();
const deployed = manifest(settings(), original);
const live = changed(original, deployed);

const cases: readonly {
  readonly title: string;
  readonly mainCf?: (text: string) => string;
  readonly masterCf?: (text: string) => string;
  readonly expected: readonly string[];
}[] = [
  { title: 'nothing changed', expected: [] },
  {
    title: 'everything else may change',
    mainCf: (text) => `# mine\n${text.replace('biff = no', 'biff = yes')}relayhost = [r.example]\n`,
    masterCf: (text) => text.replace('smtpd\n# Signet', 'smtpd\n  -o content_filter=scan\n# Signet'),
    expected: [],
  },
  {
    title: 'a parameter has another value',
    mainCf: (text) => text.replace('smtp_tls_loglevel = 1', 'smtp_tls_loglevel = 2'),
    expected: ['main.cf has smtp_tls_loglevel = 2 where Signet set smtp_tls_loglevel = 1'],
  },
  {
    title: 'a parameter is set again further down',
    mainCf: (text) => `${text}smtp_tls_loglevel = 0\n`,
    expected: ['main.cf has smtp_tls_loglevel = 0 where Signet set smtp_tls_loglevel = 1'],
  },
  {
    title: 'a parameter is gone, and one that must be empty is set',
    mainCf: (text) => text.replace('smtp_tls_loglevel = 1\n', '').replace('smtp_tls_CApath =', 'smtp_tls_CApath = /x'),
    expected: [
      'main.cf has smtp_tls_CApath = /x where Signet set no smtp_tls_CApath',
      'main.cf has no smtp_tls_loglevel where Signet set smtp_tls_loglevel = 1',
    ],
  },
  {
    title: 'options are changed, removed and added',
    masterCf: (text) =>
      text
        .replace('smtpd_tls_security_level=may', 'smtpd_tls_security_level=none')
        .replace('  -o tls_server_sni_maps=\n', '  -o smtpd_tls_protocols=TLSv1\n'),
    expected: [
      'master.cf has -o smtpd_tls_protocols=TLSv1 for smtp inet, which overrides what Signet set',
      'master.cf has -o smtpd_tls_security_level=none for smtp inet where Signet set may',
      'master.cf lacks -o tls_server_sni_maps= for smtp inet',
    ],
  },
  {
    title: 'of options that the owner may set as well, only those below the mark are Signet’s',
    masterCf: (text) =>
      text.replace(
        'smtpd\n# Signet sets:\n',
        'smtpd\n  -o smtpd_tls_ask_ccert=yes\n# Signet sets:\n  -o smtpd_tls_auth_only=yes\n',
      ),
    expected: ['master.cf has -o smtpd_tls_auth_only=yes for smtp inet, which overrides what Signet set'],
  },
  {
    title: 'a service runs something else',
    masterCf: (text) => text.replace(/^(smtp .*)smtpd$/m, '$1postscreen'),
    expected: ['master.cf runs postscreen instead of smtpd for smtp inet'],
  },
  {
    title: 'a service is gone',
    masterCf: (text) => text.replace(/^smtp .*inet/m, '#smtp inet'),
    expected: ['master.cf has no service for all addresses, port 25 any more'],
  },
  {
    title: 'a service is spelled another way',
    masterCf: (text) => text.replace(/^smtp /m, '25 '),
    expected: [],
  },
];

describe('drift', () => {
  for (const { title, mainCf, masterCf, expected } of cases) {
    it(title, () => {
      assert.deepEqual(postfix.drift(edited(mainCf, masterCf), deployed), expected);
    });
  }
  it('what was changed to what is wanted by now is no drift: someone put it into Signet', () => {
    const { minimum, ...rest } = { ...settings().protocols.inbound, ciphers: 'high' as const };
    const wanted = manifest(
      { ...settings(), protocols: { ...settings().protocols, inbound: { minimum, ...rest } } },
      live,
    );
    const byHand = edited((text) => text.replaceAll(/^(smtpd_tls_\w*ciphers) = medium/gm, '$1 = high'));

    assert.notDeepEqual(postfix.drift(byHand, deployed), []);
    assert.deepEqual(postfix.drift(byHand, deployed, wanted), []);
    assert.notDeepEqual(postfix.drift(byHand, deployed, deployed), []);
  });

  it('an option, or a service, that goes by hand before it goes in Signet is no drift either', () => {
    const { public: _public, ...listeners } = settings().listeners;
    const without = manifest({ ...settings(), listeners }, live);
    const gone = edited(undefined, (text) => text.replace(/^smtp .*inet/m, '#smtp inet'));

    assert.deepEqual(postfix.drift(gone, deployed, without), []);
  });
});

function edited(mainCf = (text: string) => text, masterCf = (text: string) => text): Facts {
  if (!live.postfix) return live;
  const found = live.postfix;
  return { ...live, postfix: { ...found, mainCf: mainCf(found.mainCf), masterCf: masterCf(found.masterCf) } };
}

describe('what the owner says after a push', () => {
  const strict = { order: 1, senders: ['192.0.2.1'], policy: 'required' };
  const old = { order: 2, senders: ['192.0.2.2'], policy: 'off' };
  const given = settings({ senderGroups: { public: { strict, old } } });
  const everyList = ['client', 'sender', 'recipient', 'data']
    .map((one) => `smtpd_${one}_restrictions = permit\n`)
    .join('');

  const cases: readonly {
    readonly title: string;
    readonly before?: string;
    readonly change: (mainCf: string) => string;
    readonly expected: readonly string[];
  }[] = [
    { title: 'nothing', change: (text) => text, expected: [] },
    { title: 'nothing of it, where lists are shared', before: everyList, change: (text) => text, expected: [] },
    {
      title: 'of a list that Signet has to itself',
      change: (text) => `${text}smtpd_sender_restrictions = reject\n`,
      expected: ['smtpd_sender_restrictions = reject'],
    },
    {
      title: 'of a list that Signet has a copy of',
      before: everyList,
      change: (text) => text.replace('data_restrictions = permit', 'data_restrictions = permit_mynetworks'),
      expected: ['smtpd_data_restrictions = permit_mynetworks'],
    },
    {
      title: 'of such a list, in taking it away',
      before: everyList,
      change: (text) => text.replace('smtpd_data_restrictions = permit\n', ''),
      expected: ['no smtpd_data_restrictions'],
    },
    {
      title: 'of EHLO keywords',
      change: (text) => `${text}smtpd_discard_ehlo_keywords = dsn\n`,
      expected: ['smtpd_discard_ehlo_keywords = dsn'],
    },
    {
      title: 'of maps of EHLO keywords',
      change: (text) => `${text}smtpd_discard_ehlo_keyword_address_maps = cidr:/etc/postfix/own\n`,
      expected: ['smtpd_discard_ehlo_keyword_address_maps = cidr:/etc/postfix/own'],
    },
  ];
  for (const { title, before = '', change, expected } of cases) {
    it(`${title}, is told until it counts`, () => {
      const found = facts({ mainCf: before });
      const had = manifest(given, found);
      const live = changed(found, had);
      assert.ok(live.postfix);
      const edited = { ...live, postfix: { ...live.postfix, mainCf: change(live.postfix.mainCf) } };

      const told = expected.map(
        (one) => `${one} does not count on all addresses, port 25 until Signet has pushed again`,
      );
      assert.deepEqual(postfix.drift(edited, had), told);
      // Nothing of Signet's is lost by the push that sets it right, so nothing is in its way.
      const wanted = manifest(given, edited);
      assert.deepEqual(postfix.drift(edited, had, wanted), []);
      assert.deepEqual(postfix.drift(changed(edited, wanted, had), wanted), []);
    });
  }
});
