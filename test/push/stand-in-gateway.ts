/** A gateway in memory that keeps the promises of docs/gateway-protocol.md, on a link that loses answers at the moment it is told to. */
import { createServer, type Server } from 'node:net';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Duplex } from 'node:stream';

import { NamedError } from '../../services/errors.ts';
import type { Link } from '../../services/push/pool.ts';
import type { Session } from '../../services/push/ssh.ts';

export interface Generation {
  readonly number: number;
  readonly digest: string;
  /** The text of main.cf that goes with it. */
  readonly mainCf: string;
}

/** Where the channel of the first push breaks: before anything arrived, after the activation, before the verdict arrived, or after it. */
export type Loss = 'arrival' | 'activation' | 'verdict' | 'ending';

export interface Behaviour {
  readonly script?: string;
  readonly loses?: Loss;
  /** It reverts by itself before it is asked again. */
  readonly reverts?: boolean;
  /** After the loss nobody reaches it any more; or not after it was told its verdict, of which the answer is lost too. */
  readonly silent?: 'at once' | 'after the verdict';
}

export interface StandIn {
  live: Generation;
  pending: { readonly generation: Generation; readonly before: Generation } | undefined;
  script: string;
  epoch: number;
  readonly link: () => Promise<Link>;
}

/** `texts` gives main.cf as each manifest's digest wants it. */
export function standIn(live: Generation, texts: ReadonlyMap<string, string>, behaviour: Behaviour = {}): StandIn {
  let loses = behaviour.loses;
  let lost = false;
  let numbers = live.number;
  let outcome = `confirmed ${live.number}`;
  const gateway: StandIn = { live, pending: undefined, script: behaviour.script ?? '1', epoch: 1, link };

  function link(): Promise<Link> {
    if (lost && behaviour.silent === 'at once') return Promise.reject(dark());
    return Promise.resolve({ connection, pushSession: () => Promise.resolve(pushSession()) });
  }

  const connection = {
    exec(command: string) {
      const said = verb(command);
      return said instanceof Error ? Promise.reject(said) : Promise.resolve(session((channel) => channel.say(said)));
    },
    forward: () => Promise.reject(dark()),
    lost: new AbortController().signal,
    close: () => undefined,
  };

  function verb(command: string): Error | readonly string[] {
    const [word = '', number] = command.split(' ');
    if (lost && gateway.pending === undefined && behaviour.silent === 'after the verdict') return dark();
    if (word === 'facts') return facts();
    if (word === 'status') return status();
    if (gateway.pending?.generation.number === Number(number)) {
      decide(word, 'as asked');
      if (behaviour.silent === 'after the verdict') return [];
    }
    return [outcome, 'end'];
  }

  function status(): readonly string[] {
    const { number, digest } = gateway.live;
    const pending = gateway.pending ? [`pending ${gateway.pending.generation.number} 60`] : [];
    return [
      `script ${gateway.script}`,
      `epoch ${gateway.epoch}`,
      `current ${number} ${digest}`,
      ...pending,
      `outcome ${outcome}`,
      'end',
    ];
  }

  function facts(): readonly string[] {
    return [
      ...[`script ${gateway.script}`, 'identity -', 'hostname mx1', 'os Debian', 'boot-id b', 'boot-hook cron'],
      ...['free-kilobytes 1', 'postfix 3.7.11', 'running yes', 'config-directory /etc/postfix'],
      ...['queue-directory /var/spool/postfix', `text /etc/postfix/main.cf ${gateway.live.mainCf.length}`],
      ...[gateway.live.mainCf, 'text /etc/postfix/master.cf 0', '', 'end'],
    ];
  }

  function decide(verdict: string, why: string): void {
    if (!gateway.pending) return;
    const { generation, before } = gateway.pending;
    gateway.pending = undefined;
    outcome = verdict === 'confirm' ? `confirmed ${generation.number}` : `reverted ${generation.number} ${why}`;
    if (verdict !== 'confirm') gateway.live = before;
  }

  /** Whether the channel breaks here; what is pending by then may not outlive it. */
  function breaks(at: Loss): boolean {
    if (loses !== at) return false;
    [loses, lost] = [undefined, true];
    if (behaviour.reverts) decide('revert', 'no confirmation came in time');
    return true;
  }

  function pushSession(): Session {
    return session((channel, sent) => {
      if (sent === 'confirm\n' || sent === 'revert\n') {
        if (breaks('verdict')) return channel.say([]);
        decide(sent.trim(), 'as asked');
        return channel.say(breaks('ending') ? [] : [outcome, 'end']);
      }
      if (breaks('arrival')) return channel.say([]);
      const refusal = answerTo(sent);
      if (refusal) return channel.say([...refusal, 'end']);
      if (breaks('activation')) return channel.say([]);
      channel.say([`activated ${gateway.live.number}`], true);
    });
  }

  /** What ends the push at once; undefined when it was activated. */
  function answerTo(sent: string): readonly string[] | undefined {
    const word = (name: string) => new RegExp(`^${name} (\\S+)`, 'm').exec(sent)?.[1] ?? '';
    const believed = /^live \/etc\/postfix\/main\.cf ([0-9a-f]+)$/m.exec(sent)?.[1];
    const [digest, base, isEmpty] = [word('digest'), word('base'), word('bundle') === '0'];
    const [, reached, epoch] = /^reached (\d+) (\d+)$/m.exec(sent) ?? [];
    if (numbers < Number(reached ?? 0) || gateway.epoch < Number(epoch ?? 0)) return ['refused set-back'];
    gateway.epoch = Number(word('epoch'));
    if (word('script') !== gateway.script) return [`refused script-version the script here is ${gateway.script}`];
    if (gateway.pending) return [`refused pending generation ${gateway.pending.generation.number} is unproven`];
    const asBelieved = believed === sha256(gateway.live.mainCf);
    if (asBelieved && digest === gateway.live.digest && (isEmpty || base !== digest)) return ['unchanged'];
    if (!asBelieved || base !== gateway.live.digest) return ['refused drift not as believed'];
    numbers += 1;
    const generation = { number: numbers, digest, mainCf: texts.get(digest) ?? '' };
    gateway.pending = { generation, before: gateway.live };
    gateway.live = generation;
    return undefined;
  }

  return gateway;
}

interface Channel {
  /** Says these lines; the channel ends with them unless it stays open. */
  say(lines: readonly string[], open?: boolean): void;
}

function session(take: (channel: Channel, sent: string) => void): Session {
  let over: () => void;
  const done = new Promise<number>((resolve) => (over = () => resolve(0)));
  const channel: Channel = {
    say(lines, open = false) {
      if (lines.length > 0) stream.push(lines.map((line) => `${line}\n`).join(''));
      if (!open) stream.push(null);
      if (!open) over();
    },
  };
  let asked = false;
  const stream: Duplex = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, written) {
      if (chunk.length > 0) asked = true;
      if (chunk.length > 0) take(channel, chunk.toString('latin1'));
      written();
    },
    final(written) {
      if (!asked) take(channel, '');
      written();
    },
  });
  return { stream, stderr: () => '', done };
}

function dark(): NamedError {
  return new NamedError('unreachable', 'it is dark');
}

/** A mail server that offers STARTTLS when `offers` says so, on a port of the system's choice. */
export async function mailServer(offers: boolean): Promise<{ readonly port: number; close(): void }> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('220 mx1\r\n');
    socket.on('data', (data) => {
      if (data.toString().startsWith('STARTTLS')) socket.write('220 go on\r\n');
      if (data.toString().startsWith('EHLO')) socket.write(offers ? '250-mx1\r\n250 STARTTLS\r\n' : '250 mx1\r\n');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { port: typeof address === 'object' && address ? address.port : 0, close: () => void server.close() };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
