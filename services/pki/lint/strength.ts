/** How well a certificate is made: its key, its signature and its serial number. */
import type { Finding } from '../../errors.ts';
import { signatureHash } from '../certificate-details.ts';
import { subjectOf, type Certificate } from '../certificate.ts';
import { finding } from './rules.ts';

/** What peers refuse, or do not know. */
export function strength(certificate: Certificate): readonly Finding[] {
  // Nobody verifies the signature by which a certificate signs itself.
  const signed = certificate.selfSigned ? [] : signature(certificate);
  return [...key(certificate), ...signed, ...serial(certificate)];
}

function key(certificate: Certificate): readonly Finding[] {
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

const curves = ['prime256v1', 'secp384r1', 'secp521r1'];

function signature(certificate: Certificate): readonly Finding[] {
  const hash = signatureHash(certificate);
  if (hash !== 'MD2' && hash !== 'MD5' && hash !== 'SHA-1') return [];
  return [
    finding(
      'weak-signature',
      `${subjectOf(certificate)} is signed with ${hash}, which peers that verify refuse; ask its issuer for a new one`,
    ),
  ];
}

/** Positive, and of 20 bytes at most with the bit of the sign (RFC 5280 4.1.2.2). */
function serial(certificate: Certificate): readonly Finding[] {
  const { serialNumber } = certificate.x509;
  const digits = serialNumber.replace(/^0+/, '');
  if (/^[0-9A-F]+$/.test(digits) && (digits.length < 40 || (digits.length === 40 && digits < '8'))) return [];
  return [
    finding(
      'serial',
      `${subjectOf(certificate)} has the serial number ${serialNumber}, which is not positive or over 20 bytes; some peers refuse it, so ask its issuer for a new one`,
    ),
  ];
}
