/**
 * What would have become of messages under another destination, by how they went: each result leaves some kinds of servers possible, and
 * the table of outcomes says what the other level makes of these. Pure.
 */
import {
  conditions,
  logged,
  outcomes,
  type Condition,
  type Outcome,
  type Peer,
} from '../../platforms/postfix/outcomes.ts';
import type { Destination, SessionCount } from '../../schema/types.generated.ts';

/** unknown: the servers that the log leaves possible fare differently, as where TLS was not tried, or names were not checked. */
export type Replayed = 'sent' | 'waits' | 'unknown';

/** `result` is that of a message that was sent, most likely under `before`. */
export function replay(result: SessionCount['result'], before: Destination, after: Destination): Replayed {
  const servers = possibleServers(result, before);
  const verdicts = new Set(
    outcomes
      .filter((row) => isOf(row, after) && servers.has(row.peer))
      .map(({ verdict, later = verdict }) => (later === 'deferred' ? 'waits' : 'sent')),
  );
  const [only = 'unknown', ...others] = verdicts;
  if (others.length > 0) return 'unknown';
  if (only !== 'sent' || after.tls !== 'required-verify') return only;
  // What names a certificate carries the log does not say: one of those asked for before, or else what the table knows.
  const wanted = namesOf(after);
  const isSure =
    before.tls === 'required-verify'
      ? namesOf(before).every((name) => wanted.includes(name))
      : wanted.every((name) => tableNames.includes(name));
  return isSure ? 'sent' : 'unknown';
}

/** What becomes of messages to a server with which no handshake comes about. */
export function withoutTls(destination: Destination): 'waits' | 'clear' | 'either' {
  const rows = outcomes.filter((row) => isOf(row, destination) && row.peer === 'handshake-fails');
  const isClear = ({ verdict, later = verdict }: Outcome) => later === 'clear';
  return rows.every(isClear) ? 'clear' : rows.some(isClear) ? 'either' : 'waits';
}

function namesOf({ match }: Destination): readonly string[] {
  return match ?? ['hostname'];
}

const tableNames: readonly string[] = ['nexthop', 'dot-nexthop', 'hostname'];

/** The servers to which a message goes like this at that level; at any level, where none is, as another one was in force then. */
function possibleServers(result: SessionCount['result'], before: Destination): ReadonlySet<Peer> {
  const like = outcomes.filter((row) => tells(row) === (result === 'anonymous' ? 'untrusted' : result));
  const then = like.filter((row) => isOf(row, before));
  const rows = then.length > 0 ? then : like.filter(({ level }) => level !== 'none');
  return new Set(rows.map(({ peer }) => peer));
}

/** The result that the log has of a row; undefined where the message waits. */
function tells(row: Outcome): SessionCount['result'] | undefined {
  const { verdict, later = verdict } = row;
  if (later === 'deferred') return undefined;
  if (later === 'clear') return 'clear';
  return /^(Verified|Trusted|Untrusted) /.exec(logged(row) ?? '')?.[1]?.toLowerCase() as
    'verified' | 'trusted' | 'untrusted';
}

function isOf({ level, condition }: Outcome, destination: Destination): boolean {
  return level === destination.tls && (condition === undefined || conditionsOf(destination).includes(condition));
}

/** Which of the conditions hold for a destination, as far as its own settings tell. */
function conditionsOf({ tls, match }: Destination): readonly Condition[] {
  if (tls === 'required-verify') return [match ? 'match' : 'hostname'];
  return Object.keys(conditions) as readonly Condition[];
}
