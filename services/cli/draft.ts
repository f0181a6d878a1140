/** `draft`, `diff`, `discard`, `commit`: one's own uncommitted changes, and how they become a revision. */
import type { Command } from 'commander';

import type { DraftView, RebaseOptions } from '../schema/types.generated.ts';
import { showDiff, warnOf, type DiffOptions } from './diff-view.ts';
import { Failure } from './failure.ts';
import { command, revisionNumber } from './options.ts';
import { moment, type Printer } from './print.ts';
import { finish } from './progress.ts';
import type { Session } from './session.ts';
import { inWords } from './changes.ts';

export function draftCommands(program: Command, session: () => Session): void {
  command(program, 'draft', 'show your draft as the commands that make it', 'signet draft')
    .alias('show')
    .action(async () => show(session()));

  command(
    program,
    'diff',
    'show what your draft would change: settings, and files on each machine',
    'signet diff --machine mx2',
  )
    .option('--machine <name>', 'only this machine')
    .option('--settings', 'only settings')
    .option('--files', 'only files')
    .action(async (options: DiffOptions) => {
      const { controller, print } = session();
      showDiff(print, await controller.diffDraft(), options);
    });

  command(program, 'discard', 'throw your draft away; what was in it is printed', 'signet discard').action(async () => {
    const { controller, print } = session();
    const answer = await controller.draft();
    await controller.discard();
    print.show(answer, () => {
      for (const operation of answer.draft.operations) print.line(inWords(operation));
      const empty = answer.draft.operations.length === 0;
      print.note({ text: empty ? 'there was no draft' : 'discarded', tone: 'dim' });
    });
  });

  command(
    program,
    'rebase',
    'bring your draft onto the newest revision, when someone changed the same: with your values or theirs',
    'signet rebase --keep mine',
  )
    .requiredOption('--keep <whose>', 'mine or theirs, where both changed the same')
    .action(async ({ keep }: RebaseOptions) => {
      const { controller, print } = session();
      const answer = await controller.rebase(keep);
      print.show(answer, () => showDraft(print, answer));
    });

  command(
    program,
    'commit',
    'check your draft, make it a revision and roll it out',
    'signet commit -m "first certificate"',
  )
    .option('-m, --comment <text>', 'why; asked for without')
    .option('--no-rollout', 'do not roll it out: later, with signet rollout start')
    .option('--no-watch', 'do not wait for the rollout')
    .option('--if-revision <n>', 'only if this is still the newest revision', revisionNumber)
    .action(async (options: CommitOptions) => commit(session(), options));
}

interface CommitOptions {
  readonly comment?: string;
  readonly rollout: boolean;
  readonly watch: boolean;
  readonly ifRevision?: number;
}

/** The comment given, or one that is asked for. */
export async function commentFor({ prompt, print }: Session, comment: string | undefined): Promise<string> {
  if (comment !== undefined) return comment;
  if (prompt.interactive && !print.json) return prompt.ask('Comment');
  throw new Failure('usage', 'a revision needs a comment and there is no terminal to ask on; add -m "why"');
}

async function show({ controller, print }: Session): Promise<void> {
  const answer = await controller.draft();
  print.show(answer, () => showDraft(print, answer));
}

function showDraft(print: Printer, { draft: { operations, base, updated }, head }: DraftView): void {
  if (operations.length === 0) {
    print.line('your draft is empty; add to it with signet set');
    return;
  }
  for (const operation of operations) print.line(inWords(operation));
  print.note({ text: `on r${base}, newest is r${head}, changed ${moment(updated)}`, tone: 'dim' });
}

async function commit(session: Session, options: CommitOptions): Promise<void> {
  const comment = await commentFor(session, options.comment);
  const answer = await session.controller.commit({ comment, rollout: options.rollout }, options.ifRevision);
  session.print.line([{ text: `r${answer.revision.number}`, tone: 'strong' }, `: ${answer.revision.comment}`]);
  warnOf(session.print, answer);
  await finish(session, answer, options);
}
