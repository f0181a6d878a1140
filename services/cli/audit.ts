/** `signet audit`: who changed what and when, for reading, for keeping elsewhere, and whether it was rewritten. */
import { existsSync } from 'node:fs';

import type { Command } from 'commander';

import type { AuditEntry } from '../schema/types.generated.ts';
import type { Controller } from './controller.ts';
import { Failure } from './failure.ts';
import { command, wholeNumber } from './options.ts';
import { moment } from './print.ts';
import type { Session } from './session.ts';
import { thereAlready, writeWhole } from './write-file.ts';

export function auditCommands(program: Command, session: () => Session): void {
  const audit = command(program, 'audit', 'show who changed what, newest first', 'signet audit --limit 50')
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

  command(
    audit,
    'export',
    'write the whole trail to a file, an entry a line in JSON, oldest first',
    'signet audit export trail.jsonl',
  )
    .argument('<file>', 'a new file')
    .option('--force', 'replace the file when it is there')
    .action(async (file: string, { force = false }: { readonly force?: boolean }) => {
      const { controller, print } = session();
      if (!force && existsSync(file)) throw thereAlready(file);
      const entries = await everything(controller);
      await writeWhole(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''), { keep: !force });
      print.show({ file, entries: entries.length }, () => print.line(`wrote ${file}, ${entries.length} entries`));
    });

  command(
    audit,
    'verify',
    'prove that the trail is as it was written',
    'signet audit verify',
    'signet audit verify --noted 41:9f86d081884c7d65...',
  )
    .option('--noted <seal>', 'a seal that you noted before, NUMBER:DIGEST: nothing up to it may be missing')
    .action(async (options: { readonly noted?: string }) => {
      const { controller, print } = session();
      const answer = await controller.verifyAudit(options);
      print.show(answer, () => {
        const { entries, unsealed, newest, faults } = answer;
        print.line(`${entries} entries as they were written, ${unsealed} not sealed yet`);
        if (newest) print.line(`newest seal ${newest.number}:${newest.digest}`);
        for (const fault of faults) print.note({ text: fault, tone: 'bad' });
      });
      if (answer.faults.length > 0) {
        throw new Failure(
          'failed',
          'the audit trail is not as it was written; compare it with a backup and with what you exported',
        );
      }
    });
}

const page = 1000;

async function everything(controller: Controller): Promise<readonly AuditEntry[]> {
  const found: AuditEntry[] = [];
  for (;;) {
    const last = found.at(-1)?.id;
    const { entries } = await controller.audit({ limit: page, ...(last === undefined ? {} : { before: last }) });
    found.push(...entries);
    if (entries.length < page) return found.reverse();
  }
}
