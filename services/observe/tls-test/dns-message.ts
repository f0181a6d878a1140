/** As much of DNS as DANE needs (RFC 1035, RFC 6698): one question, the answers of its type, and whether the resolver has proven them. Pure. */

export const recordTypes = { a: 1, mx: 15, aaaa: 28, tlsa: 52 } as const;

export type RecordType = keyof typeof recordTypes;

export interface DnsAnswer {
  /** The resolver says that DNSSEC proves it: the AD bit (RFC 4035 3.2.3). That it is not there can be proven as well. */
  readonly secure: boolean;
  /** It could not be found out: SERVFAIL, as for signatures that do not hold, or an answer that is none. */
  readonly failed: boolean;
  /** The data of each record of the type that was asked for. */
  readonly records: readonly Buffer[];
}

const failure: DnsAnswer = { secure: false, failed: true, records: [] };

/** A query for TCP, its length in front; recursion wanted, and the AD bit understood (RFC 6840 5.7). */
export function encodeQuery(name: string, type: RecordType): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  const head = Buffer.from([0, 1, 0x01, 0x20, 0, 1, 0, 0, 0, 0, 0, 0]);
  const query = Buffer.concat([head, ...labels, Buffer.from([0, 0, recordTypes[type], 0, 1])]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(query.length);
  return Buffer.concat([length, query]);
}

/** An answer without its length. */
export function decodeAnswer(message: Buffer, type: RecordType): DnsAnswer {
  try {
    const flags = message.readUInt16BE(2);
    const code = flags & 0xf;
    // 3: there is no such name, which is an answer like any other.
    if ((flags & 0x8000) === 0 || (code !== 0 && code !== 3)) return failure;
    const records: Buffer[] = [];
    let at = afterName(message, 12) + 4;
    for (let left = message.readUInt16BE(6); left > 0; left -= 1) {
      at = afterName(message, at);
      const end = at + 10 + message.readUInt16BE(at + 8);
      if (end > message.length) return failure;
      if (message.readUInt16BE(at) === recordTypes[type]) records.push(message.subarray(at + 10, end));
      at = end;
    }
    return { secure: (flags & 0x20) !== 0, failed: false, records };
  } catch (error) {
    // Cut short: Buffer says so by a RangeError.
    if (error instanceof RangeError) return failure;
    throw error;
  }
}

/** Where a name ends; a pointer ends it (RFC 1035 4.1.4). */
function afterName(message: Buffer, start: number): number {
  let at = start;
  for (;;) {
    const length = message.readUInt8(at);
    if (length >= 0xc0) return at + 2;
    at += 1 + length;
    if (length === 0) return at;
  }
}
