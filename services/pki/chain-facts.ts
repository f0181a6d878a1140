/** What rendering, checks and status may know of a stored chain: facts, never the key. */
import { hostNames, purposes, type Purpose } from './certificate-details.ts';
import { issuerOf, subjectOf, type Certificate } from './certificate.ts';

export interface ChainFacts {
  /** SHA-256 of the leaf's DER, lower-case hexadecimal. */
  readonly leaf: string;
  /** SHA-256 of the leaf's SubjectPublicKeyInfo: the id of the key it belongs to. */
  readonly key: string;
  readonly subject: string;
  readonly issuer: string;
  /** DNS names and IP addresses of the leaf (RFC 6125: the subject alternative names, else the common name). */
  readonly names: readonly string[];
  /** What the leaf may be used for. */
  readonly purposes: readonly Purpose[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly selfSigned: boolean;
  /** SHA-256 of each certificate's DER, leaf first. */
  readonly certificates: readonly string[];
}

/** The facts of a chain, leaf first. */
export function chainFacts(chain: readonly [Certificate, ...Certificate[]]): ChainFacts {
  const [leaf] = chain;
  return {
    leaf: leaf.sha256,
    key: leaf.key,
    subject: subjectOf(leaf),
    issuer: issuerOf(leaf),
    names: hostNames(leaf),
    purposes: purposes(leaf),
    notBefore: leaf.notBefore,
    notAfter: leaf.notAfter,
    selfSigned: leaf.selfSigned,
    certificates: chain.map(({ sha256 }) => sha256),
  };
}
