/** Something in front of a gateway that answers SMTP in its place: a firewall, a proxy, another machine with its address. */
import { createInterface } from 'node:readline';
import type { Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';

export interface Identity {
  readonly key: string;
  readonly cert: string;
}

/** Greets, offers STARTTLS, and serves its own certificate. */
export function impostor(socket: Socket, identity: Identity): void {
  socket.on('error', () => undefined);
  socket.write('220 elsewhere.example.test ESMTP\r\n');
  const lines = createInterface({ input: socket });
  lines.on('line', (line) => {
    if (/^EHLO/i.test(line)) socket.write('250-elsewhere.example.test\r\n250 STARTTLS\r\n');
    else if (/^STARTTLS/i.test(line)) {
      lines.close();
      socket.removeAllListeners('data');
      socket.write('220 go ahead\r\n');
      const secured = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(identity) });
      secured.on('error', () => undefined);
    } else socket.end('221 bye\r\n');
  });
}
