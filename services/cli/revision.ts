/** `signet revision`: what was committed, by whom and why; comparing any two; going back to one. */
import type { Command } from 'commander';

import type { RevisionView } from '../schema/types.generated.ts';
import { showDiff, warnOf, type DiffOptions } from './diff-view.ts';
import { command, revisionNumber, wholeNumber } from './options.ts';
import { moment, type Printer } from './print.ts';
import { finish } from './progress.ts';
import type { Session } from './session.ts';

export function revisionCommands(program: Command, session: () => Session): void {
  const revision = program.command('revision').description('what was committed: list, show, compare, go back');

  command(revision, 'list', 'list the revisions, newest first', 'signet revision list --limit 20')
    .option('--before <n>', 'only those before this one', revisionNumber)
    .option('--limit <n>', 'at most this many', wholeNumber)
    .action(async (options: { readonly before?: number; readonly limit?: number }) => list(session(), options));

  command(revision, 'show', 'show a revision and the whole configuration it holds', 'signet revision show 4')
    .argument('[n]', 'the newest without', revisionNumber)
    .action(async (n: number | undefined) => {
      const it = session();
      const answer = await it.controller.revision(n ?? (await newest(it)));
      it.print.show(answer, () => show(it.print, answer));
    });

  command(revision, 'diff', 'compare two revisions: settings, and files on each machine', 'signet revision diff 3 4')
    .argument('[from]', 'the one before the newest without', revisionNumber)
    .argument('[to]', 'the newest without', revisionNumber)
    .option('--machine <name>', 'only this machine')
    .option('--settings', 'only settings')
    .option('--files', 'only files')
    .action(async (from: number | undefined, to: number | undefined, options: DiffOptions) => {
      const it = session();
      const end = to ?? (await newest(it));
      showDiff(
        it.print,
        await it.controller.diffRevisions(from ?? Math.max(end - 1, 0), end, options.machine),
        options,
      );
    });

  command(
    revision,
    'rollback',
    'make an earlier revision the newest again, and roll it out',
    'signet revision rollback 3 -m "mx broke"',
  )
    .argument('<n>', 'the revision to go back to', revisionNumber)
    .option('-m, --comment <text>', 'why')
    .option('--no-rollout', 'do not roll it out: later, with signet rollout start')
    .option('--no-watch', 'do not wait for the rollout')
    .action(async (n: number, options: RollbackOptions) => rollback(session(), n, options));
}

interface RollbackOptions {
  readonly comment?: string;
  readonly rollout: boolean;
  readonly watch: boolean;
}

async function newest({ controller }: Session): Promise<number> {
  return (await controller.revisions({ limit: 1 })).revisions[0]?.number ?? 0;
}

async function list(
  { controller, print }: Session,
  query: { readonly before?: number; readonly limit?: number },
): Promise<void> {
  const answer = await controller.revisions(query);
  print.show(answer, () =>
    print.table(
      ['REVISION', 'TIME', 'AUTHOR', 'COMMENT', 'NOTES'],
      answer.revisions.map(({ number, time, author, comment, restores, rollout }) => [
        { text: `r${number}`, tone: 'strong' },
        moment(time),
        author,
        comment,
        [restores === undefined ? '' : `back to r${restores} `, rollout ? '' : 'not rolled out'],
      ]),
    ),
  );
}

function show(print: Printer, { revision, configuration }: RevisionView): void {
  print.line([{ text: `r${revision.number}`, tone: 'strong' }, `: ${revision.comment}`]);
  print.line({ text: `${revision.author}, ${moment(revision.time)}`, tone: 'dim' });
  for (const group of Object.keys(configuration.groups)) {
    const members = Object.entries(configuration.machines).flatMap(([name, entry]) =>
      entry.group === group ? [name] : [],
    );
    print.line(`group ${group}: ${members.join(', ') || 'empty'}`);
  }
  for (const [level, layer] of Object.entries(configuration.layers)) {
    print.line({ text: `\n${level}`, tone: 'strong' });
    print.line(JSON.stringify(layer, undefined, 2));
  }
}

async function rollback(session: Session, n: number, options: RollbackOptions): Promise<void> {
  const comment = options.comment ?? `back to r${n}`;
  const answer = await session.controller.rollback(n, { comment, rollout: options.rollout });
  session.print.line([{ text: `r${answer.revision.number}`, tone: 'strong' }, `: ${answer.revision.comment}`]);
  for (const level of answer.leftOut)
    session.print.note([{ text: 'left out: ', tone: 'warn' }, `${level}, which has left since`]);
  warnOf(session.print, answer);
  await finish(session, answer, options);
}
