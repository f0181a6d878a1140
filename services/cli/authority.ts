/** `signet authority`: private authorities, for what public ones do not sign. */
import type { Command } from 'commander';

import { pointer } from '../schema/pointer.ts';
import type { AuthorityRequest, AuthorityView, Draft } from '../schema/types.generated.ts';
import { issuedCommands } from './authority-issued.ts';
import { draftNote } from './changes.ts';
import { expiry } from './machine-view.ts';
import { command, wholeNumber } from './options.ts';
import type { Printer, Text } from './print.ts';
import type { Session } from './session.ts';
import { given, subjectOf, subjectOptions, type SubjectOptions } from './subject-options.ts';

interface CreateOptions extends SubjectOptions {
  readonly key?: NonNullable<AuthorityRequest['key']>;
  readonly days?: number;
  readonly rootDays?: number;
  readonly crlUrl?: string;
  readonly trust?: string;
  readonly level: string;
}

export function authorityCommands(program: Command, session: () => Session): void {
  const authority = program
    .command('authority')
    .description('private authorities, for what public ones do not sign: client authentication, internal names');

  subjectOptions(
    command(
      authority,
      'create',
      'make a root and an issuing certificate under it, and with --trust have machines trust the root, in your draft',
      'signet authority create mail --cn "Example Mail CA" --o Example --trust internal --level cluster',
    )
      .argument('<name>', 'what commands call it')
      .requiredOption('--cn <name>', 'common name of the root'),
  )
    .option('--key <kind>', 'rsa-2048, rsa-3072, rsa-4096, ec-p256 or ec-p384 (without this option)')
    .option('--days <n>', 'how long the issuing certificate is valid (1095)', wholeNumber)
    .option('--root-days <n>', 'how long the root is valid (3650)', wholeNumber)
    .option('--crl-url <address>', 'where the revocation list is published: ADDRESS/crl/NAME.crl')
    .option('--trust <list>', 'the trust list that becomes its root')
    .option('--level <level>', 'where that list is: cluster, group/NAME or machine/NAME', 'cluster')
    .action(async (name: string, options: CreateOptions) => create(session(), name, options));

  command(authority, 'list', 'list the authorities', 'signet authority list').action(async () => {
    const { controller, print } = session();
    const answer = await controller.authorities();
    const now = new Date();
    print.show(answer, () =>
      print.table(
        ['NAME', 'ROOT', 'ROOT EXPIRES', 'ISSUING EXPIRES', 'CRL'],
        answer.authorities.map(({ name, root, issuing, crlUrl }) => [
          { text: name, tone: 'strong' },
          root.subject,
          expiry(root.notAfter, now),
          expiry(issuing.notAfter, now),
          crlUrl === undefined ? '-' : listAddress(crlUrl, name),
        ]),
      ),
    );
  });

  command(
    authority,
    'show',
    'show an authority, or its root, which others need to verify what it issued',
    'signet authority show mail',
    'signet authority show mail --pem > mail-root.pem',
  )
    .argument('<name>')
    .option('--pem', 'print the root')
    .action(async (name: string, { pem }: { readonly pem?: true }) => {
      const { controller, print } = session();
      if (pem) {
        const bundle = await controller.authorityBundle(name);
        print.show({ pem: bundle }, () => print.line(bundle.trimEnd()));
        return;
      }
      const answer = await controller.authority(name);
      print.show(answer, () => describe(print, answer));
    });

  issuedCommands(authority, session);

  command(
    authority,
    'renew',
    'sign the issuing certificate anew, for the same key and under the same root',
    'signet authority renew mail',
  )
    .argument('<name>')
    .option('--days <n>', 'how long it is valid (1095), the root permitting', wholeNumber)
    .action(async (name: string, options: { readonly days?: number }) => {
      const { controller, print } = session();
      const answer = await controller.renewAuthority(name, options);
      print.show(answer, () => describe(print, answer));
    });
}

async function create({ controller, print }: Session, name: string, options: CreateOptions): Promise<void> {
  const { key, days, rootDays, crlUrl, trust, level } = options;
  const request = given({ name, subject: subjectOf(options), key, days, rootDays, crlUrl });
  const authority = await controller.createAuthority(request as unknown as AuthorityRequest);
  const draft = trust === undefined ? undefined : await trusting(trust, authority);
  print.show({ ...authority, ...(draft ? { draft } : {}) }, () => {
    describe(print, authority);
    if (draft) print.note(draftNote(draft));
  });

  async function trusting(list: string, { bundle }: AuthorityView): Promise<Draft> {
    const value = { source: 'bundle', bundle };
    return (await controller.amend([{ op: 'set', level, path: pointer(['trust', list]), value }])).draft;
  }
}

function describe(print: Printer, { name, root, issuing, bundle, crlUrl }: AuthorityView): void {
  const until = ({ subject, notAfter }: AuthorityView['root']): Text =>
    [`${subject}, until `, expiry(notAfter, new Date())].flat();
  print.line([{ text: name, tone: 'strong' }, `: ${root.subject}`]);
  print.facts([
    ['root', until(root)],
    ['issuing', until(issuing)],
    ['bundle', bundle],
    ['CRL', crlUrl === undefined ? 'not named in certificates' : listAddress(crlUrl, name)],
  ]);
}

function listAddress(base: string, name: string): string {
  return `${base.replace(/\/+$/, '')}/crl/${name}.crl`;
}
