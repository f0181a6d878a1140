/** Mail clients that keep coming while a gateway is changed: each must get through, and see one of the chains whole. */
import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setInterval as every } from 'node:timers/promises';
import { connect as connectTls, type DetailedPeerCertificate } from 'node:tls';

export interface Seen {
  /** How many clients saw each chain, by the SHA-256 of its certificates, leaf first. */
  readonly chains: ReadonlyMap<string, number>;
  /** How many clients failed in each way. */
  readonly failures: ReadonlyMap<string, number>;
  readonly clients: number;
  readonly perSecond: number;
}

/** Sends a client every 10 ms until `signal` aborts, whatever becomes of those before; resolves when the last is done. */
export async function clients(address: string, port: number, signal: AbortSignal): Promise<Seen> {
  const chains = new Map<string, number>();
  const failures = new Map<string, number>();
  const under: Promise<void>[] = [];
  const started = Date.now();
  const count = (into: Map<string, number>) => (what: string) => void into.set(what, (into.get(what) ?? 0) + 1);
  try {
    for await (const _tick of every(10, undefined, { signal })) {
      under.push(chainOf(address, port).then(count(chains), (error: unknown) => count(failures)(String(error))));
    }
  } catch {
    // It is over.
  }
  const seconds = (Date.now() - started) / 1000;
  await Promise.all(under);
  return { chains, failures, clients: under.length, perSecond: under.length / seconds };
}

/** The chain one client is served after STARTTLS. */
async function chainOf(address: string, port: number): Promise<string> {
  const socket = connect({ host: address, port, noDelay: true });
  const timer = setTimeout(() => socket.destroy(new Error('no answer within 20 seconds')), 20_000);
  try {
    await startTls(socket);
    return await handshake(socket);
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

async function startTls(socket: Socket): Promise<void> {
  const steps = ['220', 'EHLO client.example.test', '250', 'STARTTLS', '220'];
  const lines = createInterface({ input: socket });
  for await (const line of lines) {
    if (/^\d{3}-/.test(line)) continue;
    const [code = '', next] = steps.splice(0, 2);
    if (!line.startsWith(code)) throw new Error(`answered "${line}"`);
    if (next === undefined) break;
    socket.write(`${next}\r\n`);
  }
  if (steps.length > 0) throw new Error('closed before STARTTLS');
  lines.close();
}

function handshake(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const secured = connectTls({ socket, rejectUnauthorized: false, ca: [] });
    secured.once('error', reject);
    secured.once('close', () => reject(new Error('closed during the handshake')));
    secured.once('secureConnect', () => {
      resolve(served(secured.getPeerCertificate(true)).join(' '));
      secured.destroy();
    });
  });
}

/** Absent at the end of a chain whose root was not sent, whatever the types say. */
function issuerOf({ issuerCertificate }: { readonly issuerCertificate?: DetailedPeerCertificate }) {
  return issuerCertificate;
}

function served(leaf: DetailedPeerCertificate): readonly string[] {
  const out: string[] = [];
  for (let next: DetailedPeerCertificate | undefined = leaf; next; next = issuerOf(next)) {
    const fingerprint = createHash('sha256').update(next.raw).digest('hex');
    if (out.includes(fingerprint)) break;
    out.push(fingerprint);
  }
  return out;
}
