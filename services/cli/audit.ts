/** `signet audit`: who changed what, and when. */
import type { Command } from 'commander';

import { command, wholeNumber } from './options.ts';
import { moment } from './print.ts';
import type { Session } from './session.ts';

export function auditCommands(program: Command, session: () => Session): void {
  command(program, 'audit', 'show who changed what, newest first', 'signet audit --limit 50')
    .alias('log')
    .option('--before <time>', 'only what happened before this time (ISO 8601) or entry')
    .option('--limit <n>', 'at most this many', wholeNumber)
    .action(async (options: { readonly before?: string; readonly limit?: number }) => {
      const { controller, print } = session();
      const answer = await controller.audit(options);
      print.show(answer, () =>
        print.table(
          ['TIME', 'WHO', 'WHAT', 'ON', 'OUTCOME', 'DETAIL'],
          answer.entries.map(({ time, actor, action, object, outcome, detail }) => [
            moment(time),
            actor,
            action,
            object,
            { text: outcome, tone: outcome === 'ok' ? 'good' : 'warn' },
            detail ?? '',
          ]),
        ),
      );
    });
}
