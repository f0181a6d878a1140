/** Signs one certificate: what self-signed certificates and those of an authority have in common. */
import { createPublicKey, webcrypto, type KeyObject } from 'node:crypto';

import { NamedError } from '../errors.ts';
import { readCertificate, type Certificate } from './certificate.ts';
import { SubjectKeyIdentifierExtension, X509CertificateGenerator, type Extension, type Name } from './peculiar.ts';

export interface Certifying {
  readonly subject: Name;
  readonly issuer: Name;
  /** The key that is certified; of a private one its public half. */
  readonly key: KeyObject;
  /** The private key of the issuer. */
  readonly signer: KeyObject;
  readonly now: Date;
  readonly notAfter: Date;
  /** 16 random bytes; 126 bits of them become the serial number. */
  readonly random: Uint8Array;
  /** Beside the subject key identifier, which every certificate gets. */
  readonly extensions: readonly Extension[];
}

/** Signs a certificate that is valid from an hour before `now`, on a thread of WebCrypto's. */
export async function certify(asked: Certifying): Promise<Certificate> {
  const publicKey = publicKeyOf(asked.key);
  const made = await X509CertificateGenerator.create({
    serialNumber: serial(asked.random),
    subject: asked.subject,
    issuer: asked.issuer,
    notBefore: new Date(asked.now.getTime() - backdating),
    notAfter: asked.notAfter,
    publicKey,
    ...(await signer(asked.signer)),
    extensions: [...asked.extensions, await SubjectKeyIdentifierExtension.create(publicKey)],
  });
  return readCertificate(new Uint8Array(made.rawData));
}

/** The SubjectPublicKeyInfo of a key, private or public, in DER. */
export function publicKeyOf(key: KeyObject): Uint8Array<ArrayBuffer> {
  const half = key.type === 'private' ? createPublicKey(key) : key;
  return new Uint8Array(half.export({ format: 'der', type: 'spki' }));
}

export const day = 86_400_000;
// Peers whose clock is slow would call a fresh certificate not yet valid; public authorities backdate by an hour as well.
const backdating = 3_600_000;

/** Positive, not zero and always 16 bytes: the first bit is 0 and the second 1 (RFC 5280 4.1.2.2 allows 20 bytes). */
function serial(random: Uint8Array): string {
  const bytes = Buffer.from(random.subarray(0, 16));
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0);
  return bytes.toString('hex');
}

/** How a private key signs, and the key as WebCrypto holds it; `invalid-input` for keys of other kinds than RSA and the NIST curves. */
export async function signer(key: KeyObject) {
  const kind = key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType ?? 'unknown';
  const signingAlgorithm = algorithms[kind];
  if (!signingAlgorithm) {
    throw new NamedError(
      'invalid-input',
      `a key of the kind ${kind} does not sign here; make a new one, such as ec-p256`,
    );
  }
  const der = key.export({ format: 'der', type: 'pkcs8' });
  return {
    signingAlgorithm,
    signingKey: await webcrypto.subtle.importKey('pkcs8', der, signingAlgorithm, false, ['sign']),
  };
}

/** By curve, or by kind for keys that are on none. */
const algorithms: Readonly<
  Record<string, { readonly name: string; readonly hash: string; readonly namedCurve?: string }>
> = {
  rsa: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  prime256v1: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  secp384r1: { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  secp521r1: { name: 'ECDSA', namedCurve: 'P-521', hash: 'SHA-512' },
};
