/** Which sessions and counts a query asks for. Pure. */
import type { MailSession, MailSessionQuery, SessionCount } from '../../schema/types.generated.ts';

type Wanted = Omit<MailSessionQuery, 'machine' | 'before' | 'limit'>;

export function isWanted(
  session: MailSession,
  { direction, peer, destination, result, since, until }: Wanted,
): boolean {
  return (
    (direction === undefined || session.direction === direction) &&
    (result === undefined || result.split(',').includes(session.result)) &&
    (since === undefined || session.time >= iso(since)) &&
    (until === undefined || session.time < iso(until)) &&
    (destination === undefined || isName(session.destination, destination)) &&
    (peer === undefined || isName(session.host, peer) || session.address === peer)
  );
}

/** Of what left, the peer is a destination; of what came in, a client. */
export function isCounted(
  count: SessionCount,
  { direction, peer, destination, result }: Omit<Wanted, 'since' | 'until'>,
): boolean {
  return (
    (direction === undefined || count.direction === direction) &&
    (result === undefined || result.split(',').includes(count.result)) &&
    (destination === undefined || (count.direction === 'out' && isName(count.peer, destination))) &&
    (peer === undefined || (count.direction === 'in' && (isName(count.peer, peer) || count.address === peer)))
  );
}

/** Days count whole, whatever the time. */
export type Days = Pick<Wanted, 'since' | 'until'>;

export function isOnDays(day: string, { since, until }: Days): boolean {
  return (
    (since === undefined || day >= iso(since).slice(0, 10)) && (until === undefined || day <= iso(until).slice(0, 10))
  );
}

/** The day (UTC) before that of a time. */
export function dayBefore(time: string): string {
  return new Date(Date.parse(time) - 24 * 3600 * 1000).toISOString().slice(0, 10);
}

/** `.example.net` is any name below it. */
function isName(name: string | undefined, wanted: string): boolean {
  const lower = wanted.toLowerCase();
  return name !== undefined && (lower.startsWith('.') ? name.endsWith(lower) : name === lower);
}

/** In the one spelling that sessions have, so that texts can be compared. */
function iso(time: string): string {
  return new Date(time).toISOString();
}
