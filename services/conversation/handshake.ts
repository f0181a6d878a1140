/** The TLS handshake as a look at a server: everything is taken, nothing is trusted, and what it served is kept as it came. */
import type { X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';

import { PeerFault } from './peer-fault.ts';

export interface Session {
  readonly socket: TLSSocket;
  readonly protocol: string;
  readonly cipher: string;
  /** The DER of each certificate in the order it was served, repetitions included. */
  readonly chain: readonly Buffer[];
}

/** Throws `PeerFault` when there is no session. */
export function handshake(stream: Duplex, serverName: string): Promise<Session> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      socket: stream,
      // RFC 6066 3: an address is no server name.
      ...(/^[\d.]+$|:/.test(serverName) ? {} : { servername: serverName }),
      rejectUnauthorized: false,
      // With no roots at all nothing but what was served can stand in the chain.
      ca: [],
      // What is old or weak is to be seen and named, not refused: OpenSSL wants level 0 for it (SSL_CTX_set_security_level).
      minVersion: 'TLSv1',
      ciphers: 'DEFAULT:@SECLEVEL=0',
    });
    socket.on('error', (error: Error) => reject(faultOf(error)));
    socket.once('close', () => reject(new PeerFault('closed', 'the connection was closed during the handshake')));
    socket.once('secureConnect', () => {
      const chain = served(socket.getPeerX509Certificate());
      const session = { socket, protocol: socket.getProtocol() ?? '', cipher: socket.getCipher().name, chain };
      // Not at once: whoever then ends the connection does so within OpenSSL's own call, and Node 20 crashes (ClearOut).
      setImmediate(resolve, session);
    });
  });
}

function served(leaf: X509Certificate | undefined): readonly Buffer[] {
  const out: X509Certificate[] = [];
  // Node links the certificates as they came, and one that is its own issuer only to itself.
  for (let next = leaf; next && !out.includes(next); next = next.issuerCertificate) out.push(next);
  return out.map(({ raw }) => raw);
}

function faultOf(error: Error): PeerFault {
  const { code = '', reason = error.message } = error as Error & { readonly code?: string; readonly reason?: string };
  if (code.includes('ALERT')) {
    const said = reason.replace(/^(sslv3|tlsv1|tlsv13) alert /, '');
    return new PeerFault('alert', `the server ended the handshake with the alert "${said}"`);
  }
  if (/UNSUPPORTED_PROTOCOL|NO_PROTOCOLS|UNKNOWN_PROTOCOL/.test(code)) {
    return new PeerFault('no-shared-protocol', 'the server speaks no version of TLS from 1.0 to 1.3');
  }
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH|HTTP_REQUEST|RECORD|UNEXPECTED_MESSAGE|TOO_LONG/.test(code)) {
    return new PeerFault('not-tls', `what the server sent is not TLS (${reason})`);
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return new PeerFault('closed', 'the connection was closed during the handshake');
  }
  return new PeerFault('handshake', `the handshake failed: ${reason}`);
}
