/** Servers that do as a test says, on loopback: what no real server does, at the moment it should not. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { createServer as createTlsServer, type SecureContextOptions, type TLSSocket } from 'node:tls';

export interface Peer {
  readonly port: number;
  /** How often something connected. */
  readonly connections: () => number;
  close(): Promise<void>;
}

/** Listens; each connection is handed to `act`. */
export async function peer(act: (socket: Socket) => void, host = '127.0.0.1', port = 0): Promise<Peer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    act(socket);
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

export interface Manner {
  readonly greeting?: string;
  /** Extensions that EHLO shows; STARTTLS alone when left out. */
  readonly extensions?: readonly string[];
  /** What it answers to a command, by its first word; the usual when left out. */
  readonly answers?: Readonly<Record<string, string>>;
  /** What follows a STARTTLS that was agreed to; TLS as `identity` says when left out. */
  readonly afterStartTls?: (socket: Socket) => void;
  readonly identity?: SecureContextOptions;
}

/** An SMTP server with such manners, for `peer`. */
export function smtp(manner: Manner): (socket: Socket) => void {
  return (socket) => {
    socket.write(`${manner.greeting ?? '220 peer.example.test ESMTP'}\r\n`);
    talk(socket, manner, false);
  };
}

/** TLS from the first byte, then `inside`. */
export function implicit(identity: SecureContextOptions, inside: (socket: TLSSocket) => void) {
  const server = createTlsServer(identity, (socket) => {
    socket.on('error', () => undefined);
    inside(socket);
  });
  server.on('tlsClientError', () => undefined);
  return (socket: Socket): void => void server.emit('connection', socket);
}

function talk(stream: Socket | TLSSocket, manner: Manner, inTls: boolean): void {
  const { extensions = ['STARTTLS'], answers = {}, afterStartTls, identity } = manner;
  const lines = createInterface({ input: stream });
  lines.on('line', (line) => {
    const [word = ''] = line.toUpperCase().split(/[\s:]/);
    const set = answers[inTls ? `TLS ${word}` : word];
    if (set !== undefined) stream.write(set);
    else if (word === 'EHLO') {
      const shown = ['peer.example.test', ...(inTls ? [] : extensions)];
      stream.write(shown.map((one, index) => `250${index === shown.length - 1 ? ' ' : '-'}${one}\r\n`).join(''));
    } else if (word === 'STARTTLS') {
      lines.close();
      stream.removeAllListeners('data');
      if (afterStartTls) afterStartTls(stream);
      else {
        stream.write('220 go ahead\r\n');
        implicit(identity ?? {}, (secure) => talk(secure, manner, true))(stream);
      }
    } else if (word === 'QUIT') stream.end('221 bye\r\n');
    else stream.write('250 fine\r\n');
  });
}
