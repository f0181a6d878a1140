/** `signet rollout`: revisions on their way to machines. */
import type { Command } from 'commander';

import type { RolloutOptions, RolloutView } from '../schema/types.generated.ts';
import { Failure } from './failure.ts';
import { command, revisionNumber, several, wholeNumber } from './options.ts';
import { moment, type Printer } from './print.ts';
import { hasStarted, judge, outcomeTones, summary, watch } from './progress.ts';
import type { Session } from './session.ts';

export function rolloutCommands(program: Command, session: () => Session): void {
  const rollout = program.command('rollout').description('revisions on their way to machines');

  command(rollout, 'list', 'list the rollouts, newest first', 'signet rollout list').action(async () =>
    list(session()),
  );

  command(rollout, 'show', 'show how each machine fared', 'signet rollout show 7')
    .argument('[id]', 'the newest without', wholeNumber)
    .action(async (id: number | undefined) => {
      const it = session();
      const view = await it.controller.rollout(id ?? (await newest(it)));
      it.print.show(view, () => show(it.print, view));
    });

  command(rollout, 'start', 'roll out a revision', 'signet rollout start --revision 4 --machine mx1 --machine mx2')
    .option('--revision <n>', 'the newest without', revisionNumber)
    .option('--machine <name>', 'only this machine; may be given several times', several)
    .option('--budget <n>', 'stop when more machines than this have failed; unreachable counts', wholeNumber)
    .option('--canary <n>', 'how many machines go first', wholeNumber)
    .option('--wave-size <n>', 'how many machines go at a time after that', wholeNumber)
    .option('--revert-on-failure', 'when it fails, also put back the machines that had succeeded')
    .option('--overwrite-drift', 'take back what was changed by hand instead of refusing')
    .option('--no-watch', 'do not wait for it')
    .action(async ({ watch: wait, machine, ...options }: StartOptions) => {
      const it = session();
      const view = await it.controller.startRollout({ ...options, ...(machine ? { machines: machine } : {}) });
      await started(it, view, wait);
    });

  command(rollout, 'watch', 'watch a rollout until it has ended', 'signet rollout watch 7')
    .argument('[id]', 'the newest without', wholeNumber)
    .action(async (id: number | undefined) => {
      const it = session();
      const view = await watch(it, id ?? (await newest(it)));
      it.print.show(view, () => it.print.line(summary(view)));
      judge(view);
    });

  command(rollout, 'stop', 'end a rollout after the machines in hand; what is done stays done', 'signet rollout stop 7')
    .argument('<id>', 'as signet rollout list shows it', wholeNumber)
    .action(async (id: number) => {
      const { controller, print } = session();
      const view = await controller.stopRollout(id);
      print.show(view, () => print.line(summary(view)));
    });

  command(
    rollout,
    'revert',
    'bring every machine that a rollout changed back to what it had before, in a rollout of its own',
    'signet rollout revert 7',
  )
    .argument('<id>', 'as signet rollout list shows it', wholeNumber)
    .option('--no-watch', 'do not wait for it')
    .action(async (id: number, options: { readonly watch: boolean }) => {
      const it = session();
      const view = await it.controller.revertRollout(id);
      await started(it, view, options.watch);
    });
}

interface StartOptions extends Omit<RolloutOptions, 'machines'> {
  readonly machine?: readonly string[];
  readonly watch: boolean;
}

/** Shows a rollout that has just begun: how it ends, or that it goes on. */
async function started(session: Session, begun: RolloutView, wait: boolean): Promise<void> {
  const { print } = session;
  const { id } = begun.rollout;
  const view = wait ? await watch(session, id) : begun;
  print.show(view, () => print.line(wait ? summary(view) : hasStarted(id)));
  if (wait) judge(view);
}

async function newest({ controller }: Session): Promise<number> {
  const ids = (await controller.rollouts()).rollouts.map(({ id }) => id);
  if (ids.length === 0)
    throw new Failure('refused', 'there has been no rollout yet; start one with signet rollout start');
  return Math.max(...ids);
}

async function list({ controller, print }: Session): Promise<void> {
  const answer = await controller.rollouts();
  print.show(answer, () =>
    print.table(
      ['ROLLOUT', 'REVISION', 'STATE', 'STARTED', 'FINISHED', 'BY', 'MACHINES', 'REASON'],
      answer.rollouts.map(({ id, revision, state, started, finished, by, waves, reason }) => [
        { text: String(id), tone: 'strong' },
        `r${revision}`,
        { text: state, tone: state === 'succeeded' ? 'good' : state === 'failed' ? 'bad' : 'dim' },
        moment(started),
        moment(finished),
        by,
        String(waves.flat().length),
        reason ?? '',
      ]),
    ),
  );
}

function show(print: Printer, view: RolloutView): void {
  print.table(
    ['MACHINE', 'STATE', 'SINCE', 'DETAIL'],
    view.outcomes.map(({ machine, state, updated, detail }) => [
      machine,
      { text: state, tone: outcomeTones[state] },
      moment(updated),
      detail ?? '',
    ]),
  );
  print.line(summary(view));
  if (view.rollout.reason !== undefined) print.line(view.rollout.reason);
}
