/** A mail client for the tests of incoming mail: one session from an address of one's choice, and how it was answered. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { connect as connectTls } from 'node:tls';

import type { InboundVerdict } from '../../../services/platforms/inbound-outcomes.ts';

export interface Session {
  readonly host: string;
  readonly port: number;
  /** The address that the session comes from. */
  readonly from: string;
  readonly start: 'clear' | 'starttls' | 'implicit';
  /** Shown when it is asked for, in PEM. */
  readonly identity?: { readonly key: string; readonly chain: string };
  readonly sender?: string;
  readonly recipient: string;
  readonly subject: string;
}

export interface Answer {
  readonly verdict: InboundVerdict;
  /** The keywords of the first EHLO, in their order. */
  readonly keywords: readonly string[];
  /** The reply that decided; empty when the connection was ended instead. */
  readonly reply: string;
}

/** Tries STARTTLS also where it is not offered. */
export async function handIn(session: Session): Promise<Answer> {
  const { host, port, from, start, identity, sender = 'somebody@tester.example.test', recipient, subject } = session;
  const raw = connect({ host, port, localAddress: from, timeout: 20_000 });
  raw.once('timeout', () => raw.destroy(new Error(`no answer from ${host}:${port} within 20 seconds`)));
  await once(raw, 'connect');
  let line = conversation(start === 'implicit' ? await secure(raw, identity) : raw);
  let keywords: readonly string[] = [];
  try {
    await line.reply();
    keywords = (await line.say('EHLO tester.example.test')).slice(1).map((text) => text.slice(4).split(' ')[0] ?? '');
    if (start === 'starttls') {
      const [answer = ''] = await line.say('STARTTLS');
      if (!answer.startsWith('220')) return { verdict: 'withheld', keywords, reply: answer };
      line.pause();
      line = conversation(await secure(raw, identity));
      await line.say('EHLO tester.example.test');
    }
    const commands = [
      `MAIL FROM:<${sender}>`,
      `RCPT TO:<${recipient}>`,
      'DATA',
      `Subject: ${subject}\r\n\r\nHello.\r\n.`,
    ];
    let reply = '';
    for (const command of commands) {
      reply = (await line.say(command)).at(-1) ?? '';
      if (!/^[23]/.test(reply)) return { verdict: 'refused', keywords, reply };
    }
    return { verdict: 'taken', keywords, reply };
  } catch (error) {
    if (error === ended) return { verdict: 'refused', keywords, reply: '' };
    throw error;
  } finally {
    raw.destroy();
  }
}

const ended = new Error('the connection was ended');

async function secure(raw: Socket, identity: Session['identity']): Promise<Socket> {
  const socket = connectTls({
    socket: raw,
    rejectUnauthorized: false,
    ...(identity ? { key: identity.key, cert: identity.chain } : {}),
  });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  return socket;
}

function conversation(socket: Socket) {
  // Whatever ends it ends the lines, and the next reply says so.
  socket.on('error', () => undefined);
  const lines = createInterface({ input: socket, crlfDelay: Infinity });
  const incoming = lines[Symbol.asyncIterator]();

  /** All lines of one reply (RFC 5321 4.2.1). */
  async function reply(): Promise<readonly string[]> {
    const found: string[] = [];
    for (;;) {
      const next = await incoming.next();
      if (next.done) throw ended;
      found.push(next.value);
      if (!/^\d{3}-/.test(next.value)) return found;
    }
  }

  return {
    reply,
    say(command: string): Promise<readonly string[]> {
      socket.write(`${command}\r\n`);
      return reply();
    },
    /** Hands the connection over to TLS. */
    pause(): void {
      lines.close();
      socket.removeAllListeners('data');
    },
  };
}
