/** Checks a key and its chain: refuses what would break at once, and warns about what peers will mind. */
import { sign, verify, type KeyObject } from 'node:crypto';

import { NamedError, type Finding } from '../errors.ts';
import { subjectOf, type Certificate } from './certificate.ts';
import { signatureHash } from './certificate-details.ts';
import { finding } from './lint/rules.ts';

/**
 * Proves by a signature that `key` is the private half of what `leaf` certifies; throws `key-mismatch` when it is not, and
 * `bad-certificate` for kinds of keys that TLS cannot use. Comparing public halves would pass a damaged private key.
 */
export function checkPair(key: KeyObject, leaf: Certificate): void {
  if (!signing.includes(key.asymmetricKeyType ?? '')) {
    throw new NamedError(
      'bad-certificate',
      `the private key is of the kind ${key.asymmetricKeyType ?? 'unknown'}, which TLS cannot use; make an RSA or EC key`,
      {
        facts: { reason: 'unusable-key' },
      },
    );
  }
  if (!proves(key, leaf)) {
    throw new NamedError(
      'key-mismatch',
      `the private key does not fit the certificate ${subjectOf(leaf)}; send the key that was made for it`,
    );
  }
}

/** What peers will mind about a chain that serves, for an administrator to read. */
export function warnings(chain: readonly Certificate[], now: Date): readonly Finding[] {
  return chain.flatMap((certificate) => [
    ...validity(certificate, now),
    ...strength(certificate),
    ...(certificate.selfSigned ? [] : signature(certificate)),
  ]);
}

const signing = ['rsa', 'rsa-pss', 'ec', 'ed25519', 'ed448'];
const curves = ['prime256v1', 'secp384r1', 'secp521r1'];

function proves(key: KeyObject, leaf: Certificate): boolean {
  const challenge = Buffer.from('a private key answers for its certificate');
  try {
    return verify(null, challenge, leaf.x509.publicKey, sign(null, challenge, key));
  } catch {
    // OpenSSL's reason would name its own function, not what to do.
    return false;
  }
}

function validity(certificate: Certificate, now: Date): readonly Finding[] {
  const subject = subjectOf(certificate);
  const { notBefore, notAfter } = certificate;
  if (notAfter < now)
    return [finding('expired', `${subject} expired on ${notAfter.toISOString()}; peers that verify refuse it`)];
  if (notBefore > now)
    return [
      finding(
        'not-yet-valid',
        `${subject} is not valid before ${notBefore.toISOString()}; peers that verify refuse it until then`,
      ),
    ];
  return [];
}

function strength(certificate: Certificate): readonly Finding[] {
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details } = certificate.x509.publicKey;
  const subject = subjectOf(certificate);
  // OpenSSL's security level 2, the default of Debian: 112 bits, RSA of 2048.
  if (kind?.startsWith('rsa') && (details?.modulusLength ?? 0) < 2048) {
    return [
      finding(
        'weak-key',
        `${subject} has an RSA key of ${details?.modulusLength ?? 0} bits; peers refuse less than 2048`,
      ),
    ];
  }
  if (kind === 'rsa' || (kind === 'ec' && curves.includes(details?.namedCurve ?? ''))) return [];
  return [
    finding(
      'unusual-key',
      `${subject} has a key of the kind ${details?.namedCurve ?? kind ?? 'unknown'}, which many peers do not know; RSA and EC P-256 are known to all`,
    ),
  ];
}

function signature(certificate: Certificate): readonly Finding[] {
  const hash = signatureHash(certificate);
  if (hash !== 'MD5' && hash !== 'SHA-1') return [];
  return [
    finding(
      'weak-signature',
      `${subjectOf(certificate)} is signed with ${hash}, which peers that verify refuse; ask its issuer for a new one`,
    ),
  ];
}
