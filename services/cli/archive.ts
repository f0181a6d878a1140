/** `signet archive`: what machines that left had of their own. */
import type { Command } from 'commander';

import { Failure } from './failure.ts';
import { command } from './options.ts';
import { moment } from './print.ts';
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
    .action(async (id: string) => {
      const { controller, print } = session();
      const answer = await controller.archive(id);
      print.show(answer, () => {
        print.line([{ text: answer.name, tone: 'strong' }, `, in ${answer.group}, left ${moment(answer.left)}`]);
        print.line(JSON.stringify(answer.layer, null, 2));
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
