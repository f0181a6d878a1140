/** Watches a rollout until it has ended, through lost connections and restarts of the controller, and judges how it went. */
import { setTimeout as delay } from 'node:timers/promises';

import type { Outcome, RolloutView } from '../schema/types.generated.ts';
import type { Controller } from './controller.ts';
import { Failure } from './failure.ts';
import type { Printer, Span, Text, Tone } from './print.ts';
import type { Session } from './session.ts';

/** What each state of a machine in a rollout means to the eye. */
export const outcomeTones: Readonly<Record<Outcome['state'], Tone>> = {
  waiting: 'dim',
  pushing: 'strong',
  unchanged: 'good',
  confirmed: 'good',
  unproven: 'warn',
  reverted: 'bad',
  refused: 'bad',
  unreachable: 'bad',
  unknown: 'bad',
  skipped: 'dim',
};

const succeeded: readonly Outcome['state'][] = ['unchanged', 'confirmed', 'unproven'];
const failed: readonly Outcome['state'][] = ['reverted', 'refused', 'unreachable', 'unknown'];
const underWay: readonly Outcome['state'][] = ['waiting', 'pushing'];

/**
 * Shows `answer` after a revision was made. Unless told otherwise its rollout is watched to its end first; then this throws
 * when machines did not get it.
 */
export async function finish(
  { controller, print }: Session,
  answer: { readonly revision: { readonly number: number }; readonly rollout?: number },
  { rollout, watch: wait }: { readonly rollout: boolean; readonly watch: boolean },
): Promise<void> {
  const { number } = answer.revision;
  if (!rollout || !wait) {
    const id = answer.rollout;
    const later = `r${number} is not rolled out yet; signet rollout start --revision ${number} does it`;
    print.show(answer, () => print.note({ text: id === undefined ? later : hasStarted(id), tone: 'dim' }));
    return;
  }
  const view = await watch({ controller, print }, answer.rollout ?? (await begun(controller, number)));
  print.show({ ...answer, view }, () => print.line(summary(view)));
  judge(view);
}

const beginSeconds = 15;

/** The rollout of a revision whose answer did not name one yet: the controller that leads starts it by itself. */
async function begun(controller: Controller, revision: number): Promise<number> {
  for (let second = 0; second < beginSeconds; second++) {
    await delay(1000);
    const found = (await controller.rollouts()).rollouts.filter((rollout) => rollout.revision === revision);
    if (found.length > 0) return Math.max(...found.map(({ id }) => id));
  }
  throw new Failure(
    'failed',
    `r${revision} stands, but no controller has begun to roll it out; see signet health, and later signet rollout list`,
  );
}

export function hasStarted(id: number): string {
  return `rollout ${id} has started; watch it with signet rollout watch ${id}`;
}

/** Follows a rollout to its end and returns how it ended. Ctrl-C ends only the watching. */
export async function watch(
  { controller, print }: Pick<Session, 'controller' | 'print'>,
  id: number,
): Promise<RolloutView> {
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  const shown = new Map<string, string>();
  try {
    let last: RolloutView | undefined;
    for await (const view of follow(controller, id, stop.signal)) {
      last = view;
      draw(print, view, shown);
    }
    if (stop.signal.aborted || !last) {
      const again = `see it again with signet rollout watch ${id}, end it with signet rollout stop ${id}`;
      throw new Failure('interrupted', `stopped watching; rollout ${id} goes on: ${again}`);
    }
    return last;
  } finally {
    process.off('SIGINT', interrupt);
    print.status([]);
  }
}

/** Throws when machines did not get what was rolled out: `partlyFailed` when others did. */
export function judge(view: RolloutView): void {
  const { rollout, outcomes } = view;
  const without = outcomes.filter(({ state }) => !succeeded.includes(state)).length;
  if (rollout.state === 'succeeded' && without === 0) return;
  const why = rollout.reason === undefined ? '' : ` (${rollout.reason})`;
  const next = `look with signet rollout show ${rollout.id}`;
  throw new Failure(
    without < outcomes.length ? 'partlyFailed' : 'failed',
    `${without} of ${outcomes.length} machines did not get revision ${rollout.revision} in rollout ${rollout.id}${why}; ${next}`,
  );
}

/** One line about a rollout: its state and how many machines are in which. */
export function summary({ rollout, outcomes }: RolloutView): Text {
  const tone: Tone = rollout.state === 'succeeded' ? 'good' : rollout.state === 'running' ? 'strong' : 'bad';
  const counts = new Map<Outcome['state'], number>();
  for (const { state } of outcomes) counts.set(state, (counts.get(state) ?? 0) + 1);
  const parts = [...counts].flatMap(([state, n]): Span[] => [
    ', ',
    { text: `${n} ${state}`, tone: outcomeTones[state] },
  ]);
  return [`rollout ${rollout.id} of r${rollout.revision}: `, { text: rollout.state, tone }, ...parts];
}

// How long a controller may be away, restarting for example, before the watching is given up.
const patienceSeconds = 60;

async function* follow(controller: Controller, id: number, signal: AbortSignal): AsyncGenerator<RolloutView> {
  for (let away = 0; ;) {
    try {
      for await (const { name, data } of controller.rolloutEvents(id, signal)) {
        if (name !== 'rollout') continue;
        const view = JSON.parse(data) as RolloutView;
        away = 0;
        yield view;
        if (view.rollout.state !== 'running') return;
      }
      // The stream has ended, or a proxy does not let it through: ask, which also serves as polling.
      const view = await controller.rollout(id);
      away = 0;
      yield view;
      if (view.rollout.state !== 'running') return;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Failure && error.kind === 'unreachable') || ++away > patienceSeconds) throw error;
    }
    await delay(1000, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
  }
}

/** A line for each machine that is done, once; on a terminal also what is under way, in place. */
function draw(print: Printer, { rollout, outcomes }: RolloutView, shown: Map<string, string>): void {
  const name = Math.max(...outcomes.map(({ machine }) => machine.length), 0);
  for (const outcome of outcomes) {
    if (underWay.includes(outcome.state) || shown.get(outcome.machine) === outcome.state) continue;
    // A machine may be told twice: confirmed, and reverted with the others later.
    shown.set(outcome.machine, outcome.state);
    print.line(outcomeLine(outcome, name));
  }
  const pushing = outcomes.filter(({ state }) => state === 'pushing');
  const done = outcomes.filter(({ state }) => !underWay.includes(state)).length;
  const bad = outcomes.filter(({ state }) => failed.includes(state)).length;
  const most = 8;
  print.status([
    ...pushing.slice(0, most).map((outcome) => outcomeLine(outcome, name)),
    ...(pushing.length > most ? [{ text: `  and ${pushing.length - most} more`, tone: 'dim' } as const] : []),
    [
      { text: `rollout ${rollout.id} of r${rollout.revision}: ${done} of ${outcomes.length} done`, tone: 'dim' },
      ...(bad > 0 ? [', ', { text: `${bad} failed`, tone: 'bad' } as const] : []),
      { text: ' (Ctrl-C stops the watching alone)', tone: 'dim' },
    ],
  ]);
}

function outcomeLine({ machine, state, detail }: Outcome, name: number): Text {
  const end = detail === undefined ? '' : `  ${detail}`;
  return [`${machine.padEnd(name)}  `, { text: end === '' ? state : state.padEnd(11), tone: outcomeTones[state] }, end];
}
