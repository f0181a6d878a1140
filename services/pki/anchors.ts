/** The roots that chains may lead to, found by name, and proven by signature. */
import type { X509Certificate } from 'node:crypto';

import type { Certificate } from './certificate.ts';

export interface Anchor {
  readonly x509: X509Certificate;
  /** Who trusts it: the system, or the name of a trust list or of an authority. */
  readonly source: string;
}

export type Anchors = ReadonlyMap<string, readonly Anchor[]>;

/** Anchors by subject; where several hold the same one, the first source counts. */
export function anchorsBySubject(all: Iterable<Anchor>): Anchors {
  const found = new Map<string, Anchor[]>();
  for (const anchor of all) {
    const same = found.get(anchor.x509.subject);
    if (same) same.push(anchor);
    else found.set(anchor.x509.subject, [anchor]);
  }
  return found;
}

/** The anchor that is `top` itself or issued it, one that is still valid if there is one. */
export function anchorOf({ x509: top }: Certificate, anchors: Anchors, now: Date): Anchor | undefined {
  const itself = (anchors.get(top.subject) ?? []).filter(({ x509 }) => x509.fingerprint256 === top.fingerprint256);
  const issuers = (anchors.get(top.issuer) ?? []).filter(
    ({ x509 }) => top.checkIssued(x509) && top.verify(x509.publicKey),
  );
  const fitting = [...itself, ...issuers];
  return fitting.find(({ x509 }) => new Date(x509.validTo) >= now) ?? fitting[0];
}
