/** A TCP proxy that breaks connections at a chosen moment: before a request, between a request and its answer, or for a while. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Proxy {
  readonly port: number;
  /** Cuts all connections; new ones are taken. */
  cut(): void;
  /** Cuts all connections and takes no new ones until `back`. */
  away(): void;
  back(): void;
  /** Passes nothing on any more over the present connections, as a firewall that forgot them; new ones work. */
  freeze(): void;
  /** Holds the next connection whose client sends `marker`, from before that piece of data on. */
  hold(marker: string): Promise<Held>;
  close(): Promise<void>;
}

/** A connection of which nothing is passed on any more, in either direction, unless told; the server does not see it close. */
export interface Held {
  /** Sends on what was held: the request, but not what the client sent after it, such as that it has given up. */
  forward(): void;
  cut(): void;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  held: boolean;
  /** What the client sent from the marker on, until `full`. */
  readonly waiting: Buffer[];
  full: boolean;
}

export async function proxyTo(target: number): Promise<Proxy> {
  const pairs = new Set<Pair>();
  let accepting = true;
  let trap: { readonly marker: Buffer; readonly spring: (held: Held) => void } | undefined;

  const listener = createServer((client) => {
    if (!accepting) {
      client.destroy();
      return;
    }
    const pair: Pair = { client, server: connect(target, '127.0.0.1'), held: false, waiting: [], full: false };
    pairs.add(pair);
    for (const socket of [client, pair.server]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
    }
    client.on('close', () => {
      if (!pair.held) pair.server.destroy();
    });
    pair.server.on('close', () => {
      pairs.delete(pair);
      client.destroy();
    });
    client.on('data', (chunk) => fromClient(pair, chunk));
    pair.server.on('data', (chunk) => {
      if (!pair.held) client.write(chunk);
    });
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');

  return {
    port: (listener.address() as AddressInfo).port,
    cut,
    away() {
      accepting = false;
      cut();
    },
    back() {
      accepting = true;
    },
    freeze() {
      for (const { client, server } of pairs) {
        client.pause();
        server.pause();
      }
    },
    hold: (marker) =>
      new Promise((resolve) => {
        trap = { marker: Buffer.from(marker), spring: resolve };
      }),
    async close() {
      cut();
      listener.close();
      await once(listener, 'close');
    },
  };

  function fromClient(pair: Pair, chunk: Buffer): void {
    if (trap && chunk.includes(trap.marker)) {
      const { spring } = trap;
      trap = undefined;
      pair.held = true;
      // A request comes in a few pieces at once.
      setTimeout(() => (pair.full = true), 100);
      spring({
        forward() {
          for (const piece of pair.waiting.splice(0)) pair.server.write(piece);
        },
        cut() {
          pair.client.destroy();
          pair.server.destroy();
        },
      });
    }
    if (!pair.held) pair.server.write(chunk);
    else if (!pair.full) pair.waiting.push(chunk);
  }

  function cut(): void {
    for (const { client, server } of pairs) {
      client.destroy();
      server.destroy();
    }
  }
}
