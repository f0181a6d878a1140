/** `signet health`: whether the controller is there and what it runs on. */
import type { Command } from 'commander';

import { command } from './options.ts';
import type { Session } from './session.ts';

export function healthCommands(program: Command, session: () => Session): void {
  command(program, 'health', 'ask the controller how it is', 'signet health').action(async () => {
    const { controller, print } = session();
    const answer = await controller.health();
    print.show(answer, () =>
      print.facts([
        ['status', { text: answer.status, tone: 'good' }],
        ['version', answer.version],
        ['revision', `r${answer.revision}`],
        ['store', answer.store],
        ['pushes', answer.leader ? 'yes' : 'no: another controller has the lead'],
      ]),
    );
  });
}
