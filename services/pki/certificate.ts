/** One certificate as node:crypto reads it: the only place where a certificate is parsed. */
import { createHash, X509Certificate } from 'node:crypto';

import { NamedError } from '../errors.ts';
import { keyId } from './keys.ts';

export interface Certificate {
  readonly x509: X509Certificate;
  /** SHA-256 of the DER, lower-case hexadecimal. */
  readonly sha256: string;
  /** The id of the key it certifies. */
  readonly key: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Issued by its own key, not merely under its own name. */
  readonly selfSigned: boolean;
}

/** Reads exactly one certificate from DER; throws `bad-certificate` when it is not one or has bytes to spare. */
export function readCertificate(der: Uint8Array): Certificate {
  try {
    const x509 = new X509Certificate(Buffer.from(der));
    if (x509.raw.length !== der.length) throw new Error(`${der.length - x509.raw.length} bytes follow the certificate`);
    const { publicKey } = x509;
    return {
      x509,
      sha256: createHash('sha256').update(x509.raw).digest('hex'),
      key: keyId(publicKey),
      notBefore: instant(x509.validFrom),
      notAfter: instant(x509.validTo),
      // Not checkIssued: it demands keyCertSign, which a self-signed leaf need not have (RFC 5280 4.2.1.3).
      selfSigned: x509.subject === x509.issuer && x509.verify(publicKey),
    };
  } catch (cause) {
    throw new NamedError(
      'bad-certificate',
      'a certificate cannot be read; export it again and check that it is whole',
      {
        facts: { reason: 'unreadable-certificate' },
        cause,
      },
    );
  }
}

/** Reads a certificate in the form `certificatePem` gives it. */
export function readCertificatePem(pem: string): Certificate {
  return readCertificate(new X509Certificate(pem).raw);
}

/** The certificate in PEM, without anything around it. */
export function certificatePem({ x509 }: Certificate): string {
  return x509.toString();
}

/** The id of a chain or bundle: SHA-256 over the DER of its certificates in order, lower-case hexadecimal. */
export function chainId(certificates: readonly Certificate[]): string {
  const hash = createHash('sha256');
  for (const { x509 } of certificates) hash.update(x509.raw);
  return hash.digest('hex');
}

/** The subject on one line, escaped as in RFC 4514 but in the order of the certificate; `(no subject)` when empty. */
export function subjectOf({ x509 }: Certificate): string {
  return oneLine(x509.subject);
}

/** The issuer, as `subjectOf`. */
export function issuerOf({ x509 }: Certificate): string {
  return oneLine(x509.issuer);
}

// Node types both as strings, yet gives undefined for an empty name.
function oneLine(name: string | undefined): string {
  return name ? name.trim().split('\n').join(', ') : '(no subject)';
}

function instant(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new Error(`"${text}" is not a time`);
  return time;
}
