/** `signet health`: whether the controller is there and what it runs on. */
import type { Command } from 'commander';

import type { Health } from '../schema/types.generated.ts';
import { command } from './options.ts';
import type { Text } from './print.ts';
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
        ...saves(answer.saves),
        ['pushes', answer.leader ? 'yes' : 'no: another controller has the lead'],
      ]),
    );
  });
}

function saves(state: Health['saves']): readonly (readonly [string, Text])[] {
  if (state === undefined) return [];
  return [['saves', state === 'ok' ? 'ok' : { text: `${state}; see signet config schedule show`, tone: 'bad' }]];
}
