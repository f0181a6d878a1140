/** Many machines join: a few at once, each as it was planned, and then all are rolled out to in one go. */
import type { Finding } from '../errors.ts';
import type { AcceptedJoin, JoinPlan, JoinRequest } from '../schema/types.generated.ts';
import { each, reason } from './each.ts';
import { Failure } from './failure.ts';
import type { JoinOptions } from './join.ts';
import { judge, summary, watch } from './progress.ts';
import type { Session } from './session.ts';

/** Lets them join, a few at once; Ctrl-C waits for those in hand. Then all of them are rolled out to in one go. */
export async function joinAll(
  session: Session,
  plans: readonly JoinPlan[],
  { bootstrap, options, rest }: Asked,
): Promise<void> {
  const { controller, print } = session;
  const joined: string[] = [];
  const failed: Finding[] = [];
  const inHand = new Set<string>();
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.on('SIGINT', interrupt);
  const draw = () =>
    print.status([
      ...[...inHand].map((name) => ({ text: `${name}  joins`, tone: 'strong' }) as const),
      { text: `${joined.length} of ${plans.length} have joined (Ctrl-C ends after these)`, tone: 'dim' },
    ]);
  try {
    await each(plans, async ({ id, name, known }) => {
      if (stop.signal.aborted) return;
      inHand.add(name);
      draw();
      try {
        const answer = await controller.join({ ...acceptance(id, known, options), bootstrap });
        joined.push(name);
        const group = answer.machine.group === undefined ? '' : ` ${answer.machine.group}`;
        print.line([{ text: name, tone: 'strong' }, `  has joined${group} (r${answer.revision.number})`]);
        for (const note of answer.notes ?? []) print.note({ text: `${name}: ${note}`, tone: 'warn' });
      } catch (error) {
        failed.push({ machine: name, detail: reason(error) });
        print.line([{ text: name, tone: 'strong' }, '  ', { text: `failed: ${reason(error)}`, tone: 'bad' }]);
      } finally {
        inHand.delete(name);
        draw();
      }
    });
  } finally {
    process.off('SIGINT', interrupt);
    print.status([]);
  }
  const left = plans.map(({ name }) => name).filter((name) => !joined.includes(name));
  const later = `signet rollout start ${joined.map((name) => `--machine ${name}`).join(' ')}`;
  if (stop.signal.aborted && left.length > 0) {
    const done = joined.length === 0 ? 'none has joined' : `${joined.join(', ')} joined; ${later} rolls out to them`;
    throw new Failure('interrupted', `stopped: ${done}; not done: ${left.join(', ')}; run it again for those`);
  }
  await conclude(session, { joined, failed, rest, later }, options);
}

export interface Asked {
  readonly bootstrap: JoinRequest['bootstrap'];
  readonly options: JoinOptions;
  /** Those that could not join from the start. */
  readonly rest: readonly string[];
}

interface Result {
  readonly joined: readonly string[];
  readonly failed: readonly Finding[];
  readonly rest: readonly string[];
  readonly later: string;
}

async function conclude(
  session: Session,
  { joined, failed, rest, later }: Result,
  options: JoinOptions,
): Promise<void> {
  const { controller, print } = session;
  const started =
    joined.length > 0 && options.rollout ? await controller.startRollout({ machines: [...joined] }) : undefined;
  const view = started && (await watch(session, started.rollout.id));
  print.show({ joined, failed, refused: rest, ...(view && { view }) }, () => {
    if (view) print.line(summary(view));
    else if (joined.length > 0) print.note({ text: `nothing is rolled out yet; ${later} does it`, tone: 'dim' });
    if (options.adopt && joined.length > 1)
      print.note(
        'signet lift --to cluster --plan shows what their settings have in common, and what of it can be said once',
      );
  });
  const without = [...failed.map(({ machine = '' }) => machine), ...rest];
  if (without.length > 0) {
    throw new Failure(
      joined.length > 0 ? 'partlyFailed' : 'failed',
      `${without.length} did not join: ${without.join(', ')}; put right what is said of each, and run it again: members are passed by`,
    );
  }
  if (view) judge(view);
}

function acceptance(
  id: string,
  known: JoinPlan['known'],
  { adopt, restore, discard }: JoinOptions,
): Omit<AcceptedJoin, 'bootstrap'> {
  const archive = !known ? undefined : restore ? 'restore' : discard ? 'discard' : undefined;
  return { accept: id, ...(adopt && { adopt }), ...(archive && { archive }), rollout: false };
}
