/** A conversation with a TLS server, one step after the other, each timed and with a deadline: what it serves, or where it ends. */
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

import { handshake } from './handshake.ts';
import { inbox, type Inbox } from './inbox.ts';
import { ldapStartTls } from './ldap.ts';
import { PeerFault, type FaultKind } from './peer-fault.ts';
import { ehlo, greeting, mailFrom, startTls } from './smtp.ts';

export type Service = 'smtp' | 'smtps' | 'https' | 'ldaps' | 'ldap-starttls';

export type StepName = 'connect' | 'greeting' | 'ehlo' | 'starttls' | 'handshake' | 'secure' | 'from';

export interface Step {
  readonly step: StepName;
  readonly milliseconds: number;
  /** What was seen, in words; of a step that failed, why it did. */
  readonly detail: string;
  readonly fault?: FaultKind;
}

export interface Conversation {
  /** In order, up to the first that failed. */
  readonly steps: readonly Step[];
  /** Whether STARTTLS is among the extensions; absent where nothing was offered yet, or nothing needs to be. */
  readonly offered?: boolean;
  readonly session?: { readonly protocol: string; readonly cipher: string };
  /** The DER of each certificate in the order it was served; empty without a session. */
  readonly chain: readonly Buffer[];
}

export interface Topic {
  readonly service: Service;
  /** The name that is asked for (SNI), and under which its certificate is looked up. */
  readonly serverName: string;
  /** The name to introduce oneself by. */
  readonly ownName: string;
  /** How far to go: to what is offered, to the handshake, or to the sender of a message, where the service takes messages. */
  readonly until: 'offer' | 'handshake' | 'mail';
  /** Seconds that each step may take; all of them together three times as long. */
  readonly patience: number;
}

/** Makes the connection; given up when the signal aborts. Throws `PeerFault` when there is none. */
export type Open = (signal: AbortSignal) => Promise<Duplex>;

/** Talks over what `open` connects. Never throws for what the server does: that is the last step. */
export async function converse(open: Open, topic: Topic): Promise<Conversation> {
  const steps: Step[] = [];
  const opened: Duplex[] = [];
  const over = new AbortController();
  const end = performance.now() + 3 * topic.patience * 1000;
  const seen: { -readonly [K in keyof Omit<Conversation, 'steps'>]: Conversation[K] } = { chain: [] };

  async function step<T>(name: StepName, work: () => Promise<T>, told: (value: T) => string): Promise<T> {
    const start = performance.now();
    const done = (rest: Omit<Step, 'step' | 'milliseconds'>) =>
      steps.push({ step: name, milliseconds: Math.round(performance.now() - start), ...rest });
    try {
      const value = await within(Math.min(topic.patience, (end - start) / 1000), work());
      done({ detail: told(value) });
      return value;
    } catch (error) {
      if (!(error instanceof PeerFault)) throw error;
      done({ detail: error.message, fault: error.kind });
      throw error;
    }
  }

  try {
    const stream = await step(
      'connect',
      () => connected(open, over.signal),
      () => '',
    );
    opened.push(stream);
    if (topic.service === 'smtp' || topic.service === 'ldap-starttls') {
      const agreed = await inClear(stream, topic, step);
      if (agreed !== undefined) seen.offered = agreed;
      if (topic.until === 'offer') return { steps, ...seen };
    }
    const session = await step(
      'handshake',
      () => handshake(stream, topic.serverName),
      ({ protocol, cipher }) => `${protocol} ${cipher}`,
    );
    opened.push(session.socket);
    seen.session = { protocol: session.protocol, cipher: session.cipher };
    seen.chain = session.chain;
    if (topic.until === 'mail') await inTls(session.socket, topic, step);
    else if (topic.service.startsWith('smtp')) session.socket.write('QUIT\r\n');
  } catch (error) {
    if (!(error instanceof PeerFault)) throw error;
    if (error.kind === 'not-offered') seen.offered = false;
  } finally {
    over.abort();
    for (const stream of opened.reverse()) stream.destroy();
  }
  return { steps, ...seen };
}

async function connected(open: Open, signal: AbortSignal): Promise<Duplex> {
  const stream = await open(signal);
  stream.on('error', () => undefined);
  // It came after its time: nobody is there any more to close it.
  if (signal.aborted) stream.destroy();
  return stream;
}

type Stepper = <T>(name: StepName, work: () => Promise<T>, told: (value: T) => string) => Promise<T>;

/** Up to the agreement on TLS, or to the offer; whether it was offered, where the protocol tells. */
async function inClear(stream: Duplex, topic: Topic, step: Stepper): Promise<boolean | undefined> {
  const messages = inbox(stream);
  try {
    if (topic.service === 'ldap-starttls') {
      await step(
        'starttls',
        () => ldapStartTls(stream, messages),
        () => '',
      );
      return undefined;
    }
    await step(
      'greeting',
      () => greeting(messages),
      (text) => text,
    );
    const extensions = await step(
      'ehlo',
      () => ehlo(stream, messages, topic.ownName),
      () => '',
    );
    const offered = extensions.includes('STARTTLS');
    if (topic.until === 'offer') {
      await goodbye(stream, messages);
      return offered;
    }
    if (!offered) await goodbye(stream, messages);
    await step(
      'starttls',
      () => (offered ? startTls(stream, messages) : notOffered()),
      () => '',
    );
    return true;
  } finally {
    messages.release();
  }
}

/** SMTP goes on as it began, now that nobody listens; other services have nothing more to say. */
async function inTls(socket: TLSSocket, topic: Topic, step: Stepper): Promise<void> {
  if (topic.service !== 'smtp' && topic.service !== 'smtps') return;
  const messages = inbox(socket);
  try {
    if (topic.service === 'smtps')
      await step(
        'greeting',
        () => greeting(messages),
        (text) => text,
      );
    await step(
      'secure',
      () => ehlo(socket, messages, topic.ownName),
      () => '',
    );
    await step(
      'from',
      () => mailFrom(socket, messages),
      () => '',
    );
    await goodbye(socket, messages);
  } finally {
    messages.release();
  }
}

function notOffered(): Promise<never> {
  return Promise.reject(new PeerFault('not-offered', 'STARTTLS is not offered'));
}

/** What it answers is of no interest, but a server that is not hung up on logs no lost connection. */
async function goodbye(stream: Duplex, messages: Inbox): Promise<void> {
  stream.write('QUIT\r\n');
  await within(1, messages.line()).catch(() => undefined);
}

/** What `work` comes to, if it does so in time. What it left open is closed by the caller. */
async function within<T>(seconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new PeerFault('stalled', `no answer within ${Math.round(seconds * 10) / 10} seconds`)),
      seconds * 1000,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // When it fails after all, nobody waits for it.
    work.catch(() => undefined);
  }
}
