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

/** Since when a good save is missing: two intervals after the last one, or after it was set; undefined when none is. */
export function overdueSince({ every, set, files }: SaveSchedule, now: Date): Date | undefined {
  const good = files.find(({ proven }) => proven);
  const from = Math.max(Date.parse(set.time), good ? Date.parse(good.time) : 0);
  const since = from + 2 * (intervalOf(every) ?? day);
  return since <= now.getTime() ? new Date(since) : undefined;
}

/** In milliseconds; undefined for a time of day. */
function intervalOf(every: string): number | undefined {
  const [, count, unit] = /^(\d+)([hd])$/.exec(every) ?? [];
  return count === undefined ? undefined : Number(count) * (unit === 'd' ? day : hour);
}

function next(every: string, last: number | undefined, set: number): number {
  const interval = intervalOf(every);
  if (interval !== undefined) return last === undefined ? set : last + interval;
  const [hours = 0, minutes = 0] = every.split(':').map(Number);
  const after = last ?? set;
  const today = Math.floor(after / day) * day + hours * hour + minutes * 60_000;
  return today > after ? today : today + day;
}
