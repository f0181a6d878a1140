/** `signet machine disconnect`: a member that is left alone for a while. */
import type { Command } from 'commander';

import type { MachineStatus } from '../schema/types.generated.ts';
import { command } from './options.ts';
import { moment } from './print.ts';
import type { Session } from './session.ts';

export function disconnectCommand(machine: Command, session: () => Session): void {
  command(
    machine,
    'disconnect',
    'leave a machine alone: it stays a member, and nothing is pushed to it or read from it until it is reconnected',
    'signet machine disconnect mx1 --reason "its owner works on it"',
  )
    .argument('<name>')
    .option('--reason <text>', 'why, for whoever looks at it')
    .action(async (name: string, options: { readonly reason?: string }) => disconnect(session(), name, options));
}

/** Since when it is left alone, by whom and why. */
export function disconnectedWords({ since, by, reason }: NonNullable<MachineStatus['disconnected']>): string {
  return `disconnected since ${moment(since)} by ${by}${reason === undefined ? '' : `: ${reason}`}`;
}

async function disconnect(
  { controller, print }: Session,
  name: string,
  options: { readonly reason?: string },
): Promise<void> {
  const answer = await controller.disconnect(name, options);
  print.show(answer, () => {
    print.line([{ text: name, tone: 'strong' }, ' is disconnected: it runs on with what it has, and is left alone']);
    for (const note of answer.notes) print.line(`  ${note}`);
    print.note(`signet machine reconnect ${name} shows what has changed by then, and asks`);
  });
}
