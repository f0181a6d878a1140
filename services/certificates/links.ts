/** A chain one certificate at a time, with the root it leads to when that is known here: what people look at. Pure. */
import { anchorOf, type Anchors } from '../pki/anchors.ts';
import { issuerOf, readCertificate, subjectOf, type Certificate } from '../pki/certificate.ts';
import { lifetime } from '../pki/lint/lifetime.ts';
import { strength } from '../pki/lint/strength.ts';
import { keyKind } from '../pki/key-kind.ts';
import type { Chain } from './chains.ts';
import type { ChainLink } from '../schema/types.generated.ts';

export function links(chain: Chain, anchors: Anchors, now: Date): readonly ChainLink[] {
  const top = chain.at(-1) ?? chain[0];
  const anchor = top.selfSigned ? undefined : anchorOf(top, anchors, now);
  return [
    ...chain.map((one, index) => link(one, index === 0 ? 'leaf' : one.selfSigned ? 'root' : 'intermediate', now)),
    ...(anchor ? [{ ...link(readCertificate(anchor.x509.raw), 'root', now), source: anchor.source }] : []),
  ];
}

/** One certificate for people to read. */
export function link(certificate: Certificate, role: ChainLink['role'], now: Date): ChainLink {
  return {
    role,
    subject: subjectOf(certificate),
    issuer: issuerOf(certificate),
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    keyKind: keyKind(certificate),
    fingerprint: certificate.sha256,
    findings: [...lifetime(certificate, now), ...(role === 'root' ? [] : strength(certificate))].map(
      ({ detail }) => detail,
    ),
  };
}
