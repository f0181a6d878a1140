/** What the record of a schedule becomes as it is set, as a save begins, is written and ends, and how it is shown. Pure. */
import { isDeepStrictEqual } from 'node:util';

import type { NamedError } from '../../errors.ts';
import type { SavedFile, SaveProblem, SaveSchedule, SaveScheduleView } from '../../schema/types.generated.ts';
import { dueAt, overdueSince } from './when.ts';

export type Wish = Pick<SaveSchedule, 'every' | 'keep' | 'target' | 'passphrase' | 'set'>;

/** What was saved to another target before is nobody's business any more. */
export function setAnew(before: SaveSchedule | undefined, wish: Wish): SaveSchedule {
  if (!before || !isDeepStrictEqual(before.target, wish.target)) return { ...wish, files: [] };
  const { files, last, started, unfinished } = before;
  return {
    ...{ ...wish, files },
    ...(last === undefined ? {} : { last }),
    ...(started === undefined ? {} : { started }),
    ...(unfinished === undefined ? {} : { unfinished }),
  };
}

/** That it began counts, however it ends: a crash is not repeated at once. */
export function begun(schedule: SaveSchedule, started: { readonly id: string; readonly name: string }, time: Date) {
  return { ...schedule, last: time.toISOString(), started, unfinished: unfinishedOf(schedule) };
}

/** Files of which part may be there, that of a save which never ended among them. */
export function unfinishedOf({ unfinished = [], started }: SaveSchedule): readonly string[] {
  return [...unfinished, ...(started ? [started.name] : [])];
}

export interface End {
  readonly files: readonly SavedFile[];
  readonly unfinished: readonly string[];
  readonly error?: NamedError;
}

/** `before` is what stood in the way of the save before this one. */
export function ended(
  { started: _started, problem: _problem, unfinished: _unfinished, ...rest }: SaveSchedule,
  { files, unfinished, error }: End,
  before: SaveProblem | undefined,
  now: Date,
): SaveSchedule {
  const time = now.toISOString();
  const failures = (before?.failures ?? 0) + 1;
  return {
    ...{ ...rest, files },
    ...(unfinished.length > 0 ? { unfinished } : {}),
    ...(error ? { problem: { since: before?.since ?? time, time, failures, detail: error.message } } : {}),
  };
}

export function lastGood({ files }: Pick<SaveSchedule, 'files'>): SavedFile | undefined {
  return files.find(({ proven }) => proven);
}

export function viewOf(schedule: SaveSchedule, now: Date, publicKey: string | undefined): SaveScheduleView {
  const { every, keep, target, set, files, problem, started } = schedule;
  const good = lastGood(schedule);
  const overdue = overdueSince(schedule, now);
  return {
    ...{ every, keep, target, set, files },
    next: dueAt(schedule, now).toISOString(),
    running: started !== undefined,
    ...(publicKey === undefined ? {} : { publicKey }),
    ...(good ? { lastGood: good } : {}),
    ...(overdue ? { overdue: overdue.toISOString() } : {}),
    ...(problem ? { problem } : {}),
  };
}
