/** `signet archive`: what machines that left had of their own. */
import type { Command } from 'commander';

import type { ArchiveComparison, ArchivedFiles, ComparisonQuery } from '../schema/types.generated.ts';
import { changeLine } from './diff-view.ts';
import { Failure } from './failure.ts';
import { command } from './options.ts';
import { moment, type Printer } from './print.ts';
import type { Session } from './session.ts';

export function archiveCommands(program: Command, session: () => Session): void {
  const archive = program.command('archive').description('what machines that left had of their own');

  command(archive, 'list', 'list the archives, the newest first', 'signet archive list').action(async () => {
    const { controller, print } = session();
    const answer = await controller.archives();
    print.show(answer, () => {
      if (answer.archives.length === 0) print.line('no archives; one is made when a machine leaves');
      else
        print.table(
          ['ID', 'MACHINE', 'GROUP', 'LEFT', 'SETTINGS'],
          answer.archives.map(({ id, name, group, left, layer }) => [
            ...[id, name, group, moment(left)],
            Object.keys(layer).join(', ') || 'none',
          ]),
        );
    });
  });

  command(
    archive,
    'show',
    'show the settings a machine left with (keys are named, not shown)',
    'signet archive show 00000000-0000-4000-8000-000000000002',
  )
    .argument('<id>')
    .option('--files', 'list the files that the machine had before it first joined')
    .option('--file <path>', 'print one of these')
    .action(async (id: string, { files, file }: ShowOptions) => {
      const { controller, print } = session();
      if (files ?? file !== undefined) return showFiles(print, await controller.archivedFiles(id), file);
      const answer = await controller.archive(id);
      print.show(answer, () => {
        print.line([{ text: answer.name, tone: 'strong' }, `, in ${answer.group}, left ${moment(answer.left)}`]);
        print.line(JSON.stringify(answer.layer, null, 2));
      });
    });

  command(
    archive,
    'compare',
    'show what an archive would change, and how its certificates stand today',
    'signet archive compare 00000000-0000-4000-8000-000000000002 --machine mx3',
  )
    .argument('<id>')
    .option('--group <name>', 'for a machine of this group; the one that it was in without')
    .option('--machine <name>', 'against what this machine has of its own')
    .action(async (id: string, to: ComparisonQuery) => {
      const { controller, print } = session();
      if (to.group !== undefined && to.machine !== undefined) {
        throw new Failure('usage', 'an archive is held against one thing; give --group or --machine, not both');
      }
      const answer = await controller.compareArchive(id, to);
      print.show(answer, () => {
        showComparison(print, answer);
        for (const note of concerns(answer)) print.note({ text: note, tone: 'warn' });
      });
    });

  command(
    archive,
    'delete',
    'delete an archive: what the machine had of its own is gone for good (for administrators)',
    'signet archive delete 00000000-0000-4000-8000-000000000002 --yes',
  )
    .argument('<id>')
    .option('--yes', 'do not ask')
    .action(async (id: string, { yes }: { readonly yes?: true }) => {
      const { controller, print, prompt } = session();
      const { name } = await controller.archive(id);
      if (!yes && !(await prompt.confirm(`Delete what ${name} had of its own, for good?`))) {
        throw new Failure('failed', 'the archive stays; nothing was changed');
      }
      await controller.deleteArchive(id);
      print.line(`the archive of ${name} is deleted`);
    });
}

/** What is effective without an archive and with it. */
export function showComparison(print: Printer, { against, changes }: ArchiveComparison): void {
  if (changes.length === 0) print.line(`what ${against} gives a machine says the same`);
  else print.line({ text: `${against}, without it and with it`, tone: 'strong' });
  for (const change of changes) print.line(changeLine(change));
}

function concerns({ certificates, missing }: ArchiveComparison): readonly string[] {
  const bad = certificates.flatMap(({ name, trouble }) => (trouble === undefined ? [] : [`${name} ${trouble}`]));
  return [...bad, ...missing];
}

interface ShowOptions {
  readonly files?: true;
  readonly file?: string;
}

function showFiles(print: Printer, answer: ArchivedFiles, path: string | undefined): void {
  const one = answer.files.find((file) => file.path === path);
  if (path !== undefined && !one) {
    throw new Failure('refused', `there is no file ${path} in the archive; see signet archive show --files`);
  }
  print.show(one ?? answer, () => {
    if (one) print.line(one.text.replace(/\n$/, ''));
    else if (answer.files.length === 0) print.line('no files are on record');
    else
      print.table(
        ['FILE', 'BYTES'],
        answer.files.map((file) => [file.path, String(Buffer.byteLength(file.text))]),
      );
  });
}
