/** `signet certificate request, requests, withdraw, upload, renew`: certificates that an authority signs, and the next ones. */
import type { Command } from 'commander';

import type {
  AlternativeNames,
  RenewalOptions,
  SigningRequestOptions,
  SigningRequestView,
} from '../schema/types.generated.ts';
import { Failure } from './failure.ts';
import { command, several, wholeNumber } from './options.ts';
import { moment, short, type Text } from './print.ts';
import { readInput } from './prompt.ts';
import { keepRepaired, showBound, warn } from './repairs.ts';
import type { Session } from './session.ts';
import { given, subjectOf, subjectOptions, type SubjectOptions } from './subject-options.ts';
import { writeWhole } from './write-file.ts';

interface NextOptions extends Partial<SubjectOptions> {
  readonly level: string;
  readonly key?: NonNullable<RenewalOptions['key']>;
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  readonly email?: readonly string[];
}

interface Written {
  readonly der?: true;
  readonly output?: string;
}

export function certificateRequestCommands(certificate: Command, session: () => Session): void {
  nextOptions(
    command(
      certificate,
      'request',
      'make a request for an authority to sign: of the key that is bound, or of a new one, with nothing to commit before',
      'signet certificate request mx --level cluster --output mx.csr',
      'signet certificate request mx --level cluster --key rsa-2048 --cn mail.example.test --dns mx1.example.test',
    ),
    'same (the key that is bound, or waits), or the kind of a new one: rsa-2048, rsa-3072, rsa-4096, ec-p256, ec-p384',
  )
    .option('--der', 'in DER; needs --output')
    .option('--output <file>', 'where to write it; without, PEM goes to standard output')
    .action(async (name: string, options: NextOptions & Written) => request(session(), name, options));

  command(
    certificate,
    'requests',
    'list the requests that were made, and whether their answers are bound',
    'signet certificate requests',
  ).action(async () => {
    const { controller, print } = session();
    const answer = await controller.signingRequests();
    print.show(answer, () =>
      print.table(['LEVEL', 'NAME', 'SUBJECT', 'KEY', 'MADE', 'BY', 'STATE'], answer.requests.map(row)),
    );
  });

  command(
    certificate,
    'withdraw',
    'forget a request, and its key unless a certificate was made of it',
    'signet certificate withdraw 3849a305',
  )
    .argument('<key>', 'the id of its key, or how it begins, as signet certificate requests shows it')
    .action(async (key: string) => withdraw(session(), key));

  command(
    certificate,
    'upload',
    'bind what an authority sent back, in your draft: PEM, DER or PKCS#7, leaf and issuers in any order',
    'signet certificate upload mx --level cluster mx.p7b',
  )
    .argument('<name>')
    .argument('<file...>', 'one or several files (- for standard input)')
    .requiredOption('--level <level>', 'cluster, group/NAME or machine/NAME')
    .option('--yes', 'keep it as repaired, without asking')
    .action(async (name: string, files: readonly string[], options: { readonly level: string; readonly yes?: true }) =>
      upload(session(), name, files, options),
    );

  nextOptions(
    command(
      certificate,
      'renew',
      'make the next certificate of a name, self-signed or by the authority of ours that issued it, in your draft',
      'signet certificate renew mx --level cluster',
    ),
    'same (without this option), or the kind of a new one: rsa-2048, rsa-3072, rsa-4096, ec-p256, ec-p384',
  )
    .option('--days <n>', 'how long it is valid; without, as long as the present one', wholeNumber)
    .action(async (name: string, options: NextOptions & { readonly days?: number }) => renew(session(), name, options));
}

/** What of the present certificate is to change; what is not said stays. */
function nextOptions(command: Command, key: string): Command {
  return subjectOptions(
    command
      .argument('<name>')
      .requiredOption('--level <level>', 'cluster, group/NAME or machine/NAME')
      .option('--key <kind>', key)
      .option('--cn <name>', 'common name; with it, the whole subject is what you say')
      .option('--dns <name>', 'alternative name, in place of those it has; may be given several times', several)
      .option('--ip <address>', 'alternative name, as --dns', several)
      .option('--email <address>', 'alternative name, as --dns', several),
  );
}

function changes({ key, cn, o, ou, l, st, c, dns, ip, email }: NextOptions): SigningRequestOptions {
  const rest = given({ o, ou, l, st, c });
  if (cn === undefined && Object.keys(rest).length > 0) {
    throw new Failure('usage', 'a subject is replaced as a whole; give --cn with the rest of it');
  }
  const alternativeNames: AlternativeNames = given({ dns, ip, email });
  return given({
    key,
    subject: cn === undefined ? undefined : subjectOf({ cn, ...rest }),
    alternativeNames: Object.keys(alternativeNames).length === 0 ? undefined : alternativeNames,
  });
}

async function request(
  { controller, print }: Session,
  name: string,
  { der, output, ...options }: NextOptions & Written,
): Promise<void> {
  if (der && output === undefined) throw new Failure('usage', 'a request in DER is no text; name a file with --output');
  const answer = await controller.requestCertificate(options.level, name, changes(options));
  const { request: made, findings } = answer;
  // Readable by all: a request holds nothing secret, and is meant to be sent.
  if (output !== undefined) await writeWhole(output, der ? Buffer.from(made.der, 'base64') : made.pem, { mode: 0o644 });
  print.show(answer, () => {
    warn(print, findings);
    if (output === undefined) print.line(made.pem.trimEnd());
    print.note({
      text: `${output === undefined ? 'send it' : `send ${output}`} to an authority, and its answer to signet certificate upload ${name} --level ${made.level}`,
      tone: 'dim',
    });
  });
}

async function withdraw({ controller, print }: Session, begins: string): Promise<void> {
  const { requests } = await controller.signingRequests();
  const [found, another] = requests.filter(({ key }) => begins !== '' && key.startsWith(begins.toLowerCase()));
  if (!found || another) {
    throw new Failure(
      'refused',
      `${found ? 'several requests have keys that begin' : 'no request has a key that begins'} with ${begins}; signet certificate requests shows all`,
    );
  }
  await controller.withdrawSigningRequest(found.key);
  print.show({ withdrawn: found.key }, () =>
    print.line(`the request for ${found.name} at ${found.level} is withdrawn`),
  );
}

async function upload(
  session: Session,
  name: string,
  paths: readonly string[],
  { level, yes = false }: { readonly level: string; readonly yes?: boolean },
): Promise<void> {
  const contents: Buffer[] = [];
  for (const path of paths) contents.push(await readInput(path));
  // Nothing secret leaves this machine by a slip of the file name.
  if (contents.some((bytes) => bytes.includes('PRIVATE KEY-----'))) {
    throw new Failure(
      'usage',
      `there is a private key in ${paths.join(', ')}; name the files of the answer alone, or use signet certificate import`,
    );
  }
  const files = contents.map((bytes) => bytes.toString('base64'));
  const answer = await keepRepaired(session, yes, (check) =>
    session.controller.answerCertificate(level, name, check ? { files, check } : { files }),
  );
  showBound(session.print, name, level, answer);
}

async function renew(
  { controller, print }: Session,
  name: string,
  options: NextOptions & { readonly days?: number },
): Promise<void> {
  const { level, days } = options;
  const answer = await controller.renewCertificate(level, name, { ...changes(options), ...given({ days }) });
  showBound(print, name, level, answer);
}

function row({ level, name, subject, key, created, author, state }: SigningRequestView): readonly Text[] {
  return [
    level,
    { text: name, tone: 'strong' },
    subject.commonName,
    short(key),
    moment(created),
    author,
    { text: state, tone: state === 'pending' ? 'warn' : 'good' },
  ];
}
