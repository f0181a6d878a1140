/** `signet authority`: what authorities issued, signed and took back. */
import { Option, type Command } from 'commander';

import type { IssuedCertificate, Revocation } from '../schema/types.generated.ts';
import { profileOption } from './certificate-issue.ts';
import { Failure } from './failure.ts';
import { expiry } from './machine-view.ts';
import { command, wholeNumber } from './options.ts';
import { moment } from './print.ts';
import { readInput } from './prompt.ts';
import type { Session } from './session.ts';
import { verdict } from './verdict.ts';
import { writeWhole } from './write-file.ts';

interface SignOptions {
  readonly profile: IssuedCertificate['profile'];
  readonly days?: number;
  readonly output?: string;
}

/** Adds the commands to `signet authority`. */
export function issuedCommands(authority: Command, session: () => Session): void {
  command(
    authority,
    'certificates',
    'list what an authority issued, by serial number',
    'signet authority certificates mail',
  )
    .argument('<name>')
    .action(async (name: string) => certificates(session(), name));

  command(
    authority,
    'sign',
    'sign a request that was made on a host that keeps its key',
    'signet authority sign mail host.csr --profile client --output host.pem',
  )
    .argument('<name>')
    .argument('<file>', 'the request (PKCS#10) in PEM; - for standard input')
    .addOption(profileOption())
    .option('--days <n>', 'how long it is valid', wholeNumber)
    .option('--output <file>', 'where the certificate and the issuing certificate go; standard output without')
    .action(async (name: string, file: string, options: SignOptions) => sign(session(), name, file, options));

  command(
    authority,
    'revoke',
    'take a certificate back at once, without a draft; the next revocation list has it',
    'signet authority revoke mail 5f3c0e9a7b6d4c2e8f1a0b9c8d7e6f50 --reason keyCompromise',
  )
    .argument('<name>')
    .argument('<serial>', 'as signet authority certificates shows it, colons allowed')
    .addOption(new Option('--reason <reason>', 'why (RFC 5280 5.3.1)').choices(reasons).default('unspecified'))
    .action(async (name: string, serial: string, { reason }: Required<Revocation>) => {
      const { controller, print } = session();
      const answer = await controller.revokeCertificate(name, plainSerial(serial), { reason });
      print.show(answer, () =>
        print.line(`${answer.serial} (${answer.subject}) is revoked: ${answer.revoked?.reason ?? ''}`),
      );
    });

  command(
    authority,
    'crl',
    'write the revocation list of an authority to a file, in DER',
    'signet authority crl mail --output /var/www/pki/crl/mail.crl',
  )
    .argument('<name>')
    .requiredOption('--output <file>', 'the file; one that is there is replaced')
    .action(async (name: string, { output }: { readonly output: string }) => {
      const { controller, print } = session();
      const list = await controller.revocationList(name);
      await writeWhole(output, list, { mode: readable });
      print.show({ file: output, bytes: list.length }, () => print.line(`wrote ${output}, ${list.length} bytes`));
    });
}

/** Nothing of this is secret, and web servers are to read it. */
const readable = 0o644;

const reasons = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'privilegeWithdrawn',
  'aACompromise',
] as const satisfies readonly NonNullable<Revocation['reason']>[];

async function certificates({ controller, print }: Session, name: string): Promise<void> {
  const all: IssuedCertificate[] = [];
  for (let after: string | undefined, more = true; more; more = after !== undefined) {
    const page = await controller.issuedCertificates(name, after);
    all.push(...page.certificates);
    after = page.next;
  }
  const now = new Date();
  print.show({ certificates: all }, () =>
    print.table(
      ['SERIAL', 'PROFILE', 'SUBJECT', 'NAMES', 'EXPIRES', 'REVOKED'],
      all.map(({ serial, profile, subject, names, notAfter, revoked }) => [
        serial,
        profile,
        subject,
        names.join(', '),
        expiry(notAfter, now),
        revoked ? { text: `${revoked.reason}, ${moment(revoked.time)}`, tone: 'warn' } : '-',
      ]),
    ),
  );
}

async function sign({ controller, print }: Session, name: string, file: string, options: SignOptions): Promise<void> {
  const { output, ...rest } = options;
  const answer = await controller.signRequest(name, { csr: (await readInput(file)).toString('utf8'), ...rest });
  if (output !== undefined) await writeWhole(output, answer.pem, { mode: readable });
  print.show(answer, () => {
    if (output === undefined) print.line(answer.pem.trimEnd());
    for (const one of answer.findings) print.note(verdict(one));
    const { serial, subject, notAfter } = answer.certificate;
    print.note(
      `${subject}, serial ${serial}, until ${moment(notAfter)}${output === undefined ? '' : `: wrote ${output}`}`,
    );
  });
}

/** As openssl and browsers show serial numbers: in capitals, in pairs between colons. */
function plainSerial(text: string): string {
  const serial = text.replaceAll(':', '').toLowerCase();
  if (/^[0-9a-f]{32}$/.test(serial)) return serial;
  throw new Failure('usage', `${text} is no serial number of an authority here; see signet authority certificates`);
}
