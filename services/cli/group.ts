/** `signet group`: groups of machines, the level between cluster and machine. */
import type { Command } from 'commander';

import { command } from './options.ts';
import type { Session } from './session.ts';
import { amend } from './changes.ts';

export function groupCommands(program: Command, session: () => Session): void {
  const group = program.command('group').description('groups of machines, the level between cluster and machine');

  command(group, 'list', 'list the groups and their machines', 'signet group list').action(async () => {
    const { controller, print } = session();
    const answer = await controller.groups();
    print.show(answer, () =>
      print.table(
        ['GROUP', 'MACHINES', 'DESCRIPTION'],
        answer.groups.map(({ name, machines, description }) => [name, machines.join(', ') || '-', description ?? '']),
      ),
    );
  });

  command(
    group,
    'create',
    'create a group, in your draft',
    'signet group create edge --description "in front of everything"',
  )
    .argument('<name>')
    .option('--description <text>', 'what the group is for')
    .action(async (name: string, { description }: { readonly description?: string }) =>
      amend(session(), [{ op: 'create-group', group: name, ...(description === undefined ? {} : { description }) }]),
    );

  command(group, 'delete', 'delete an empty group and its settings, in your draft', 'signet group delete edge')
    .argument('<name>')
    .action(async (name: string) => amend(session(), [{ op: 'delete-group', group: name }]));
}
