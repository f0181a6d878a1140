/** Sessions as counts: by day, and on a day by direction, peer, result, protocol and cipher. Pure. */
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
    const own = placeOf(session);
    const place = all.has(keyOf(own)) || all.size < most ? own : amongOthers(own);
    all.set(keyOf(place), added(all.get(keyOf(place)), place, session));
  }
  return [...all.values()];
}

/** Whom a session is counted for: the destination of what leaves, the client of what comes in. */
export function peerOf({ direction, destination, host, address }: MailSession): string {
  if (direction === 'out') return destination ?? others;
  return host === undefined || host === 'unknown' ? (address ?? others) : host;
}

export type Place = Pick<SessionCount, 'direction' | 'peer' | 'address' | 'result' | 'protocol' | 'cipher'>;

function placeOf(session: MailSession): Place {
  const { direction, result, address, protocol, cipher } = session;
  const peer = peerOf(session);
  return {
    ...{ direction, peer },
    ...(direction === 'out' || address === undefined || address === peer ? {} : { address }),
    result,
    ...(protocol === undefined ? {} : { protocol }),
    ...(cipher === undefined ? {} : { cipher }),
  };
}

/** Without what there are many of, so that these are few. */
function amongOthers({ direction, result, protocol }: Place): Place {
  return { direction, peer: others, result, ...(protocol === undefined ? {} : { protocol }) };
}

function added(
  count: SessionCount | undefined,
  place: Place,
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

export function keyOf({ direction, peer, address = '', result, protocol = '', cipher = '' }: Place): string {
  return `${direction} ${result} ${peer} ${address} ${protocol} ${cipher}`;
}

/** A count, and whose log it is from. */
export interface MachineCount {
  readonly machine: string;
  readonly count: SessionCount;
}

export interface Gathering {
  add(counted: MachineCount): void;
  /** By direction and peer, the largest first. */
  all(): readonly PeerCount[];
}

/** Counts of all days and machines together, taken one by one, as they are many: a month of a large fleet has millions. */
export function gathering(): Gathering {
  const found = new Map<string, Sum>();
  return {
    add({ machine, count }) {
      const { direction, peer, result, sessions, messages, last } = count;
      const key = direction + peer;
      let sum = found.get(key);
      if (!sum)
        found.set(
          key,
          (sum = { direction, peer, messages: 0, results: {}, last, failed: undefined, machines: new Set() }),
        );
      sum.messages += messages;
      sum.results[result] = (sum.results[result] ?? 0) + (result === 'failed' ? sessions : messages);
      if (count.failure !== undefined && (!sum.failed || last > sum.failed.last)) sum.failed = count;
      if (last > sum.last) sum.last = last;
      sum.machines.add(machine);
    },
    all() {
      const size = ({ messages, results }: Sum) => messages + (results['failed'] ?? 0);
      return [...found.values()]
        .sort((a, b) => size(b) - size(a) || (a.direction + a.peer < b.direction + b.peer ? -1 : 1))
        .map(({ failed, machines, ...sum }) => ({
          ...sum,
          machines: [...machines],
          ...said(failed?.failure, failed?.reason),
        }));
    },
  };
}

interface Sum extends Pick<SessionCount, 'direction' | 'peer'> {
  messages: number;
  readonly results: Record<string, number>;
  last: string;
  /** The last that has a failure. */
  failed: SessionCount | undefined;
  readonly machines: Set<string>;
}
