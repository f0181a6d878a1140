/** What kind of key a certificate is for, in the words that a request for one uses. */
import type { Certificate } from './certificate.ts';

/** rsa-2048, ec-p256, ec-p384, and so on for keys that were made elsewhere: rsa-1024, ec-secp521r1, ed25519. */
export function keyKind({ x509 }: Certificate): string {
  const { asymmetricKeyType: kind = 'unknown', asymmetricKeyDetails: details } = x509.publicKey;
  if (details?.modulusLength !== undefined) return `${kind}-${details.modulusLength}`;
  const curve = details?.namedCurve;
  return curve === undefined ? kind : `ec-${curves[curve] ?? curve}`;
}

/** NIST's names for what OpenSSL calls otherwise (FIPS 186-5, RFC 5480 2.1.1.1). */
const curves: Readonly<Record<string, string>> = { prime256v1: 'p256', secp384r1: 'p384', secp521r1: 'p521' };
