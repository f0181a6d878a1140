/** Builds the certificate that a key signs for itself: what a gateway can serve before any authority has signed one. */
import type { KeyObject } from 'node:crypto';

import type { Finding } from '../errors.ts';
import type { CertificateRequest } from '../schema/types.generated.ts';
import type { Certificate } from './certificate.ts';
import { certify, day } from './certify.ts';
import type { KeyKind } from './keys.ts';
import { leafExtensions } from './leaf.ts';
import { alternativeNames, subjectName } from './names.ts';

export interface SelfSigning {
  readonly request: CertificateRequest;
  readonly key: KeyObject;
  readonly now: Date;
  /** 16 random bytes; 126 bits of them become the serial number. */
  readonly random: Uint8Array;
}

export interface SelfSigned {
  readonly certificate: Certificate;
  readonly findings: readonly Finding[];
}

export const defaultKeyKind: KeyKind = 'ec-p256';
export const defaultDays = 397;

/**
 * Signs a server and client certificate for `key`. It is a leaf (CA:FALSE), so that whoever trusts it trusts this one
 * certificate and nothing else the key might sign.
 */
export async function selfSign({ request, key, now, random }: SelfSigning): Promise<SelfSigned> {
  const subject = subjectName(request.subject);
  const { names, findings } = alternativeNames(request);
  const certificate = await certify({
    ...{ subject, issuer: subject, key, signer: key, now, random },
    notAfter: new Date(now.getTime() + (request.days ?? defaultDays) * day),
    extensions: leafExtensions(key, 'both', names),
  });
  return { certificate, findings };
}
