/** `signet certificate issue`: a certificate that a private authority issues, bound to a name at a level. */
import { Option, type Command } from 'commander';

import type { CertificateSource, IssuedCertificate } from '../schema/types.generated.ts';
import { command } from './options.ts';
import type { Session } from './session.ts';
import { certificateRequest, requestOptions, type RequestOptions } from './subject-options.ts';

interface IssueOptions extends RequestOptions {
  readonly level: string;
  readonly authority: string;
  readonly profile: IssuedCertificate['profile'];
}

type Bind = (session: Session, level: string, name: string, source: CertificateSource) => Promise<void>;

export function certificateIssueCommand(certificate: Command, session: () => Session, bind: Bind): void {
  requestOptions(
    command(
      certificate,
      'issue',
      'have a private authority issue a certificate and bind it to a name at a level, in your draft',
      'signet certificate issue client --level cluster --authority mail --profile client --cn mx1.example.test',
    )
      .argument('<name>', 'what policy calls it')
      .requiredOption('--level <level>', 'cluster, group/NAME or machine/NAME')
      .requiredOption('--authority <name>', 'who issues it, as signet authority list shows it')
      .addOption(profileOption()),
  ).action(async (name: string, { level, authority, profile, ...options }: IssueOptions) =>
    bind(session(), level, name, { issue: { authority, profile, request: certificateRequest(options) } }),
  );
}

/** What a certificate of an authority is for. */
export function profileOption(): Option {
  return new Option('--profile <profile>', 'what it is for')
    .choices(['server', 'client', 'both'] satisfies readonly IssuedCertificate['profile'][])
    .makeOptionMandatory();
}
