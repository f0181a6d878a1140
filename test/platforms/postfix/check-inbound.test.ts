import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { postfix } from '../../../services/platforms/postfix/postfix.ts';
import type { SenderGroup, Settings } from '../../../services/schema/types.generated.ts';
import { fixture, facts, input, listener, manifest, policy, settings, type Sections } from './sample.ts';

interface Case {
  readonly title: string;
  readonly settings: Sections;
  readonly mainCf?: string;
  readonly masterCf?: string;
  /** Pointer, and what the detail must say. */
  readonly expected: readonly (readonly [string, RegExp])[];
}

const policies: Settings['mailFlowPolicies'] = {
  default: policy(),
  off: policy({ tls: 'off' }),
  required: policy({ tls: 'required' }),
  asked: policy({ clientCertificate: 'ask' }),
  certified: policy({ tls: 'required', clientCertificate: 'require', trust: ['partners'] }),
};
const trust: Settings['trust'] = {
  system: { source: 'system' },
  partners: { source: 'bundle', bundle: '7'.repeat(64) },
};
const everyList = ['client', 'sender', 'recipient', 'data']
  .map((one) => `smtpd_${one}_restrictions = permit\n`)
  .join('');

const cases: readonly Case[] = [
  {
    title: 'clients told apart by address are in order, whatever their policies',
    settings: flow({
      off: group(1, 'off', '192.0.2.1'),
      required: group(2, 'required', '192.0.2.0/24'),
      certified: group(3, 'certified', '2001:db8::/32'),
    }),
    expected: [],
  },
  {
    title: 'a host name that turns TLS off is refused, as Postfix withholds STARTTLS by address',
    settings: flow({ old: group(1, 'off', '.old.example') }),
    expected: [
      ['/senderGroups/public/old/policy', /turns TLS off for \.old\.example.*own policy offers it; list the addresses/],
    ],
  },
  {
    title: 'a host name that turns TLS off is fine where everyone after it has none either',
    settings: flow({ first: group(0, 'required', '192.0.2.1'), old: group(1, 'off', 'old.example') }, 'off'),
    expected: [],
  },
  {
    title:
      'a host name that offers TLS is refused before addresses that turn it off, and the order that would do is named',
    settings: flow({ partner: group(1, 'required', 'mail.example'), old: group(2, 'off', '192.0.2.0/24') }),
    expected: [['/senderGroups/public/partner/order', /sender group old turns TLS off; .* a larger order than old/]],
  },
  {
    title: 'a host name that offers TLS is fine behind them',
    settings: flow({ partner: group(2, 'required', 'mail.example'), old: group(1, 'off', '192.0.2.0/24') }),
    expected: [],
  },
  {
    title: 'a host name that offers TLS is refused where the listener itself has none',
    settings: flow({ partner: group(1, 'required', 'mail.example'), net: group(0, 'required', '192.0.2.1') }, 'off'),
    expected: [['/senderGroups/public/partner/policy', /offers TLS to mail\.example.*own policy turns TLS off/]],
  },
  {
    title: 'clients without a name are no exception',
    settings: flow({ nameless: group(1, 'off', 'unknown') }),
    expected: [['/senderGroups/public/nameless/policy', /turns TLS off for unknown/]],
  },
  {
    title: 'a sender group without TLS on a listener that starts with it is refused',
    settings: {
      ...flow({}),
      listeners: { submissions: listener({ port: 465, tls: 'implicit' }) },
      senderGroups: { submissions: { old: group(1, 'off', '192.0.2.1') } },
    },
    expected: [['/senderGroups/submissions/old/policy', /starts TLS at once, but policy off of its sender group old/]],
  },
  {
    title: 'a client certificate without TLS is refused',
    settings: {
      ...flow({}, 'odd'),
      mailFlowPolicies: { odd: policy({ tls: 'off', clientCertificate: 'ask' }) },
    },
    expected: [['/mailFlowPolicies/odd/clientCertificate', /turns TLS off, and without TLS no client can show/]],
  },
  {
    title: 'a client certificate that clear text goes round is refused',
    settings: { ...flow({}, 'odd'), mailFlowPolicies: { odd: policy({ clientCertificate: 'require' }) } },
    expected: [['/mailFlowPolicies/odd/clientCertificate', /requires a client certificate but not TLS/]],
  },
  {
    title: 'a client certificate without a trust list is refused, once for all listeners',
    settings: {
      ...flow({}, 'odd'),
      listeners: { public: listener({ policy: 'odd' }), again: listener({ port: 587, policy: 'odd' }) },
      mailFlowPolicies: { odd: policy({ clientCertificate: 'ask', trust: [] }) },
    },
    expected: [['/mailFlowPolicies/odd/trust', /without a trust list none would verify; name a list/]],
  },
  {
    title: 'different trust lists on one listener are refused',
    settings: flow({ a: group(1, 'asked', '192.0.2.1'), b: group(2, 'certified', '192.0.2.2') }),
    expected: [['/mailFlowPolicies/certified/trust', /policies asked and certified check .* different trust lists/]],
  },
  {
    title: 'different rules for logging in on one listener are refused',
    settings: {
      ...flow({ a: group(1, 'loose', '192.0.2.1') }, 'strict'),
      mailFlowPolicies: { strict: policy({ tlsBeforeAuth: true }), loose: policy({ tlsBeforeAuth: false }) },
    },
    expected: [['/mailFlowPolicies/loose/tlsBeforeAuth', /policies strict and loose differ in tlsBeforeAuth/]],
  },
  {
    title: 'certificates that are asked for by address, and something else by name behind it, are refused',
    settings: flow({ a: group(1, 'asked', '192.0.2.1'), b: group(2, 'required', 'mail.example') }),
    expected: [['/senderGroups/public', /cannot tell its clients apart: client certificates are asked for/]],
  },
  {
    title: 'names in front of addresses are fine with certificates that are asked for',
    settings: flow({ a: group(2, 'asked', '192.0.2.1', 'a.example'), b: group(1, 'required', 'mail.example') }),
    expected: [],
  },
  {
    title: 'what needs a restriction list to itself is refused where the owner uses them all',
    settings: flow({ a: group(1, 'certified', '192.0.2.1') }),
    mainCf: everyList,
    expected: [
      ['/senderGroups/public', /needs one of smtpd_sender_restrictions, .* to itself, and the machine sets them all/],
    ],
  },
  {
    title: 'a list that is gone through before TLS does not count as free',
    settings: flow({ a: group(1, 'certified', '192.0.2.1') }),
    mainCf: `${everyList.replace('smtpd_client_restrictions = permit\n', '')}smtpd_delay_reject = no\n`,
    expected: [['/senderGroups/public', /to itself/]],
  },
  {
    title: 'a check that needs no permit shares a list with its owner',
    settings: flow({ a: group(1, 'required', '192.0.2.1', 'mail.example') }),
    mainCf: everyList,
    expected: [],
  },
  {
    title: 'names are worth a warning where the machine looks none up',
    settings: flow({ a: group(1, 'required', 'mail.example', '192.0.2.1') }),
    mainCf: 'smtpd_peername_lookup = no\n',
    expected: [['/senderGroups/public/a/senders', /smtpd_peername_lookup = no .* never match/]],
  },
  {
    title: 'an address that another group has first is worth a warning, where it would get something else',
    settings: flow({
      net: group(1, 'required', '192.0.2.0/24'),
      old: group(2, 'off', '198.51.100.1', '192.0.2.7', '192.0.2.8'),
      same: group(3, 'required', '192.0.2.9'),
    }),
    expected: [
      [
        '/senderGroups/public/old/senders',
        /192\.0\.2\.7 in sender group old never matches, as net has 192\.0\.2\.0\/24/,
      ],
    ],
  },
  {
    title: 'logins in clear are worth a warning where no policy says whether they may be',
    settings: flow({}),
    mainCf: 'smtpd_sasl_auth_enable = yes\n',
    expected: [['/listeners/public/policy', /lets clients log in without TLS.*set tlsBeforeAuth/]],
  },
  {
    title: 'but not where the owner, a policy or the level of TLS says that they may not',
    settings: {
      ...flow({}),
      listeners: {
        public: listener(),
        said: listener({ port: 2525, policy: 'said' }),
        tls: listener({ port: 587, policy: 'required' }),
      },
      mailFlowPolicies: { ...policies, said: policy({ tlsBeforeAuth: false }) },
    },
    mainCf: 'smtpd_sasl_auth_enable = yes\n',
    masterCf: 'smtp inet n - y - - smtpd\n  -o smtpd_tls_auth_only=yes\n',
    expected: [],
  },
  {
    title: 'lines of one listener on which the owner withholds different keywords are refused',
    settings: flow({ a: group(1, 'off', '192.0.2.1') }),
    masterCf: '0.0.0.0:25 inet n - y - - smtpd\n  -o smtpd_discard_ehlo_keywords=dsn\n[::]:25 inet n - y - - smtpd\n',
    expected: [['/senderGroups/public', /smtpd_discard_ehlo_keywords, which master\.cf sets differently/]],
  },
];

describe('check of sender groups', () => {
  for (const { title, settings: sections, mainCf, masterCf, expected } of cases) {
    it(title, () => {
      const found = facts({
        ...(mainCf === undefined ? {} : { mainCf: fixture('debian-12', 'main.cf') + mainCf }),
        ...(masterCf === undefined ? {} : { masterCf }),
      });

      const findings = postfix.check(input(settings({ trust, ...sections }), found));

      assert.deepEqual(
        findings.map(({ pointer }) => pointer),
        expected.map(([pointer]) => pointer),
      );
      for (const [index, [, detail]] of expected.entries()) assert.match(findings[index]?.detail ?? '', detail);
      for (const { detail } of findings) assert.doesNotMatch(detail, /\.$/);
    });
  }

  it('keeps what a commit refuses from being rendered as something else', () => {
    const given = settings({ trust, ...flow({ old: group(1, 'off', 'old.example') }) });

    assert.throws(() => manifest(given, facts()), /turns TLS off for old\.example/);
  });
});

function flow(groups: Readonly<Record<string, SenderGroup>>, standard = 'default'): Sections {
  return {
    mailFlowPolicies: policies,
    listeners: { public: listener({ policy: standard }) },
    senderGroups: { public: groups },
  };
}

function group(order: number, name: string, ...senders: readonly string[]): SenderGroup {
  return { order, senders, policy: name };
}
