/** A DNS server on loopback that knows MX records and nothing else (RFC 1035): what real resolvers are asked with. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** The MX records of each domain, an empty name for the root; a domain that is not here does not exist. */
export type Zone = Readonly<Record<string, readonly { readonly exchange: string; readonly priority: number }[]>>;

export interface DnsServer {
  /** As a resolver takes it. */
  readonly address: string;
  close(): Promise<void>;
}

export async function dnsServer(zone: Zone): Promise<DnsServer> {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => socket.send(answer(query, zone), from.port, from.address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    async close() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

function answer(query: Buffer, zone: Zone): Buffer {
  const { labels, end } = question(query);
  const records = zone[labels.join('.').toLowerCase()];
  const isMx = query.readUInt16BE(end) === 15;
  const found = isMx ? (records ?? []) : [];
  const head = Buffer.from(query.subarray(0, 12));
  // A response, recursion available; NXDOMAIN where the name is not there at all.
  head.writeUInt16BE(records === undefined ? 0x8183 : 0x8180, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(found.length, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, query.subarray(12, end + 4), ...found.map(record)]);
}

function question(query: Buffer): { readonly labels: readonly string[]; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { labels, end: at + 1 };
}

function record({ exchange, priority }: Zone[string][number]): Buffer {
  const parts = exchange === '' ? [] : exchange.split('.');
  const name = Buffer.concat([
    ...parts.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ]);
  const head = Buffer.alloc(14);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(15, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(60, 6);
  head.writeUInt16BE(2 + name.length, 10);
  head.writeUInt16BE(priority, 12);
  return Buffer.concat([head, name]);
}
