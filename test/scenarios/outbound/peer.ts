/** The mail server of a destination, scripted: it offers, refuses, breaks or takes TLS as it is told, and keeps what it gets. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';

import type { Peer } from '../../../services/platforms/postfix/outcomes.ts';
import type { Identity } from './identities.ts';

export interface Received {
  readonly recipient: string;
  /** Whether it came over TLS. */
  readonly secure: boolean;
  /** SHA-256 of the certificate that the client showed, in hexadecimal. */
  readonly client?: string;
}

export interface Server {
  readonly received: readonly Received[];
  close(): Promise<void>;
}

export interface Script {
  readonly address: string;
  readonly behaviour: Peer;
  readonly identity: Identity;
  /** Mail is refused (454) unless the client has shown a certificate. */
  readonly demandsCertificate?: boolean;
}

/** A server on port 25 of `address`, which must be this machine's. */
export async function startPeer(script: Script): Promise<Server> {
  const received: Received[] = [];
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.write(`220 ${script.behaviour}.test ESMTP\r\n`);
    converse(socket, script, received);
  });
  server.listen(25, script.address);
  await once(server, 'listening');
  return {
    received,
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** fatal alert handshake_failure (RFC 5246 7.2) */
const handshakeFailure = Buffer.from('15030300020228', 'hex');

/** One connection from the greeting on, or from the end of the handshake on. */
function converse(socket: Socket | TLSSocket, script: Script, received: Received[]): void {
  const secure = socket instanceof TLSSocket;
  const client = secure ? shownBy(socket) : undefined;
  const recipients: string[] = [];
  let inMessage = false;
  let rest = '';
  const say = (reply: string) => void socket.write(`${reply}\r\n`);
  // Who is refused TLS may leave without a word.
  socket.on('error', () => socket.destroy());
  socket.on('data', take);

  function take(chunk: Buffer): void {
    rest += chunk.toString('latin1');
    for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 2);
      if (inMessage) body(line);
      else command(line);
    }
  }

  function body(line: string): void {
    if (line !== '.') return;
    inMessage = false;
    received.push(...recipients.map((recipient) => ({ recipient, secure, ...(client ? { client } : {}) })));
    say('250 taken');
  }

  function command(line: string): void {
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'EHLO') {
      const offers = secure || script.behaviour === 'not-offered' ? [] : ['250-STARTTLS'];
      for (const reply of ['250-peer.test', ...offers, '250 8BITMIME']) say(reply);
    } else if (verb === 'STAR') startTls();
    else if (verb === 'MAIL') say(script.demandsCertificate && !client ? '454 show me a certificate' : '250 go on');
    else if (verb === 'RCPT') {
      recipients.push(/<([^>]*)>/.exec(line)?.[1] ?? '');
      say('250 go on');
    } else if (verb === 'DATA') {
      inMessage = true;
      say('354 go on');
    } else if (verb === 'QUIT') {
      say('221 bye');
      socket.end();
    } else say('250 as you like');
  }

  function startTls(): void {
    if (script.behaviour === 'refused') return say('454 TLS not available due to temporary reason');
    say('220 ready');
    if (script.behaviour === 'handshake-fails') return void socket.end(handshakeFailure);
    socket.off('data', take);
    const { key, chain } = script.identity;
    const secureContext = createSecureContext({ key, cert: chain });
    const upgraded = new TLSSocket(socket, {
      isServer: true,
      secureContext,
      requestCert: true,
      rejectUnauthorized: false,
    });
    upgraded.on('error', () => socket.destroy());
    upgraded.on('secure', () => {
      converse(upgraded, script, received);
    });
  }
}

function shownBy(socket: TLSSocket): string | undefined {
  const { fingerprint256 } = socket.getPeerCertificate() as { readonly fingerprint256?: string };
  return fingerprint256?.replaceAll(':', '').toLowerCase();
}
