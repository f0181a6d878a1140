/** From lines of a mail log to sessions: what each process of Postfix said one after the other, put together. Pure. */
import type { OpenSession, MailSession } from '../../schema/types.generated.ts';
import { failureIn } from './failure.ts';
import { readLine, type Clock, type Line } from './line.ts';
import { readMessage, type Message, type Peer } from './message.ts';

export interface Followed {
  readonly sessions: readonly MailSession[];
  /** What processes have said of sessions that are not over; goes into the next call. */
  readonly open: readonly OpenSession[];
}

/** Processes that are remembered between two readings; of more the longest silent are forgotten. */
const mostOpen = 300;
/** The recipients of one delivery are logged at once. */
const togetherMilliseconds = 2_000;

/**
 * The sessions that `lines` tell of, in order, going on from `open`. A message that left without a word of TLS before it went
 * in clear. Mail that stays on the machine (loopback, sockets) is left out, and so are sessions that carried none.
 */
export function follow(lines: readonly string[], open: readonly OpenSession[], clock: Clock): Followed {
  const processes = new Map(open.map((one) => [one.process, one]));
  const sessions: MailSession[] = [];
  for (const text of lines) {
    const line = readLine(text, clock);
    const message = line && readMessage(line.message);
    if (!message) continue;
    const before = processes.get(line.process) ?? fresh(line);
    const { session, after } =
      line.program === 'smtp' ? delivering(before, line, message) : taking(before, line, message);
    if (session && !isOwn(session.address)) sessions.push(session);
    processes.delete(line.process);
    if (after) processes.set(line.process, after);
  }
  return { sessions, open: [...processes.values()].slice(-mostOpen) };
}

interface Step {
  readonly session?: MailSession | undefined;
  readonly after: OpenSession | undefined;
}

/** smtp(8): connects, maybe more than once, and then says of every recipient what became of it. */
function delivering(before: OpenSession, line: Line, message: Message): Step {
  switch (message.kind) {
    case 'established':
      return { after: { ...fresh(line), tls: message.tls, ...(before.why === undefined ? {} : { why: before.why }) } };
    case 'unverified':
    case 'library':
      return { after: { ...before, why: cut(message.why) } };
    case 'broken':
      return { after: fresh(line) };
    case 'given-up':
      return { after: { ...fresh(line), givenUp: cut(withWhy(message.why, before.why)), queueId: message.queueId } };
    case 'delivery':
      return delivered(before, line, message);
    case 'client':
    case 'disconnect':
      return { after: before };
  }
}

function delivered(
  before: OpenSession,
  line: Line,
  { queueId, domain, relay, sent, text }: Extract<Message, { kind: 'delivery' }>,
): Step {
  // What was said for another message says nothing of this one.
  const said = before.queueId === undefined || before.queueId === queueId ? before : fresh(line);
  const time = line.time.toISOString();
  const after = { ...said, queueId, time, domain };
  const again =
    said.domain === domain &&
    said.queueId === queueId &&
    line.time.getTime() - Date.parse(said.time) < togetherMilliseconds;
  const failure = sent ? undefined : failureIn(text);
  if (again || domain === '' || domain.length > 260 || (!failure && (!sent || !relay))) return { after };
  const about = { time, direction: 'out' as const, destination: domain, queueId, ...(relay ? at(relay) : {}) };
  if (failure) {
    const reason = cut(withWhy(text, said.why));
    return { session: { ...about, result: 'failed', messages: 0, failure, reason }, after };
  }
  if (said.tls && relay && same(said.tls.peer, relay)) {
    return { session: { ...about, ...over(said.tls), messages: 1, ...noted(said) }, after };
  }
  const tried = said.givenUp === undefined ? {} : { failure: 'handshake' as const, reason: said.givenUp };
  return { session: { ...about, result: 'clear', messages: 1, ...tried }, after };
}

/** smtpd(8): takes messages from one client, and says when that has gone. */
function taking(before: OpenSession, line: Line, message: Message): Step {
  switch (message.kind) {
    case 'established':
      return { after: { ...fresh(line), tls: message.tls, ...(before.why === undefined ? {} : { why: before.why }) } };
    case 'unverified':
      return { after: { ...before, why: cut(message.why) } };
    case 'library':
      return { after: before.broken ? { ...before, why: cut(message.why) } : before };
    case 'broken':
      return { after: { ...fresh(line), broken: message.peer } };
    case 'client':
      return { after: { queueId: message.queueId, ...before, messages: (before.messages ?? 0) + 1 } };
    case 'disconnect':
      return { session: gone(before, line, message.peer), after: undefined };
    case 'delivery':
    case 'given-up':
      return { after: before };
  }
}

function gone(
  { tls, broken, messages = 0, queueId, why }: OpenSession,
  line: Line,
  peer: Peer,
): MailSession | undefined {
  const about = { time: line.time.toISOString(), direction: 'in' as const, ...at(peer), messages };
  if (messages > 0) {
    const id = queueId === undefined ? {} : { queueId };
    if (tls?.peer.address !== peer.address) return { ...about, ...id, result: 'clear' };
    return { ...about, ...id, ...over(tls), ...noted({ tls, why }) };
  }
  if (!broken) return undefined;
  return { ...about, result: 'failed', failure: 'handshake', reason: why ?? 'lost connection' };
}

function fresh({ process, time }: Line): OpenSession {
  return { process, time: time.toISOString() };
}

function at({ host, address, port }: Peer): Pick<MailSession, 'host' | 'address' | 'port'> {
  return { host, address, ...(port === undefined ? {} : { port }) };
}

function over({ trust, protocol, cipher }: NonNullable<OpenSession['tls']>) {
  return { result: trust, protocol, cipher } as const;
}

/** Why a certificate did not hold is worth knowing only of one that did not. */
function noted({
  tls,
  why,
}: Pick<OpenSession, 'tls'> & { readonly why?: string | undefined }): Pick<MailSession, 'reason'> {
  return tls?.trust === 'untrusted' && why !== undefined ? { reason: why } : {};
}

function withWhy(text: string, why: string | undefined): string {
  return why === undefined ? text : `${text}: ${why}`;
}

function same(one: Peer, other: Peer): boolean {
  return one.address === other.address && one.port === other.port;
}

function isOwn(address: string | undefined): boolean {
  return address !== undefined && (address.startsWith('127.') || address === '::1');
}

function cut(text: string): string {
  return text.slice(0, 300);
}
