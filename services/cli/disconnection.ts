/** `signet machine disconnect` and `reconnect`: a member that is left alone for a while. */
import type { Command } from 'commander';

import type { MachineStatus } from '../schema/types.generated.ts';
import { command } from './options.ts';
import { moment } from './print.ts';
import { finish } from './progress.ts';
import type { Session } from './session.ts';

export function disconnectionCommands(machine: Command, session: () => Session): void {
  command(
    machine,
    'disconnect',
    'leave a machine alone: it stays a member, and nothing is pushed to it or read from it until it is reconnected',
    'signet machine disconnect mx1 --reason "its owner works on it"',
  )
    .argument('<name>')
    .option('--reason <text>', 'why, for whoever looks at it')
    .action(async (name: string, options: { readonly reason?: string }) => disconnect(session(), name, options));

  command(
    machine,
    'reconnect',
    'connect a machine again, and bring it what the configuration has for it',
    'signet machine reconnect mx1',
  )
    .argument('<name>')
    .action(async (name: string) => reconnect(session(), name));
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
    print.note(`signet machine reconnect ${name} connects it again`);
  });
}

async function reconnect(session: Session, name: string): Promise<void> {
  const answer = await session.controller.reconnect(name);
  session.print.line([{ text: `r${answer.revision.number}`, tone: 'strong' }, `: ${name} is connected again`]);
  await finish(session, answer, { rollout: true, watch: true });
}
