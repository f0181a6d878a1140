/** Each row of the table of outcomes as a domain of its own: where its mail goes, who answers there, and what its destination says. */
import { outcomes, peers, type Outcome, type Peer } from '../../../services/platforms/postfix/outcomes.ts';
import type { Destination } from '../../../services/schema/types.generated.ts';
import type { Identities } from './identities.ts';

export interface Play {
  readonly row: Outcome;
  readonly domain: string;
  /** The host that the MX record of the domain names. */
  readonly exchanger: string;
}

/** Rows of one level and condition, and what they are called. */
export interface Group {
  readonly name: string;
  readonly plays: readonly Play[];
}

/** The domains have a destination each. */
export const byDomain: readonly Group[] = groupsOf('row', (row) => row.condition !== 'insecure-exchanger-default');

/** The domains have none, so that `default` decides. TLSA records of other kinds differ in nothing that a destination could change. */
export const byDefault: readonly Group[] = groupsOf(
  'default',
  ({ condition }) =>
    condition === undefined ||
    ['hostname', 'match', 'listed', 'unsigned', 'insecure-exchanger-default', 'key-matches'].includes(condition),
);

/** The last number of a peer's address; the first ones are the lab's. */
export function hostNumber(peer: Peer): number {
  return 201 + Object.keys(peers).indexOf(peer);
}

/** The same for all plays of a group. */
export function destination({ row: { level, condition } }: Play, identities: Identities): Destination {
  if (condition === 'match') return { tls: 'required-verify', match: ['nexthop', 'dot-nexthop'] };
  if (level !== 'fingerprint') return { tls: level };
  const shown = (Object.keys(peers) as Peer[]).map((peer) => identities.of(peer).fingerprint);
  return { tls: level, fingerprints: condition === 'listed' ? shown : ['0'.repeat(64)] };
}

export function recipient({ domain }: Play, user = 'postmaster'): string {
  return `${user}@${domain}`;
}

function groupsOf(by: string, taken: (row: Outcome) => boolean): readonly Group[] {
  const groups = new Map<string, Play[]>();
  for (const row of outcomes.filter(taken)) {
    const name = `${row.level}${row.condition === undefined ? '' : `-${row.condition}`}`;
    groups.set(name, [...(groups.get(name) ?? []), play(row, `${name}.${by}`)]);
  }
  return [...groups].map(([name, plays]) => ({ name, plays }));
}

function play(row: Outcome, group: string): Play {
  const { condition = '', peer } = row;
  const signed = /^(no-records|unusable|key-|authority-|lookup-)/.test(condition);
  const hosts = signed || condition.startsWith('insecure-exchanger') ? 'signed.test' : 'plain.test';
  return {
    row,
    domain: `${peer}.${group}.${signed ? 'signed.test' : 'plain.test'}`,
    exchanger: peer === 'exchanger-name' ? `mx.${group}.elsewhere.${hosts}` : `mx.${peer}.${group}.${hosts}`,
  };
}
