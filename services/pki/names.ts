/** The names in a certificate: whose it is, and the alternative names that peers compare with. */
import type { Finding } from '../errors.ts';
import type { CertificateRequest, Subject } from '../schema/types.generated.ts';
import { finding } from './lint/rules.ts';
import { Name, type JsonGeneralNames } from './peculiar.ts';

export interface AlternativeNames {
  readonly names: JsonGeneralNames;
  readonly findings: readonly Finding[];
}

/** From the general to the particular, in the string types of RFC 5280 appendix A. */
export function subjectName({
  country,
  state,
  locality,
  organization,
  organizationalUnit,
  commonName,
  emailAddress,
}: Subject): Name {
  return new Name([
    ...(country === undefined ? [] : [{ C: [{ printableString: country }] }]),
    ...(state === undefined ? [] : [{ ST: [{ utf8String: state }] }]),
    ...(locality === undefined ? [] : [{ L: [{ utf8String: locality }] }]),
    ...(organization === undefined ? [] : [{ O: [{ utf8String: organization }] }]),
    ...(organizationalUnit === undefined ? [] : [{ OU: [{ utf8String: organizationalUnit }] }]),
    { CN: [{ utf8String: commonName }] },
    ...(emailAddress === undefined ? [] : [{ E: [{ ia5String: emailAddress }] }]),
  ]);
}

/** As asked for, plus the common name when it is a host name: clients look at nothing but alternative names (RFC 9525 6.2). */
export function alternativeNames({
  subject: { commonName },
  alternativeNames: asked,
}: Pick<CertificateRequest, 'subject' | 'alternativeNames'>): AlternativeNames {
  const dns = unique((asked?.dns ?? []).map((name) => name.toLowerCase()));
  const common = commonName.toLowerCase();
  const added = hostname.test(common) && !dns.includes(common) ? [common] : [];
  const names: JsonGeneralNames = [
    ...[...added, ...dns].map((value) => ({ type: 'dns' as const, value })),
    ...unique(asked?.ip ?? []).map((value) => ({ type: 'ip' as const, value })),
    ...unique(asked?.email ?? []).map((value) => ({ type: 'email' as const, value })),
  ];
  const findings: readonly Finding[] = added.map((value) =>
    finding(
      'common-name-added',
      `the common name ${value} was added to the alternative names, since clients compare with nothing else`,
      '/alternativeNames/dns',
    ),
  );
  return { names, findings };
}

// At least one dot: a bare word is a label for people. The last part is not a number, so no IP address fits.
const hostname = /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
