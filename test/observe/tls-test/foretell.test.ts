import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, describe, it } from 'node:test';

import type { Conversation, StepName } from '../../../services/conversation/converse.ts';
import type { FaultKind } from '../../../services/conversation/peer-fault.ts';
import { foretell, together, type Foretold } from '../../../services/observe/tls-test/foretell.ts';
import { matches } from '../../../services/observe/tls-test/match.ts';
import { behaviour, type Demands } from '../../../services/observe/tls-test/peer.ts';
import { anchorsBySubject } from '../../../services/pki/anchors.ts';
import { readCertificate } from '../../../services/pki/certificate.ts';
import { outcomes, type Outcome, type Peer } from '../../../services/platforms/postfix/outcomes.ts';
import type { Destination } from '../../../services/schema/types.generated.ts';
import { hostname, makeChains, pemOf, type Made } from '../probe/chains.ts';
import { removeFolder, temporaryFolder, withoutOpenssl } from '../../pki/openssl.ts';

const folder = withoutOpenssl ? '' : temporaryFolder();
if (!withoutOpenssl) makeChains(folder);
const der = (name: Made) => new X509Certificate(pemOf(folder, name)).raw;
const anchors = withoutOpenssl
  ? anchorsBySubject([])
  : anchorsBySubject([{ x509: new X509Certificate(der('root')), source: 'test' }]);

function broken(step: StepName, fault: FaultKind, detail: string = fault): Conversation {
  return { steps: [{ step, fault, detail, milliseconds: 1 }], chain: [] };
}

function tls(protocol: string, ...chain: readonly Made[]): Conversation {
  const steps = [{ step: 'handshake', detail: '', milliseconds: 1 }] as const;
  return { steps, session: { protocol, cipher: 'X' }, chain: chain.map(der) };
}

/** What a probe sees of each kind of server in the table, and the domain whose mail it takes. */
const servers: Readonly<Record<Peer, { readonly seen: () => Conversation; readonly domain?: string }>> = {
  'not-offered': { seen: () => broken('starttls', 'not-offered') },
  refused: { seen: () => broken('starttls', 'starttls-refused') },
  'handshake-fails': { seen: () => broken('handshake', 'alert') },
  'self-signed': { seen: () => tls('TLSv1.3', 'own') },
  'wrong-name': { seen: () => tls('TLSv1.3', 'other-name', 'inner', 'outer'), domain: 'elsewhere.example' },
  expired: { seen: () => tls('TLSv1.3', 'expired', 'inner', 'outer') },
  'exchanger-name': { seen: () => tls('TLSv1.3', 'leaf', 'inner', 'outer'), domain: 'elsewhere.example' },
  valid: { seen: () => tls('TLSv1.3', 'leaf', 'inner', 'outer') },
};

/** Only what a probe can know: TLSA records are for the machine's own resolver. */
const known = outcomes.filter(({ level }) => level !== 'dane' && level !== 'dane-only');

function destinationOf({ level, condition, peer }: Outcome): Destination {
  const match = condition === 'match' ? { match: ['nexthop', 'dot-nexthop'] } : {};
  const [leaf] = servers[peer].seen().chain;
  const own = leaf ? readCertificate(leaf) : undefined;
  const listed = condition === 'listed' ? (own?.key ?? 'none') : '0'.repeat(64);
  return { tls: level, ...match, ...(level === 'fingerprint' ? { fingerprints: [listed] } : {}) };
}

function demands(destination: Destination, domain = 'example.test'): Demands {
  const names = { domain, host: hostname };
  return { destination, names, anchors, minimum: 'TLSv1.2', now: new Date() };
}

describe('what would become of mail', { skip: withoutOpenssl }, () => {
  after(() => removeFolder(folder));

  for (const row of known) {
    it(`for ${row.level}${row.condition ? ` (${row.condition})` : ''}, ${row.peer}, is what real mail proved: ${row.verdict}`, () => {
      const { seen, domain } = servers[row.peer];
      const destination = destinationOf(row);

      const told = foretell(destination, behaviour(seen(), demands(destination, domain)));

      assert.deepEqual([told.verdict, told.later], [row.verdict, row.later], told.reason);
      assert.notEqual(told.reason, '');
    });
  }

  const told = (destination: Destination, seen: Conversation, changes: Partial<Demands> = {}) => {
    const { verdict, reason } = foretell(destination, behaviour(seen, { ...demands(destination), ...changes }));
    return `${verdict}: ${reason}`;
  };

  it('is said with its reason', () => {
    const verify: Destination = { tls: 'required-verify' };

    assert.deepEqual(
      [
        told({ tls: 'preferred' }, broken('starttls', 'not-offered', 'STARTTLS is not offered')),
        told({ tls: 'required' }, broken('starttls', 'starttls-refused', 'answered "454 no" to STARTTLS')),
        told({ tls: 'required' }, tls('TLSv1.3', 'leaf')),
        told(verify, tls('TLSv1.3', 'leaf')),
        told(verify, tls('TLSv1.3', 'other-name', 'inner', 'outer')),
        told(verify, tls('TLSv1.3', 'leaf', 'inner', 'outer')),
        told({ tls: 'none' }, tls('TLSv1.3', 'own')),
      ],
      [
        'clear: STARTTLS is not offered',
        'deferred: required does not send mail where answered "454 no" to STARTTLS',
        'unverified: required does not look at the certificate, though its chain leads to no authority of outbound/trust',
        'deferred: required-verify does not send mail where its chain leads to no authority of outbound/trust',
        'deferred: required-verify does not send mail where its certificate is for other.example.test, and hostname is asked for',
        'verified: its chain and its name hold',
        'clear: TLS is not tried',
      ],
    );
  });

  it('takes the lowest protocol of the machine into account', () => {
    const old = tls('TLSv1', 'leaf', 'inner', 'outer');

    assert.match(
      told({ tls: 'required' }, old),
      /^deferred: .* nothing newer than TLSv1, and TLSv1.2 is the least here$/,
    );
    assert.match(told({ tls: 'required' }, old, { minimum: 'TLSv1' }), /^unverified: /);
  });

  it('is without TLS at a server that knows no extensions, and nothing at one that cannot be reached', () => {
    assert.match(told({ tls: 'preferred' }, broken('ehlo', 'not-esmtp')), /^clear: /);
    assert.match(told({ tls: 'none' }, broken('connect', 'port-closed')), /^deferred: port-closed$/);
    assert.match(told({ tls: 'none' }, broken('greeting', 'turned-away')), /^deferred: turned-away$/);
  });

  it('is not known under DANE, as the records cannot be proven from here', () => {
    assert.match(
      told({ tls: 'dane' }, tls('TLSv1.3', 'own')),
      /^unknown: .*no resolver .*"posttls-finger -l dane" there tells$/,
    );
  });
});

describe('the names of a certificate', () => {
  const names = { domain: 'example.test', host: 'mx1.example.test' };
  const cases: readonly (readonly [carried: string, pattern: string, matches: boolean])[] = [
    ['mx1.example.test', 'hostname', true],
    ['MX1.example.test', 'hostname', true],
    ['*.example.test', 'hostname', true],
    ['*.test', 'hostname', false],
    ['example.test', 'hostname', false],
    ['example.test', 'nexthop', true],
    ['mx1.example.test', 'nexthop', false],
    ['mx9.example.test', 'dot-nexthop', true],
    ['*.example.test', 'dot-nexthop', true],
    ['example.test', 'dot-nexthop', false],
    ['badexample.test', 'dot-nexthop', false],
    ['mail.partner.test', '.partner.test', true],
    ['partner.test', '.partner.test', false],
    ['mail.partner.test', 'mail.partner.test', true],
    ['mail.partner.test', 'partner.test', false],
  ];
  for (const [carried, pattern, expected] of cases) {
    it(`${carried} ${expected ? 'fits' : 'does not fit'} ${pattern}`, () => {
      assert.equal(matches([carried], [pattern], names), expected);
    });
  }
});

describe('several servers', () => {
  const say = (verdict: Foretold['verdict'], reason: string, later?: Foretold['later']): Foretold => ({
    ...{ verdict, reason },
    ...(later === undefined ? {} : { later }),
  });

  it('are tried in order, until one takes the mail', () => {
    assert.equal(together([say('deferred', 'a'), say('verified', 'b'), say('clear', 'c')]).reason, 'b');
    assert.equal(together([say('deferred', 'a'), say('deferred', 'b', 'clear')]).reason, 'b');
    assert.equal(together([say('deferred', 'a'), say('deferred', 'b')]).reason, 'a');
    assert.equal(together([]).verdict, 'deferred');
  });
});
