/** `signet audit`: who changed what, and when. */
import type { Command } from 'commander';

import { command, wholeNumber } from './options.ts';
import { moment } from './print.ts';
import type { Session } from './session.ts';

export function auditCommands(program: Command, session: () => Session): void {
  command(program, 'audit', 'show who changed what, newest first', 'signet audit --limit 50')
    .alias('log')
    .option('--before <time>', 'only what happened before this time (ISO 8601)')
    .option('--limit <n>', 'at most this many', wholeNumber)
    .action(async (options: { readonly before?: string; readonly limit?: number }) => {
      const { controller, print } = session();
      const answer = await controller.audit(options);
      print.show(answer, () =>
        print.table(
          ['TIME', 'WHO', 'WHAT', 'DETAIL'],
          answer.entries.map(({ time, actor, action, detail }) => [moment(time), actor, action, inWords(detail)]),
        ),
      );
    });
}

function inWords(detail: unknown): string {
  if (detail === undefined || detail === null) return '';
  return typeof detail === 'string' ? detail : JSON.stringify(detail);
}
