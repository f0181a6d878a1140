/** Checks the certificates of a trust list: authorities only, each once. */
import { NamedError, type Finding } from '../errors.ts';
import { readCertificate, subjectOf, type Certificate } from './certificate.ts';
import { finding } from './lint/rules.ts';
import { duplicated } from './order.ts';
import { isCertificate, isPrivateKey, splitPem } from './pem.ts';

export interface Bundle {
  readonly certificates: readonly Certificate[];
  readonly findings: readonly Finding[];
}

/**
 * Reads the authorities in `text`, in order. Duplicates are dropped and expired ones kept, with a finding each; throws
 * `bad-certificate` when there is none, when one may not sign others, or when a private key is among them.
 */
export function readBundle(text: string, now: Date): Bundle {
  const blocks = splitPem(text);
  if (blocks.some(isPrivateKey))
    throw refused('holds a private key', 'send certificates only, and consider that key exposed', 'private-key');
  const given = blocks.filter(isCertificate).map(({ der }) => readCertificate(der));
  if (given.length === 0)
    throw refused('holds no certificate in PEM', 'send the certificates of the authorities to trust', 'no-certificate');
  const leaf = given.find(({ x509 }) => !x509.ca);
  if (leaf)
    throw refused(
      `holds ${subjectOf(leaf)}, which is not an authority (CA:TRUE is missing)`,
      'leave it out',
      'not-an-authority',
    );
  const seen = new Set<string>();
  const certificates = given.filter(({ sha256 }) => !seen.has(sha256) && seen.add(sha256));
  const duplicates = given.length - certificates.length;
  return {
    certificates,
    findings: [
      ...duplicated(duplicates),
      ...certificates
        .filter(({ notAfter }) => notAfter < now)
        .map((one) =>
          finding('expired', `${subjectOf(one)} expired on ${one.notAfter.toISOString()}: nothing verifies against it`),
        ),
    ],
  };
}

/** The certificates in a text that was checked before, in order. */
export function certificatesIn(pem: string): readonly Certificate[] {
  return splitPem(pem).map(({ der }) => readCertificate(der));
}

function refused(what: string, next: string, reason: string): NamedError {
  return new NamedError('bad-certificate', `the trust list ${what}; ${next}`, { facts: { reason } });
}
