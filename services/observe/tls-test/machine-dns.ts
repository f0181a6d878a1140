/** The resolver of a machine, asked over its SSH connection: what that proves is what Postfix there goes by. */
import { setTimeout as sleep } from 'node:timers/promises';

import { inbox } from '../../conversation/inbox.ts';
import { PeerFault } from '../../conversation/peer-fault.ts';
import { forwarded } from '../../push/forwarded.ts';
import type { Connection } from '../../push/ssh.ts';
import { decodeAnswer, encodeQuery, type DnsAnswer, type RecordType } from './dns-message.ts';

/** Throws `PeerFault` when the resolver cannot be asked; one that cannot find out answers so. */
export type AskDns = (name: string, type: RecordType) => Promise<DnsAnswer>;

const limitMilliseconds = 10_000;

/** A resolver has few places for TCP (unbound: 10, incoming-num-tcp), and closes what comes beyond them. */
const pausesMilliseconds = [200, 600, 1_500];

/** Asks over TCP, one connection a question. */
export function machineDns(connection: Connection, address: string): AskDns {
  return async (name, type) => {
    for (const pause of pausesMilliseconds) {
      try {
        return await ask(connection, address, name, type);
      } catch (error) {
        if (!(error instanceof PeerFault)) throw error;
        await sleep(pause * (0.5 + Math.random()));
      }
    }
    return ask(connection, address, name, type);
  };
}

async function ask(connection: Connection, host: string, name: string, type: RecordType): Promise<DnsAnswer> {
  const stream = await forwarded(connection, { host, port: 53 });
  const messages = inbox(stream);
  const timer = setTimeout(() => stream.destroy(), limitMilliseconds);
  try {
    stream.write(encodeQuery(name, type));
    const message = await messages.take((bytes) => (bytes.length < 2 ? undefined : 2 + bytes.readUInt16BE(0)));
    return decodeAnswer(message.subarray(2), type);
  } finally {
    clearTimeout(timer);
    messages.release();
    stream.on('error', () => undefined);
    stream.destroy();
  }
}
