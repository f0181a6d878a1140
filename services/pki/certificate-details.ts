/** What node:crypto does not tell of a certificate, read by @peculiar/x509: alternative names apart, and the hash of the signature. */
import { NamedError } from '../errors.ts';
import { subjectOf, type Certificate } from './certificate.ts';
import { Name, ParsedCertificate, SubjectAlternativeNameExtension } from './peculiar.ts';

/** The host names and addresses a certificate is for: its alternative names, else its common name (RFC 6125 6.4.4). */
export function hostNames(certificate: Certificate): readonly string[] {
  return reading(certificate, (parsed) => {
    const extension = parsed.getExtension(SubjectAlternativeNameExtension);
    const names = (extension?.names.items ?? [])
      .filter(({ type }) => type === 'dns' || type === 'ip')
      .map(({ value }) => value);
    return names.length > 0 ? names : new Name(parsed.subjectName.toJSON()).getField('CN');
  });
}

/** The hash of the signature, such as SHA-256 or MD5; undefined for algorithms without one of their own (Ed25519). */
export function signatureHash(certificate: Certificate): string | undefined {
  return reading(certificate, ({ signatureAlgorithm }) => {
    const { name, hash } = signatureAlgorithm as { readonly name: string; readonly hash?: { readonly name: string } };
    return hash?.name ?? forgotten[name];
  });
}

/** Signature algorithms too old for the library to name (RFC 3279 2.2.1). */
const forgotten: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.2': 'MD2',
  '1.2.840.113549.1.1.4': 'MD5',
};

/** The library decodes on first use, so the use is where an unreadable certificate shows. */
function reading<T>(certificate: Certificate, use: (parsed: ParsedCertificate) => T): T {
  try {
    return use(new ParsedCertificate(certificate.x509.raw));
  } catch (cause) {
    throw new NamedError(
      'bad-certificate',
      `the certificate ${subjectOf(certificate)} holds an extension that cannot be read; ask its issuer for a new one`,
      { facts: { reason: 'unreadable-certificate' }, cause },
    );
  }
}
