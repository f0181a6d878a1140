/** Sessions as counts: by day, and on a day by direction, peer and result. Pure. */
import type { MailSession, PeerCount, SessionCount } from '../../schema/types.generated.ts';

/** Who is counted together with all who come when a day has enough of them. */
export const others = '*';

/** The sessions of each day (UTC), days in order. */
export function byDay(sessions: readonly MailSession[]): ReadonlyMap<string, readonly MailSession[]> {
  const days = new Map<string, MailSession[]>();
  for (const session of [...sessions].sort((a, b) => (a.time < b.time ? -1 : 1))) {
    const day = session.time.slice(0, 10);
    const same = days.get(day);
    if (same) same.push(session);
    else days.set(day, [session]);
  }
  return days;
}

/** The counts of a day with more sessions of it; at most `most` counts, and a few for all others together. */
export function tally(
  counts: readonly SessionCount[],
  sessions: readonly MailSession[],
  most: number,
): readonly SessionCount[] {
  const all = new Map(counts.map((count) => [keyOf(count), count]));
  for (const session of sessions) {
    const { direction, result } = session;
    const own = { direction, peer: peerOf(session), result };
    const place = all.has(keyOf(own)) || all.size < most ? own : { ...own, peer: others };
    all.set(keyOf(place), added(all.get(keyOf(place)), place, session));
  }
  return [...all.values()];
}

/** Whom a session is counted for: the destination of what leaves, the client of what comes in. */
export function peerOf({ direction, destination, host, address }: MailSession): string {
  if (direction === 'out') return destination ?? others;
  return host === undefined || host === 'unknown' ? (address ?? others) : host;
}

function added(
  count: SessionCount | undefined,
  place: Pick<SessionCount, 'direction' | 'peer' | 'result'>,
  { time, messages, failure, reason }: MailSession,
): SessionCount {
  const isNewest = !count || time >= count.last;
  return {
    ...place,
    sessions: (count?.sessions ?? 0) + 1,
    messages: (count?.messages ?? 0) + messages,
    first: count && count.first < time ? count.first : time,
    last: isNewest ? time : count.last,
    ...(isNewest ? said(failure, reason) : said(count.failure, count.reason)),
  };
}

function said(
  failure: SessionCount['failure'],
  reason: string | undefined,
): Pick<Partial<SessionCount>, 'failure' | 'reason'> {
  return { ...(failure === undefined ? {} : { failure }), ...(reason === undefined ? {} : { reason }) };
}

function keyOf({ direction, peer, result }: Pick<SessionCount, 'direction' | 'peer' | 'result'>): string {
  return `${direction} ${result} ${peer}`;
}

/** A count, and whose log it is from. */
export interface MachineCount {
  readonly machine: string;
  readonly count: SessionCount;
}

/** Of all days and machines together, by direction and peer, the largest first. */
export function together(counts: readonly MachineCount[]): readonly PeerCount[] {
  const all = new Map<string, PeerCount>();
  for (const { machine, count } of counts) {
    const { direction, peer, result, sessions, messages, last, failure, reason } = count;
    const key = `${direction} ${peer}`;
    const before = all.get(key);
    const number = result === 'failed' ? sessions : messages;
    const newest = failure !== undefined && (before?.failure === undefined || last > before.last);
    all.set(key, {
      ...{ direction, peer },
      messages: (before?.messages ?? 0) + messages,
      results: { ...before?.results, [result]: (before?.results[result] ?? 0) + number },
      last: before && before.last > last ? before.last : last,
      machines: before?.machines.includes(machine) ? before.machines : [...(before?.machines ?? []), machine],
      ...(newest ? said(failure, reason) : said(before?.failure, before?.reason)),
    });
  }
  const size = ({ messages, results }: PeerCount) => messages + (results['failed'] ?? 0);
  return [...all.values()].sort((a, b) => size(b) - size(a) || (a.direction + a.peer < b.direction + b.peer ? -1 : 1));
}
