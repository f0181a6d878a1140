/** What a reading of a log changes in what is kept of it. Pure. */
import type { LogReading } from '../../push/mail-log.ts';
import type { MailLog, MailSession } from '../../schema/types.generated.ts';
import { follow } from './follow.ts';
import { readZone } from './line.ts';
import type { Retention } from './retention.ts';
import { byDay } from './tally.ts';

export interface Kept {
  readonly log: MailLog;
  /** The sessions that are kept one by one, under the number of the record; none when there are none. */
  readonly record: { readonly number: number; readonly sessions: readonly MailSession[] } | undefined;
  /** All of them, by day, to be counted. */
  readonly days: ReadonlyMap<string, readonly MailSession[]>;
  /** Numbers and days that are over their time or number. */
  readonly dropped: { readonly records: readonly number[]; readonly days: readonly string[] };
}

const mostGaps = 20;
/** What one transaction may hold: so many sessions of a reading are kept one by one, and so many older records go at a time. */
const mostKept = 500;
const mostDropped = 50;
const dayMilliseconds = 24 * 3600 * 1000;

/** `before` is undefined for a log that was never read. */
export function keep(before: MailLog | undefined, reading: LogReading, retention: Retention, now: Date): Kept {
  const clock = { now: reading.now, zone: readZone(reading.zone) };
  const { sessions, open } = follow(reading.lines, before?.open ?? [], clock);
  const oldest = new Date(now.getTime() - retention.days * dayMilliseconds).toISOString();
  const fresh = sessions.filter(({ time }) => time >= oldest);
  const number = before?.next ?? 0;
  const recent = fresh.slice(-Math.min(retention.sessions, mostKept));
  const last = recent.reduce((newest, { time }) => (time > newest ? time : newest), '');
  const records = [...(before?.kept ?? []), ...(last === '' ? [] : [{ number, count: recent.length, until: last }])];
  const surplus = Math.min(mostDropped, surplusOf(records, retention.sessions, oldest));
  const days = byDay(fresh);
  const allDays = [...new Set([...(before?.days ?? []), ...days.keys()])].sort();
  const goes = (day: string) => day < oldest.slice(0, 10);
  const lost = before && reading.gap ? [{ from: before.read, until: now.toISOString() }] : [];
  return {
    log: {
      ...{ cursor: reading.cursor, log: reading.log, read: now.toISOString(), open: [...open] },
      next: last === '' ? number : number + 1,
      kept: records.slice(surplus),
      days: allDays.filter((day) => !goes(day)),
      gaps: [...(before?.gaps ?? []), ...lost].filter(({ until }) => until >= oldest).slice(-mostGaps),
    },
    record: last === '' ? undefined : { number, sessions: recent },
    days,
    dropped: {
      records: records.slice(0, surplus).map((one) => one.number),
      days: allDays.filter(goes),
    },
  };
}

/** How many of the oldest records go, so that those that stay have no more than `most` sessions, none of them from before `oldest`. */
function surplusOf(records: MailLog['kept'], most: number, oldest: string): number {
  let sessions = 0;
  const last = records.findLastIndex(({ count, until }) => (sessions += count) > most || until < oldest);
  return last + 1;
}
