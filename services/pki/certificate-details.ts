/** What node:crypto does not tell of a certificate, or not one by one, read by @peculiar/x509. */
import { NamedError } from '../errors.ts';
import { subjectOf, type Certificate } from './certificate.ts';
import { Name, ParsedCertificate, SubjectAlternativeNameExtension } from './peculiar.ts';

/** The host names and addresses a certificate is for: its alternative names, else its common name (RFC 6125 6.4.4). */
export function hostNames(certificate: Certificate): readonly string[] {
  const names = alternativeHosts(certificate);
  if (names.length > 0) return names;
  return reading(certificate, (parsed) => new Name(parsed.subjectName.toJSON()).getField('CN'));
}

/** The host names and addresses among its alternative names: nothing else is compared any more (RFC 9525 6.2). */
export function alternativeHosts(certificate: Certificate): readonly string[] {
  return givenNames(certificate)
    .filter(({ type }) => type === 'dns' || type === 'ip')
    .map(({ value }) => value);
}

/** Its alternative names of every kind: `dns`, `ip`, `email` and others. */
export function givenNames(certificate: Certificate): readonly { readonly type: string; readonly value: string }[] {
  return reading(certificate, (parsed) =>
    (parsed.getExtension(SubjectAlternativeNameExtension)?.names.items ?? []).map(({ type, value }) => ({
      type,
      value,
    })),
  );
}

/** The attributes of its subject in order, by their short names (CN, O), or by their object identifiers when they have none. */
export function subjectFields(certificate: Certificate): readonly { readonly name: string; readonly value: string }[] {
  return reading(certificate, (parsed) =>
    new Name(parsed.subjectName.toJSON())
      .toJSON()
      .flatMap((part) => Object.entries(part).flatMap(([name, values]) => values.map((value) => ({ name, value })))),
  );
}

export type Purpose = 'server' | 'client';

/** What TLS may use it for; without an extended key usage, or with the one for anything, both (RFC 5280 4.2.1.12). */
export function purposes({ x509 }: Certificate): readonly Purpose[] {
  // Node calls the extended key usage so, and types it as always there.
  const usages = x509.keyUsage as readonly string[] | undefined;
  const both = ['server', 'client'] as const;
  return usages === undefined || usages.includes(anything) ? both : both.filter((one) => usages.includes(oids[one]));
}

const anything = '2.5.29.37.0';
const oids: Readonly<Record<Purpose, string>> = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' };

/** The object identifiers of the extensions that it marks critical. */
export function criticalExtensions(certificate: Certificate): readonly string[] {
  return reading(certificate, ({ extensions }) =>
    extensions.filter(({ critical }) => critical).map(({ type }) => type),
  );
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
