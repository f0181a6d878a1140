/** `signet trust`: lists of certificate authorities that verification of destinations may use. */
import type { Command } from 'commander';

import { pointer } from '../schema/pointer.ts';
import { Failure } from './failure.ts';
import { command } from './options.ts';
import { readInput } from './prompt.ts';
import type { Session } from './session.ts';
import { amend, draftNote } from './changes.ts';
import { describeTrust, listTrust } from './trust-view.ts';
import { verdict } from './verdict.ts';

export function trustCommands(program: Command, session: () => Session): void {
  const trust = program.command('trust').description('lists of certificate authorities');

  command(
    trust,
    'import',
    'store certificate authorities and bind them to a name at a level, in your draft',
    'signet trust import partners --level cluster partner-ca.pem',
  )
    .argument('<name>', 'what policy calls the list, such as in outbound/trust')
    .argument('<file...>', 'PEM files (- for standard input)')
    .option('--level <level>', 'cluster, group/NAME or machine/NAME', 'cluster')
    .alias('add')
    .action(async (name: string, files: readonly string[], options: { readonly level: string }) =>
      importTrust(session(), name, files, options.level),
    );

  command(trust, 'list', 'list the trust lists of every level, and who uses them', 'signet trust list').action(
    async () => {
      const { controller, print } = session();
      const answer = await controller.trustLists();
      print.show(answer, () => listTrust(print, answer.lists, new Date()));
    },
  );

  command(trust, 'show', 'show the authorities of a trust list', 'signet trust show partners')
    .argument('<name>')
    .option('--level <level>', 'the level it is bound at; without: every level that binds the name')
    .action(async (name: string, options: { readonly level?: string }) => showTrust(session(), name, options.level));

  command(
    trust,
    'remove',
    'take a trust list away from a level, in your draft; what upper levels say holds again',
    'signet trust remove partners --level cluster',
  )
    .argument('<name>')
    .option('--level <level>', 'cluster, group/NAME or machine/NAME', 'cluster')
    .action(async (name: string, { level }: { readonly level: string }) =>
      amend(session(), [{ op: 'unset', level, path: pointer(['trust', name]) }]),
    );
}

async function showTrust({ controller, print }: Session, name: string, level: string | undefined): Promise<void> {
  const { lists } = await controller.trustLists();
  const found = lists.filter((one) => one.name === name && (level === undefined || one.level === level));
  if (found.length === 0) {
    const where = level ?? 'any level';
    throw new Failure('refused', `there is no trust list named ${name} at ${where}; signet trust list shows all`);
  }
  const whole = await Promise.all(
    found.map(async (list) =>
      list.bundle === undefined ? { list } : { list, bundle: await controller.trustBundle(list.bundle) },
    ),
  );
  print.show({ lists: whole }, () => {
    for (const { list, bundle } of whole) describeTrust(print, list, bundle?.authorities ?? [], new Date());
  });
}

async function importTrust(
  { controller, print }: Session,
  name: string,
  files: readonly string[],
  level: string,
): Promise<void> {
  const texts: string[] = [];
  for (const file of files) texts.push((await readInput(file)).toString('utf8'));
  const pem = texts.join('\n');
  // Nothing secret leaves this machine by a slip of the file name.
  if (pem.includes('PRIVATE KEY-----')) {
    throw new Failure('usage', `there is a private key in ${files.join(', ')}; name files with CA certificates alone`);
  }
  const stored = await controller.storeBundle(pem);
  const value = { source: 'bundle', bundle: stored.bundle };
  const { draft } = await controller.amend([{ op: 'set', level, path: pointer(['trust', name]), value }]);
  print.show({ ...stored, draft }, () => {
    const count =
      stored.certificates === 1 ? '1 certificate authority' : `${stored.certificates} certificate authorities`;
    print.line([{ text: name, tone: 'strong' }, ` at ${level}: ${count}, bundle ${stored.bundle}`]);
    for (const one of stored.findings) print.note(verdict(one));
    print.note(draftNote(draft));
  });
}
