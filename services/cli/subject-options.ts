/** The options that say what certificate is wanted: whose it is, under which names, with which key and for how long. */
import type { Command } from 'commander';

import type { CertificateRequest, Subject } from '../schema/types.generated.ts';
import { several, wholeNumber } from './options.ts';

export interface SubjectOptions {
  readonly cn: string;
  readonly o?: string;
  readonly ou?: string;
  readonly l?: string;
  readonly st?: string;
  readonly c?: string;
}

export interface RequestOptions extends SubjectOptions {
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  readonly email?: readonly string[];
  readonly key?: NonNullable<CertificateRequest['key']>;
  readonly days?: number;
}

/** Adds the options of `RequestOptions`. */
export function requestOptions(command: Command): Command {
  return subjectOptions(
    command
      .requiredOption('--cn <name>', 'common name')
      .option('--dns <name>', 'alternative name; may be given several times', several)
      .option('--ip <address>', 'alternative name; may be given several times', several)
      .option('--email <address>', 'alternative name; may be given several times', several),
  )
    .option('--key <kind>', 'rsa-2048, rsa-3072, rsa-4096, ec-p256 (without this option) or ec-p384')
    .option('--days <n>', 'how long it is valid', wholeNumber);
}

/** Adds the options of `SubjectOptions` but the common name. */
export function subjectOptions(command: Command): Command {
  return command
    .option('--o <name>', 'organization')
    .option('--ou <name>', 'organizational unit')
    .option('--l <name>', 'locality')
    .option('--st <name>', 'state or province')
    .option('--c <code>', 'country, two letters');
}

export function certificateRequest({ dns, ip, email, key, days, ...subject }: RequestOptions): CertificateRequest {
  return given({
    key,
    subject: subjectOf(subject),
    alternativeNames: given({ dns, ip, email }),
    days,
  }) as unknown as CertificateRequest;
}

export function subjectOf({ cn, o, ou, l, st, c }: SubjectOptions): Subject {
  const subject = { commonName: cn, organization: o, organizationalUnit: ou, locality: l, state: st, country: c };
  return given(subject) as unknown as Subject;
}

/** Without what was not said. */
export function given(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
