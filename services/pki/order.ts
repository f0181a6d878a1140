/** Puts certificates that came in any order into the chain a server sends: leaf first, each one issued by the next (RFC 5246 7.4.2). */
import { NamedError, type Finding } from '../errors.ts';
import { subjectOf, type Certificate } from './certificate.ts';
import { finding } from './lint/rules.ts';

export interface Ordered {
  /** Leaf first, without the root. */
  readonly chain: readonly [Certificate, ...Certificate[]];
  /** One for each repair: what was moved or left out, and why. */
  readonly findings: readonly Finding[];
}

/**
 * Orders `certificates` for the key with the id `key`. Duplicates, the root and further certificates of an issuer already
 * in the chain, of the same key or another, are left out with a finding each. Throws `key-mismatch` when none fits the key, and `bad-certificate` when
 * several do or when one has nothing to do with the leaf.
 */
export function order(certificates: readonly Certificate[], key: string, now: Date): Ordered {
  const distinct = certificates.filter(
    ({ sha256 }, index) => certificates.findIndex((one) => one.sha256 === sha256) === index,
  );
  const leaf = theLeaf(distinct, key);
  const chain = climb(leaf, distinct, now);
  const kept = chain.filter((one, index) => index === 0 || !one.selfSigned);
  const related = ancestors(leaf, distinct);
  const unrelated = distinct.filter((one) => one !== leaf && !related.has(one));
  const stranger = unrelated.find((one) => !isNamesake(one, chain));
  if (stranger) throw unrelatedTo(leaf, stranger);
  return { chain: [leaf, ...kept.slice(1)], findings: repairs(certificates, distinct, kept, unrelated) };
}

function theLeaf(certificates: readonly Certificate[], key: string): Certificate {
  const [leaf, another] = certificates.filter((one) => one.key === key);
  if (!leaf) {
    const names = certificates.map(subjectOf).join('; ');
    throw new NamedError(
      'key-mismatch',
      `the private key fits none of the certificates (${names}); send the key that was made for this certificate`,
    );
  }
  if (another) {
    throw new NamedError(
      'bad-certificate',
      `two certificates fit the private key (${subjectOf(leaf)} and ${subjectOf(another)}); send only the one to use`,
      {
        facts: { reason: 'two-leaves' },
      },
    );
  }
  return leaf;
}

/** Another key of an authority that is in the chain: what it signed with before, or since. */
function isNamesake({ x509 }: Certificate, [, ...issuers]: readonly Certificate[]): boolean {
  return issuers.some((one) => one.x509.subject === x509.subject);
}

/** From the leaf to the last issuer that is there; at a fork (cross-signed or re-issued authorities) to the better one. */
export function climb(leaf: Certificate, certificates: readonly Certificate[], now: Date): readonly Certificate[] {
  const chain = [leaf];
  for (let top = leaf; !top.selfSigned;) {
    const [next] = certificates
      .filter((one) => !chain.includes(one) && issued(one, top))
      .sort((a, b) => preference(a, b, now));
    if (!next) break;
    chain.push(next);
    top = next;
  }
  return chain;
}

/** Valid ones first, then those that lead further than to a root, then those that last longer. */
function preference(a: Certificate, b: Certificate, now: Date): number {
  const valid = ({ notBefore, notAfter }: Certificate) => notBefore <= now && now <= notAfter;
  return (
    Number(valid(b)) - Number(valid(a)) ||
    Number(a.selfSigned) - Number(b.selfSigned) ||
    b.notAfter.getTime() - a.notAfter.getTime()
  );
}

/** Everything that issued the leaf, or issued something that did. */
function ancestors(leaf: Certificate, certificates: readonly Certificate[]): ReadonlySet<Certificate> {
  const found = new Set<Certificate>();
  const visit = (from: Certificate) => {
    for (const one of certificates) {
      if (one === leaf || found.has(one) || !issued(one, from)) continue;
      found.add(one);
      visit(one);
    }
  };
  visit(leaf);
  return found;
}

/** The finding for certificates that were given more than once; none when there were none. */
export function duplicated(count: number): readonly Finding[] {
  if (count === 0) return [];
  return [
    finding(
      'duplicate',
      count === 1
        ? '1 certificate was there twice and is kept once'
        : `${count} certificates were there already and are kept once`,
    ),
  ];
}

/** By name, key identifiers and key usage (checkIssued), then by signature. */
function issued(issuer: Certificate, certificate: Certificate): boolean {
  return certificate.x509.checkIssued(issuer.x509) && certificate.x509.verify(issuer.x509.publicKey);
}

function repairs(
  given: readonly Certificate[],
  distinct: readonly Certificate[],
  chain: readonly Certificate[],
  stale: readonly Certificate[],
): readonly Finding[] {
  const duplicates = given.length - distinct.length;
  const left = distinct.filter((one) => !chain.includes(one) && !stale.includes(one));
  const inPlace = distinct.filter((one) => chain.includes(one)).every((one, index) => one === chain[index]);
  return [
    ...duplicated(duplicates),
    ...(inPlace
      ? []
      : [finding('order', 'the certificates were not in order and are now, from the leaf to its issuers')]),
    ...left.map((one) =>
      one.selfSigned
        ? finding('root-included', `the root ${subjectOf(one)} was left out: whoever verifies must have it already`)
        : finding(
            'spare-issuer',
            `${subjectOf(one)}, valid until ${day(one.notAfter)}, was left out: another certificate of this authority leads on`,
          ),
    ),
    ...stale.map((one) =>
      finding(
        'stale-issuer',
        `${subjectOf(one)}, valid until ${day(one.notAfter)}, was left out: it has another key than the one that signed this chain`,
      ),
    ),
  ];
}

function day(time: Date): string {
  return time.toISOString().slice(0, 10);
}

function unrelatedTo(leaf: Certificate, stranger: Certificate): NamedError {
  return new NamedError(
    'bad-certificate',
    `${subjectOf(stranger)} is neither the certificate of the private key nor an issuer of ${subjectOf(leaf)}; send the file without it`,
    { facts: { reason: 'unrelated' } },
  );
}
