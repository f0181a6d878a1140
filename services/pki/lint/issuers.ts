/** Whether a chain leads from its leaf to a root that peers have. */
import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';

import type { Finding } from '../../errors.ts';
import { issuerOf, subjectOf, type Certificate } from '../certificate.ts';
import { finding } from './rules.ts';

/** The roots that peers have. */
export type Roots = () => readonly X509Certificate[];

/** Issuers that may not issue, and the one that is missing at the top of the chain. */
export function issuerFindings(
  chain: readonly [Certificate, ...Certificate[]],
  given: readonly Certificate[],
  roots: Roots = publicRoots,
): readonly Finding[] {
  const [, ...issuers] = chain;
  return [
    ...issuers
      .filter(({ x509 }) => !x509.ca)
      .map((one) =>
        finding(
          'issuer-not-authority',
          `${subjectOf(one)} signed another certificate of the chain but is no authority (CA:TRUE is missing); peers that verify refuse the chain`,
        ),
      ),
    ...missing(chain, given, roots),
  ];
}

function missing(
  chain: readonly [Certificate, ...Certificate[]],
  given: readonly Certificate[],
  roots: Roots,
): readonly Finding[] {
  const top = chain.at(-1) ?? chain[0];
  if (top.selfSigned) return [];
  const own = given.filter(({ selfSigned }) => selfSigned).map(({ x509 }) => x509);
  // Any of them: a cross-signed authority stands below a root that few have, and beside one that all have.
  if (chain.some((one) => isIssued(one, own))) return [];
  const known = roots();
  if (chain.some((one) => isIssued(one, known))) return [];
  const address = /^CA Issuers - URI:(\S+)$/m.exec(top.x509.infoAccess ?? '')?.[1];
  const where = address === undefined ? 'it names no address to fetch it from' : `it names ${address} for it`;
  return [
    finding(
      'missing-intermediate',
      `the chain ends with ${subjectOf(top)}, and its issuer ${issuerOf(top)} is no public root; unless it is a root that all peers have, add its certificate (${where})`,
    ),
  ];
}

function isIssued({ x509 }: Certificate, roots: readonly X509Certificate[]): boolean {
  return roots.some((root) => x509.checkIssued(root) && x509.verify(root.publicKey));
}

/** Mozilla's list as Node has it; reading it takes some 50 ms, and only an upload that lacks its root asks for it. */
function publicRoots(): readonly X509Certificate[] {
  return rootCertificates.map((pem) => new X509Certificate(pem));
}
