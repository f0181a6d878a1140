/** Destinations that mail cannot go to for want of TLS: those whose last session failed, machine by machine. Pure. */
import type { SessionCount } from '../../schema/types.generated.ts';
import { others } from './tally.ts';

/** What one machine cannot send, and since when. */
export interface Failing {
  readonly machine: string;
  readonly destination: string;
  readonly since: string;
  readonly last: string;
  readonly failure: NonNullable<SessionCount['failure']>;
  readonly reason: string;
}

/** After so long without another attempt it is not known any more, and the message has been given up or sent elsewhere. */
const memoryMilliseconds = 24 * 3600 * 1000;

/** The days whose counts tell, the last one being that of `now`. */
export function tellingDays(now: Date): readonly string[] {
  return [now.getTime() - memoryMilliseconds, now.getTime()].map((time) => new Date(time).toISOString().slice(0, 10));
}

/** Given the counts of one machine on those days. What one machine gets through says nothing of another one. */
export function failing(machine: string, counts: readonly SessionCount[], now: Date): readonly Failing[] {
  const oldest = new Date(now.getTime() - memoryMilliseconds).toISOString();
  const left = counts.filter(({ direction, peer }) => direction === 'out' && peer !== others);
  return [...new Set(left.map(({ peer }) => peer))].sort().flatMap((destination) => {
    const here = left.filter(({ peer }) => peer === destination);
    const failed = here.filter(({ result }) => result === 'failed').sort((a, b) => (a.last < b.last ? -1 : 1));
    const [first, newest] = [failed[0], failed.at(-1)];
    const sent = here.reduce((time, { result, last }) => (result !== 'failed' && last > time ? last : time), '');
    // Times are whole seconds. In doubt mail got through; if not, it is tried again, and that tells.
    if (!first || !newest || newest.last <= sent || newest.last < oldest) return [];
    const { last, failure = 'gateway', reason = '' } = newest;
    return [{ machine, destination, since: first.first > sent ? first.first : sent, last, failure, reason }];
  });
}
