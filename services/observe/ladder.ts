/** The expiry ladder: the last rung something has come to on its way to a date. Pure; the time is an argument. */

export const dayMilliseconds = 24 * 3600 * 1000;
/** What is over its date is told again this often. */
const reminderDays = 7;
/** A clock that is set right by no more than this does not tell anything twice. */
const toleranceDays = 1;

/** The days that are left until `due`, with their fraction; negative once it is past. */
export function daysLeft(due: Date, now: Date): number {
  return (due.getTime() - now.getTime()) / dayMilliseconds;
}

/**
 * The lowest rung of `rungs` (days before `due`) that is reached; from `due` on 0, and after it -7, -14 and so on, whatever
 * the rungs are. Undefined above the highest one.
 */
export function reached(due: Date, rungs: readonly number[], now: Date): number | undefined {
  const left = daysLeft(due, now);
  if (left <= 0) return 0 - reminderDays * Math.floor(-left / reminderDays);
  return rungs.filter((days) => left <= days).sort((a, b) => a - b)[0];
}

/**
 * The rung to go on from, given the one it stood at. Rungs only go down: when the clock steps back a little, or the ladder
 * is given fewer rungs, it stays where it was. When the clock was ahead by more, what it said is forgotten, or the rungs
 * that are still to come would never be told.
 */
export function nextRung(
  { due, rungs, now }: { readonly due: Date; readonly rungs: readonly number[]; readonly now: Date },
  held: number | undefined,
): number | undefined {
  const present = reached(due, rungs, now);
  if (held === undefined || (present !== undefined && present <= held)) return present;
  return daysLeft(due, now) <= held + toleranceDays ? held : present;
}
