/** What would become of mail for a server that behaves so, by the table of outcomes that real deliveries prove. Pure. */
import { conditions, outcomes, type Condition, type Verdict } from '../../platforms/postfix/outcomes.ts';
import type { Destination } from '../../schema/types.generated.ts';
import type { Behaviour } from './peer.ts';

export interface Foretold {
  /** unknown: it depends on what cannot be seen from here. */
  readonly verdict: Verdict | 'unknown';
  /** At a later attempt, where that ends otherwise. */
  readonly later?: Verdict;
  readonly reason: string;
}

/** `records` is what TLSA records say of it, for the levels that ask; undefined when that could not be found out. */
export function foretell(
  destination: Destination,
  { peer, listed, because }: Behaviour,
  records?: Condition,
): Foretold {
  if (peer === 'unreachable') return { verdict: 'deferred', reason: because };
  const { tls } = destination;
  const asksDns = tls === 'dane' || tls === 'dane-only';
  if (asksDns && records === undefined) return unproven(tls, because);
  const condition = asksDns ? records : conditionOf(destination, listed);
  const row = outcomes.find((one) => one.level === tls && one.peer === peer && one.condition === condition);
  if (!row) throw new Error(`the table of outcomes has no row for ${tls}, ${condition ?? 'no condition'}, ${peer}`);
  return {
    verdict: row.verdict,
    ...(row.later === undefined ? {} : { later: row.later }),
    reason:
      asksDns && condition !== undefined
        ? `${conditions[condition]}, and ${because}`
        : reasonOf(row.verdict, destination, { peer, listed, because }),
  };
}

/** Any list of names counts as the one of the table, as the certificate was held against it already. */
function conditionOf({ tls, match }: Destination, listed: boolean): Condition | undefined {
  if (tls === 'required-verify') return match ? 'match' : 'hostname';
  if (tls === 'fingerprint') return listed ? 'listed' : 'not-listed';
  return undefined;
}

function reasonOf(verdict: Verdict, { tls }: Destination, { peer, listed, because }: Behaviour): string {
  const withTls = !['not-offered', 'refused', 'handshake-fails'].includes(peer);
  if (tls === 'none') return 'TLS is not tried';
  if (tls === 'fingerprint' && withTls) return listed ? 'its fingerprint is listed' : 'its fingerprint is not listed';
  if (verdict === 'unverified' && peer !== 'valid') return `${tls} does not look at the certificate, though ${because}`;
  if (verdict === 'unverified') return `${tls} does not look at the certificate, which holds`;
  return verdict === 'deferred' ? `${tls} does not send mail where ${because}` : because;
}

/** TLSA records count only when a resolver that the machine trusts has proven them (RFC 7672 2.2). */
function unproven(tls: 'dane' | 'dane-only', because: string): Foretold {
  return {
    verdict: 'unknown',
    reason: `${because}, but what ${tls} demands is in TLSA records, and no resolver of the machine can be asked from here; "posttls-finger -l ${tls}" there tells`,
  };
}

/** Of all servers of a domain: Postfix goes on to the next one as long as it cannot deliver (RFC 5321 5.1). */
export function together(hosts: readonly Foretold[]): Foretold {
  if (hosts.length === 0) return { verdict: 'deferred', reason: 'there is no server to send it to' };
  const decisive = hosts.find(({ verdict }) => verdict !== 'deferred');
  if (decisive) return decisive;
  return hosts.find(({ later }) => later !== undefined) ?? hosts[0] ?? { verdict: 'deferred', reason: '' };
}
