/** The proof from outside: a real TLS connection to a listener, and whether what it serves is what was sent. */
import { createHash, X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { createInterface } from 'node:readline';
import { connect as connectTls, type TLSSocket } from 'node:tls';

import type { MachineStatus, ProbeTarget } from '../schema/types.generated.ts';

export type Served = MachineStatus['served'][number];

/** What was seen on one listener, before it is held against what is wanted. */
export interface Sighting {
  /** SHA-256 of the DER of each served certificate, leaf first; empty when TLS was not offered. */
  readonly chain: readonly string[];
  readonly expires: string;
  readonly protocol: string;
}

const timeoutMilliseconds = 10_000;

/** Opens TLS on `stream` as the target says and reports what is served. Throws plain errors with the SMTP reply or OpenSSL's reason. */
export async function sight(stream: Duplex, target: ProbeTarget): Promise<Sighting> {
  const timer = setTimeout(
    () => stream.destroy(new Error(`no answer within ${timeoutMilliseconds / 1000} seconds`)),
    timeoutMilliseconds,
  );
  try {
    if (target.tls === 'implicit') return await handshake(stream, target.serverName);
    const offered = await greet(stream);
    if (!offered) return { chain: [], expires: '', protocol: '' };
    if (target.tls === 'off') throw new Error('STARTTLS is offered although the policy is off');
    return await handshake(stream, target.serverName);
  } finally {
    clearTimeout(timer);
    stream.destroy();
  }
}

/** Holds a sighting against the chain that was sent, given as the SHA-256 of each certificate's DER. */
export function verdict(
  seen: Sighting,
  wanted: readonly string[],
  target: ProbeTarget,
): Pick<Served, 'verdict' | 'detail'> {
  if (target.tls === 'off') return { verdict: 'match', detail: 'TLS is off, and not offered' };
  if (seen.chain.length === 0) return { verdict: 'differs', detail: 'STARTTLS is not offered' };
  if (seen.chain[0] !== wanted[0]) return { verdict: 'differs', detail: 'another certificate is served' };
  if (wanted.some((certificate, index) => seen.chain[index] !== certificate)) {
    return {
      verdict: 'differs',
      detail: `the right certificate is served with another chain (${seen.chain.length} of ${wanted.length})`,
    };
  }
  return { verdict: 'match', detail: seen.protocol };
}

/** Whether nothing speaks against what was sent: every listener serves it, or is one that is not probed. */
export function proven(served: readonly Served[]): boolean {
  return served.every(({ verdict }) => verdict === 'match' || verdict === 'unproven');
}

/** SMTP up to the answer to STARTTLS (RFC 3207); false when it is not offered. */
async function greet(stream: Duplex): Promise<boolean> {
  const lines = createInterface({ input: stream, crlfDelay: Infinity });
  const incoming = lines[Symbol.asyncIterator]();
  async function reply(): Promise<readonly string[]> {
    const out: string[] = [];
    for (;;) {
      const next = await incoming.next();
      if (next.done) throw stream.errored ?? new Error('the connection was closed before the reply');
      out.push(next.value);
      if (!/^\d{3}-/.test(next.value)) return out;
    }
  }
  async function expect(code: string, sent: string): Promise<readonly string[]> {
    const got = await reply();
    if (!got.at(-1)?.startsWith(code)) throw new Error(`answered "${got.at(-1) ?? ''}" to ${sent}`);
    return got;
  }
  await expect('220', 'the connection');
  stream.write('EHLO signet-probe.invalid\r\n');
  const extensions = await expect('250', 'EHLO');
  if (!extensions.some((line) => /^250[ -]STARTTLS\s*$/i.test(line))) {
    stream.write('QUIT\r\n');
    return false;
  }
  stream.write('STARTTLS\r\n');
  await expect('220', 'STARTTLS');
  lines.close();
  stream.removeAllListeners('data');
  return true;
}

function handshake(stream: Duplex, serverName: string): Promise<Sighting> {
  return new Promise((resolve, reject) => {
    // The chain is compared, not trusted; with no roots at all nothing but what was served can stand in it.
    const socket: TLSSocket = connectTls({
      socket: stream,
      servername: serverName,
      rejectUnauthorized: false,
      ca: [],
      minVersion: 'TLSv1',
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed during the handshake')));
    socket.once('secureConnect', () => {
      const leaf = socket.getPeerX509Certificate();
      const sighting = {
        chain: chainOf(leaf).map((certificate) => createHash('sha256').update(certificate.raw).digest('hex')),
        expires: leaf ? new Date(leaf.validTo).toISOString() : '',
        protocol: `${socket.getProtocol() ?? ''} ${socket.getCipher().name}`,
      };
      socket.end('QUIT\r\n');
      resolve(sighting);
    });
  });
}

function chainOf(leaf: X509Certificate | undefined): readonly X509Certificate[] {
  const out: X509Certificate[] = [];
  // A root is its own issuer: the walk ends where a certificate comes a second time.
  let next = leaf;
  while (next && !out.includes(next)) {
    out.push(next);
    next = next.issuerCertificate;
  }
  return out;
}
