/** When the next save is due: by the clock, sooner after a failure, and never twice in one interval. Pure. */
import type { SaveSchedule } from '../../schema/types.generated.ts';

const hour = 3_600_000;
const day = 24 * hour;
const firstRetry = 5 * 60_000;
/** A clock that is set right by less than this makes nothing due again. */
const tolerance = hour;

/** A save that takes longer was begun by a process that is gone, or hangs. */
export const longestMilliseconds = 15 * 60_000;

export function dueAt({ every, last, set, started, problem }: SaveSchedule, now: Date): Date {
  const before = last === undefined ? undefined : Date.parse(last);
  // What was done at a time that is still to come was done by a clock that was ahead.
  if (before !== undefined && before > now.getTime() + tolerance) return now;
  if (started && before !== undefined) return new Date(before + longestMilliseconds);
  const regular = next(every, before, Date.parse(set.time));
  if (!problem) return new Date(regular);
  const wait = Math.min(hour, firstRetry * 2 ** (problem.failures - 1));
  return new Date(Math.min(regular, Date.parse(problem.time) + wait));
}

function next(every: string, last: number | undefined, set: number): number {
  const [, count, unit] = /^(\d+)([hd])$/.exec(every) ?? [];
  if (count !== undefined) return last === undefined ? set : last + Number(count) * (unit === 'd' ? day : hour);
  const [hours = 0, minutes = 0] = every.split(':').map(Number);
  const after = last ?? set;
  const today = Math.floor(after / day) * day + hours * hour + minutes * 60_000;
  return today > after ? today : today + day;
}
