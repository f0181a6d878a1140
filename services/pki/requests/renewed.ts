/** What a certificate was made from, to ask for the next one: its subject and alternative names, as a request holds them. */
import type { Finding } from '../../errors.ts';
import type { CertificateRequest, Subject } from '../../schema/types.generated.ts';
import { parse } from '../../schema/parse.ts';
import { givenNames, subjectFields } from '../certificate-details.ts';
import { subjectOf, type Certificate } from '../certificate.ts';
import { finding } from '../lint/rules.ts';

export interface Renewed {
  readonly request: Pick<CertificateRequest, 'subject' | 'alternativeNames'>;
  /** Names the parts that a request cannot hold. */
  readonly findings: readonly Finding[];
}

/** The request that `certificate` may have been made from; `invalid-input` when it names nobody. */
export function requestOf(certificate: Certificate): Renewed {
  const fields = subjectFields(certificate);
  const names = givenNames(certificate);
  const of = (type: string) => names.filter((one) => one.type === type).map(({ value }) => value);
  const subject = Object.fromEntries(
    Object.entries(attributes).flatMap(([attribute, field]) => {
      const [value] = fields.filter(({ name }) => name === attribute).map((one) => one.value);
      return value === undefined ? [] : [[field, value]];
    }),
  );
  // A certificate may do without a common name; a request of ours may not.
  const named = {
    ...given(
      'commonName',
      of('dns').find(({ length }) => length <= 64),
    ),
    ...subject,
  };
  const alternativeNames = {
    ...list(
      'dns',
      of('dns').map((name) => name.toLowerCase()),
    ),
    ...list('ip', of('ip')),
    ...list('email', of('email')),
  };
  const request = parse(
    'certificate-request',
    { subject: named, alternativeNames },
    `what ${subjectOf(certificate)} was made from`,
  );
  const left = [
    ...fields
      .filter(({ name, value }) => subject[attributes[name] ?? ''] !== value)
      .map(({ name, value }) => `${name}=${value}`),
    ...names
      .filter(({ type }) => type !== 'dns' && type !== 'ip' && type !== 'email')
      .map(({ type, value }) => `${type}:${value}`),
  ];
  return {
    request,
    findings: left.map((one) =>
      finding(
        'subject-reduced',
        `${one} of ${subjectOf(certificate)} was not taken over; say what to ask for if it matters`,
      ),
    ),
  };
}

/** Short names of attributes (RFC 4514 3), and what a request calls them. */
const attributes: Readonly<Record<string, keyof Subject>> = {
  CN: 'commonName',
  O: 'organization',
  OU: 'organizationalUnit',
  L: 'locality',
  ST: 'state',
  C: 'country',
  E: 'emailAddress',
};

function given(name: string, value: string | undefined): Readonly<Record<string, string>> {
  return value === undefined ? {} : { [name]: value };
}

function list(name: string, values: readonly string[]): Readonly<Record<string, readonly string[]>> {
  return values.length === 0 ? {} : { [name]: values };
}
