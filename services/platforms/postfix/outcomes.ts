/**
 * What becomes of a message, by level and by how the other server behaves: one table. docs/outcomes.md shows it, and every row of it is
 * played with real mail (test/scenarios/outbound.test.ts).
 */
import type { Destination } from '../../schema/types.generated.ts';

/** clear: delivered without TLS; unverified, verified: delivered over TLS; deferred: stays in the queue and is tried again. */
export type Verdict = 'clear' | 'unverified' | 'verified' | 'deferred';

export interface Outcome {
  readonly level: Destination['tls'];
  /** What else it depends on: the destination's `match`, what is listed, or what the DNS says. */
  readonly condition?: Condition;
  readonly peer: Peer;
  /** At the first attempt. */
  readonly verdict: Verdict;
  /** At a later attempt, of a message that has been in the queue for `minimal_backoff_time`; where it differs from the first. */
  readonly later?: Verdict;
  readonly note?: string;
}

/** How the server of a destination behaves. What it shows from `self-signed` on is its certificate. */
export const peers = {
  'not-offered': 'STARTTLS is not offered',
  refused: 'STARTTLS is refused (454)',
  'handshake-fails': 'the handshake fails after 220',
  'self-signed': 'self-signed, right name',
  'wrong-name': 'trusted authority, another name',
  expired: 'trusted authority, right name, expired',
  'exchanger-name': 'trusted authority, only the name of a mail exchanger in another domain',
  valid: 'trusted authority, name of a mail exchanger in the domain',
} as const satisfies Readonly<Record<string, string>>;

export type Peer = keyof typeof peers;

/** The servers whose chain leads to an authority of the trust lists and holds today. */
const trusted: readonly Peer[] = ['wrong-name', 'exchanger-name', 'valid'];

export const conditions = {
  hostname: 'without `match`',
  match: '`match` is `["nexthop", "dot-nexthop"]`',
  listed: 'its fingerprint is listed',
  'not-listed': 'only another one is listed',
  unsigned: 'the zone is not signed',
  'insecure-exchanger': 'the zone is not signed, that of the mail exchanger is, with a TLSA record of its key',
  // postconf smtp_tls_dane_insecure_mx_policy
  'insecure-exchanger-default':
    'the zone is not signed, that of the mail exchanger is, with a TLSA record of its key, and `destinations/default` is `dane`',
  'no-records': 'signed, no TLSA records',
  unusable: 'signed, only unusable TLSA records',
  'key-matches': 'signed, a TLSA record of its key (3 1 1)',
  'key-differs': 'signed, a TLSA record of another key (3 1 1)',
  'authority-matches': 'signed, a TLSA record of the trusted authority (2 1 1)',
  'lookup-fails': 'the TLSA records cannot be looked up',
} as const satisfies Readonly<Record<string, string>>;

export type Condition = keyof typeof conditions;

/** What the mail log of Postfix says of it, as a part of the line; undefined where mail goes in clear, as nothing is said of that. */
export function logged({ level, condition, peer, verdict }: Outcome): string | undefined {
  switch (verdict) {
    case 'clear':
      return undefined;
    case 'unverified':
      return `${trusted.includes(peer) || condition === 'insecure-exchanger-default' ? 'Trusted' : 'Untrusted'} TLS connection established`;
    case 'verified':
      return 'Verified TLS connection established';
    case 'deferred':
      return (condition && lookups[level]?.[condition]) ?? withoutTls[peer] ?? 'Server certificate not verified';
  }
}

/** Said before any server is asked. */
const lookups: Partial<Readonly<Record<Destination['tls'], Partial<Readonly<Record<Condition, string>>>>>> = {
  dane: { 'lookup-fails': 'TLSA lookup error' },
  'dane-only': {
    unsigned: 'non DNSSEC destination',
    'insecure-exchanger': 'non DNSSEC destination',
    'no-records': 'no TLSA records found',
    unusable: 'TLSA records unusable',
    'lookup-fails': 'TLSA lookup error',
  },
};

const withoutTls: Partial<Readonly<Record<Peer, string>>> = {
  'not-offered': 'TLS is required, but was not offered by host',
  refused: 'refused to start TLS',
  'handshake-fails': 'Cannot start TLS',
};

type Cell = Verdict | Omit<Outcome, 'level' | 'condition' | 'peer'>;
type Cells = Readonly<Record<Peer, Cell>>;

// smtp.h, PLAINTEXT_FALLBACK_OK_AFTER_STARTTLS_FAILURE
const inClearLater: Cell = {
  verdict: 'deferred',
  later: 'clear',
  note: 'Postfix turns to clear text with a message that has waited for minimal_backoff_time; the appliance does not once a server has said 220',
};

const none = every('clear');
const opportunistic: Cells = {
  ...every('unverified'),
  'not-offered': 'clear',
  refused: 'clear',
  'handshake-fails': inClearLater,
};
const mandatory = overTls('unverified');
const never = every('deferred');

/** With DANE, what the certificate says beside its key counts only where the record is of an authority (RFC 7672 3.1). */
const dane = {
  'key-matches': overTls('verified'),
  'key-differs': never,
  'authority-matches': { ...never, 'exchanger-name': 'verified', valid: 'verified' },
  'lookup-fails': never,
} as const satisfies Partial<Record<Condition, Cells>>;

const table: Readonly<Record<Destination['tls'], Cells | Partial<Readonly<Record<Condition, Cells>>>>> = {
  none,
  preferred: opportunistic,
  'preferred-verify': opportunistic,
  required: mandatory,
  'required-verify': {
    hostname: { ...never, 'exchanger-name': 'verified', valid: 'verified' },
    match: { ...never, valid: 'verified' },
  },
  dane: {
    unsigned: opportunistic,
    'insecure-exchanger': opportunistic,
    // The key is checked. Whether it is the domain's mail exchanger at all is not known.
    'insecure-exchanger-default': overTls('unverified'),
    'no-records': opportunistic,
    unusable: mandatory,
    ...dane,
  },
  'dane-only': { unsigned: never, 'insecure-exchanger': never, 'no-records': never, unusable: never, ...dane },
  fingerprint: { listed: overTls('verified'), 'not-listed': never },
};

export const outcomes: readonly Outcome[] = Object.entries(table).flatMap(([level, cells]) =>
  'valid' in cells
    ? rows({ level: level as Destination['tls'] }, cells)
    : Object.entries(cells).flatMap(([condition, each]) =>
        rows({ level: level as Destination['tls'], condition: condition as Condition }, each),
      ),
);

function rows(of: Pick<Outcome, 'level' | 'condition'>, cells: Cells): readonly Outcome[] {
  return Object.entries(cells).map(([peer, cell]) => ({
    ...of,
    peer: peer as Peer,
    ...(typeof cell === 'string' ? { verdict: cell } : cell),
  }));
}

function every(verdict: Verdict): Cells {
  return Object.fromEntries(Object.keys(peers).map((peer) => [peer, verdict])) as unknown as Cells;
}

/** The same for every certificate; deferred where there is no TLS to show one. */
function overTls(verdict: Verdict): Cells {
  return { ...every(verdict), 'not-offered': 'deferred', refused: 'deferred', 'handshake-fails': 'deferred' };
}
