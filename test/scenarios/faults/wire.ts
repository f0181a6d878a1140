/** The network between a controller and one gateway, in the hands of a test: it counts, holds, loses and answers falsely. */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';

import type { Gateway } from '../../lab/harness.ts';
import { impostor, type Identity } from './impostor.ts';

export type Direction = 'to-gateway' | 'to-controller';

export interface Wire {
  /** Where the controller reaches the gateway over it: SSH here, and its listeners under their own numbers. */
  readonly at: { readonly host: string; readonly port: number };
  /** Connections of SSH so far, and on them how often the controller spoke after the gateway had. */
  count(): { readonly connections: number; readonly turns: number };
  /**
   * Holds an SSH connection in one direction from the first piece of data on for which `when` is true; resolves once it
   * does. Neither end learns that the other one goes away meanwhile. Other connections pass.
   */
  hold(direction: Direction, when: () => boolean): Promise<void>;
  /** Passes on what was held. */
  release(): void;
  /** Ends every connection at once; what was held is lost. New ones pass. */
  cut(): void;
  /** Answers on the listeners in the gateway's place, with a certificate of its own, until called without one. */
  impersonate(identity?: Identity): void;
  close(): void;
}

/** Not 22: the host may have an sshd of its own there. */
const sshPort = 2022;

interface Trap {
  readonly direction: Direction;
  readonly when: () => boolean;
  readonly sprung: () => void;
}

interface Line {
  readonly from: Socket;
  readonly to: Socket;
  last: Direction | undefined;
  holding: Direction | undefined;
  readonly held: (() => void)[];
}

/** Lays the wire to a gateway with these listeners. */
export async function wireTo({ address }: Gateway, ports: readonly number[] = [25]): Promise<Wire> {
  const host = address.replace(/^198\./, '127.');
  const lines = new Set<Line>();
  let trap: Trap | undefined;
  let identity: Identity | undefined;
  let connections = 0;
  let turns = 0;

  function carry(from: Socket, port: number): void {
    const line: Line = {
      from,
      to: connect({ host: address, port, noDelay: true, allowHalfOpen: true }),
      last: undefined,
      holding: undefined,
      held: [],
    };
    lines.add(line);
    from.setNoDelay(true);
    for (const [source, sink, direction] of [
      [from, line.to, 'to-gateway'],
      [line.to, from, 'to-controller'],
    ] as const) {
      source.on('data', (data) => {
        if (port === 22) watch(line, direction);
        pass(line, direction, () => void sink.write(data));
      });
      source.on('end', () => pass(line, direction, () => sink.end()));
      source.on('error', () => undefined);
      source.on('close', () => {
        if (line.holding === undefined) hangUp(line);
      });
    }
  }

  function watch(line: Line, direction: Direction): void {
    if (direction === 'to-gateway' && line.last === 'to-controller') turns += 1;
    line.last = direction;
    if (trap?.direction !== direction || !trap.when()) return;
    line.holding = direction;
    trap.sprung();
    trap = undefined;
  }

  function pass(line: Line, direction: Direction, forward: () => void): void {
    if (line.holding === direction) line.held.push(forward);
    else forward();
  }

  function hangUp(line: Line): void {
    lines.delete(line);
    line.from.destroy();
    line.to.destroy();
  }

  async function listen(port: number, take: (socket: Socket) => void): Promise<Server> {
    const server = createServer({ allowHalfOpen: true }, take).listen(port, host);
    await once(server, 'listening');
    return server;
  }
  const takeSsh = (from: Socket) => {
    connections += 1;
    carry(from, 22);
  };
  const takeMail = (port: number) => (from: Socket) => (identity ? impostor(from, identity) : carry(from, port));
  const servers = [
    await listen(sshPort, takeSsh),
    ...(await Promise.all(ports.map((port) => listen(port, takeMail(port))))),
  ];

  function cut(): void {
    trap = undefined;
    for (const line of lines) {
      reset(line.from);
      reset(line.to);
      lines.delete(line);
    }
  }

  return {
    at: { host, port: sshPort },
    cut,
    count: () => ({ connections, turns }),
    hold: (direction, when) =>
      new Promise((sprung, failed) => {
        const late = setTimeout(() => failed(new Error(`nothing to hold ${direction} within 30 seconds`)), 30_000);
        trap = {
          direction,
          when,
          sprung() {
            clearTimeout(late);
            sprung();
          },
        };
      }),
    release() {
      for (const line of lines) {
        line.holding = undefined;
        for (const forward of line.held.splice(0)) forward();
        if (line.from.destroyed || line.to.destroyed) hangUp(line);
      }
    },
    impersonate: (as) => void (identity = as),
    close() {
      cut();
      for (const server of servers) server.close();
    },
  };
}

/** libuv refuses to reset what is shutting down (uv_tcp_close_reset), and Node 20 then never ends. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

/** Whether a generation waits for its verdict on the gateway, read from its disk without asking anyone. */
export function isPending({ disk }: Gateway): boolean {
  return existsSync(`${disk}/upper/var/lib/signet/pending`);
}

/** Whether the gateway has recorded how a generation after `generation` ended. */
export function hasDecided({ disk }: Gateway, generation: number): boolean {
  const outcome = readFileSync(`${disk}/upper/var/lib/signet/outcome`, 'utf8');
  return Number(outcome.split(' ')[1]) > generation;
}
