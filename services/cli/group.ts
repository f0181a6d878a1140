/** `signet group`: groups of machines, the level between cluster and machine. */
import type { Command } from 'commander';

import { command } from './options.ts';
import type { Session } from './session.ts';
import { amend, type PlanOption } from './changes.ts';

const planHelp = 'only show what would change on each machine';

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

  command(
    group,
    'describe',
    'say what a group is for, in your draft; nothing takes the description away',
    'signet group describe edge "in front of everything"',
  )
    .argument('<name>')
    .argument('[text]')
    .action(async (name: string, description: string | undefined) =>
      amend(session(), [{ op: 'describe-group', group: name, ...(description === undefined ? {} : { description }) }]),
    );

  command(
    group,
    'rename',
    'give a group another name, in your draft; its machines and settings move along',
    'signet group rename edge border --plan',
  )
    .argument('<name>')
    .argument('<new-name>')
    .option('--plan', planHelp)
    .action(async (name: string, to: string, options: PlanOption) =>
      amend(session(), [{ op: 'rename-group', group: name, to }], options),
    );

  command(
    group,
    'delete',
    'delete an empty group and its settings, in your draft',
    'signet group delete edge',
    'signet group delete edge --members-to main --plan',
  )
    .argument('<name>')
    .option('--members-to <group>', 'move its machines to this group first')
    .option('--plan', planHelp)
    .action(async (name: string, { membersTo: to, ...options }: PlanOption & { readonly membersTo?: string }) =>
      amend(
        session(),
        [to === undefined ? { op: 'delete-group', group: name } : { op: 'dissolve-group', group: name, to }],
        options,
      ),
    );
}
