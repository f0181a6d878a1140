/** `signet certificate`: named certificates at their levels; new ones go into the draft. */
import type { Command } from 'commander';

import type { CertificateSource } from '../schema/types.generated.ts';
import { certificateExportCommand } from './certificate-export.ts';
import { certificateIssueCommand } from './certificate-issue.ts';
import { certificateRequestCommands } from './certificate-requests.ts';
import { listCertificates, passes, showCertificate, type ListFilter } from './certificate-view.ts';
import { Failure } from './failure.ts';
import { command, wholeNumber } from './options.ts';
import { readInput, readSecret } from './prompt.ts';
import { keepRepaired, showBound } from './repairs.ts';
import type { Session } from './session.ts';
import { certificateRequest, requestOptions, type RequestOptions } from './subject-options.ts';

interface CreateOptions extends RequestOptions {
  readonly level: string;
}

interface ImportOptions {
  readonly level: string;
  readonly passphraseFile?: string;
  readonly yes?: boolean;
}

export function certificateCommands(program: Command, session: () => Session): void {
  const certificate = program.command('certificate').description('named certificates at their levels');

  requestOptions(
    command(
      certificate,
      'create',
      'make a self-signed certificate and bind it to a name at a level, in your draft',
      'signet certificate create mx --level cluster --cn mail.example.test --dns mx1.example.test --key ec-p256',
    )
      .argument('<name>', 'what policy calls it; the same name may mean another certificate at another level')
      .requiredOption('--level <level>', 'cluster, group/NAME or machine/NAME'),
  ).action(async (name: string, { level, ...options }: CreateOptions) =>
    bind(session(), level, name, { create: certificateRequest(options) }),
  );

  certificateIssueCommand(certificate, session, bind);
  certificateRequestCommands(certificate, session);

  command(
    certificate,
    'import',
    'bind an existing certificate and its key to a name at a level, in your draft: PKCS#12, or PEM in any order',
    'signet certificate import mx --level machine/mx2 mx2.key mx2.pem',
  )
    .argument('<name>')
    .argument('<file...>', 'one PKCS#12 file, or PEM files with the key and the chain (- for standard input)')
    .requiredOption('--level <level>', 'cluster, group/NAME or machine/NAME')
    .option('--passphrase-file <file>', 'what the key is encrypted with (- for standard input); asked for without')
    .option('--yes', 'keep it as repaired, without asking')
    .action(async (name: string, files: readonly string[], { level, passphraseFile, yes = false }: ImportOptions) => {
      const it = session();
      const source = await readCertificate(it, files, passphraseFile);
      const answer = await keepRepaired(it, yes, (check) =>
        it.controller.bindCertificate(level, name, check ? { ...source, check } : source),
      );
      showBound(it.print, name, level, answer);
    });

  command(
    certificate,
    'list',
    'list the certificates of every level, who uses them, whether their chain holds and where they are served',
    'signet certificate list --expiring 30',
    'signet certificate list --machine mx2',
  )
    .option('--expiring <days>', 'only what ends within so many days, or has ended', wholeNumber)
    .option('--machine <name>', 'only what that machine uses')
    .option('--unused', 'only what no machine uses')
    .action(async (filter: ListFilter) => {
      const { controller, print } = session();
      const now = new Date();
      const { certificates } = await controller.certificates();
      const chosen = certificates.filter((one) => passes(one, filter, now));
      print.show({ certificates: chosen }, () => listCertificates(print, chosen, now));
    });

  command(
    certificate,
    'show',
    'show a certificate and its chain, up to the root or to the issuer that is missing',
    'signet certificate show mx --level machine/mx2',
  )
    .argument('<name>')
    .option('--level <level>', 'the level it is bound at; without: every level that binds the name')
    .option('--pem', 'print the chain, leaf first; needs --level')
    .action(async (name: string, options: { readonly level?: string; readonly pem?: true }) =>
      show(session(), name, options),
    );

  certificateExportCommand(certificate, session);
}

async function bind(
  { controller, print }: Session,
  level: string,
  name: string,
  source: CertificateSource,
): Promise<void> {
  showBound(print, name, level, await controller.bindCertificate(level, name, source));
}

/** Tells PKCS#12 (DER: it begins with a SEQUENCE, 0x30) from PEM by content, whatever the file is called. */
async function readCertificate(
  { prompt }: Session,
  files: readonly string[],
  passphraseFile: string | undefined,
): Promise<CertificateSource> {
  if (passphraseFile === '-' && files.includes('-')) {
    throw new Failure(
      'usage',
      'standard input cannot be both the certificate and the passphrase; put one of them in a file',
    );
  }
  const contents: Buffer[] = [];
  for (const file of files) contents.push(await readInput(file));
  const ask = async () =>
    readSecret(prompt, {
      file: passphraseFile,
      what: `passphrase of ${files.join(', ')}`,
      option: '--passphrase-file',
    });
  if (contents.some((bytes) => bytes[0] === 0x30)) {
    const [only, ...more] = contents;
    if (only === undefined || more.length > 0) {
      throw new Failure(
        'usage',
        'a PKCS#12 file holds key and chain by itself; name it alone, or convert DER files to PEM',
      );
    }
    return { pkcs12: only.toString('base64'), password: await ask() };
  }
  const pem = contents.map((bytes) => bytes.toString('utf8')).join('\n');
  if (!pem.includes('-----BEGIN ')) {
    throw new Failure(
      'usage',
      `there is neither PEM nor PKCS#12 in ${files.join(', ')}; name the files that hold the key and the chain`,
    );
  }
  return pem.includes('ENCRYPTED') ? { pem, passphrase: await ask() } : { pem };
}

async function show(
  { controller, print }: Session,
  name: string,
  { level, pem }: { readonly level?: string; readonly pem?: true },
): Promise<void> {
  if (level !== undefined) {
    const answer = await controller.certificate(level, name);
    print.show(answer, () => {
      if (pem) print.line(answer.pem.trimEnd());
      else showCertificate(print, answer, new Date());
    });
    return;
  }
  if (pem) throw new Failure('usage', `${name} may mean several certificates; say which with --level`);
  const bound = (await controller.certificates()).certificates.filter((one) => one.name === name);
  if (bound.length === 0)
    throw new Failure('refused', `no level binds a certificate named ${name}; signet certificate list shows all`);
  const found = await Promise.all(bound.map((one) => controller.certificate(one.level, name)));
  print.show({ certificates: found }, () => {
    for (const one of found) showCertificate(print, one, new Date());
  });
}
