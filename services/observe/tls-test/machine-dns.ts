/** The resolver of a machine, asked over its SSH connection: what that proves is what Postfix there goes by. */
import { inbox } from '../../conversation/inbox.ts';
import { PeerFault } from '../../conversation/peer-fault.ts';
import { isNamed } from '../../errors.ts';
import type { Connection } from '../../push/ssh.ts';
import { decodeAnswer, encodeQuery, type DnsAnswer, type RecordType } from './dns-message.ts';

export type AskDns = (name: string, type: RecordType) => Promise<DnsAnswer>;

const limitMilliseconds = 10_000;

/** Asks over TCP, one connection a question; what goes wrong is an answer that failed. */
export function machineDns(connection: Connection, address: string): AskDns {
  return async (name, type) => {
    try {
      const stream = await connection.forward({ host: address, port: 53 });
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
    } catch (error) {
      if (isNamed(error) || error instanceof PeerFault) return { secure: false, failed: true, records: [] };
      throw error;
    }
  };
}
