/** `signet trust`: lists of certificate authorities that verification of destinations may use. */
import type { Command } from 'commander';

import { pointer } from '../schema/pointer.ts';
import { Failure } from './failure.ts';
import { command } from './options.ts';
import { readInput } from './prompt.ts';
import type { Session } from './session.ts';
import { draftNote } from './changes.ts';
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
    .action(async (name: string, files: readonly string[], options: { readonly level: string }) =>
      importTrust(session(), name, files, options.level),
    );
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
