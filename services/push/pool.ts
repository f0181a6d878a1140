/** One persistent connection per machine, with a push session kept ready on it, so that a warm push starts with its header. */
import type { LimitFunction } from 'p-limit';

import type { Connection, Session } from './ssh.ts';

export interface Link {
  readonly connection: Connection;
  /** A session in which `push` waits for its header: the one kept ready, or a new one. One push each. */
  pushSession(): Promise<Session>;
}

export interface Pool {
  /** The link to a machine; dials when there is none, and all callers share one dial. */
  link(machine: string): Promise<Link>;
  /** Closes the link of one machine: its registration changed, or it left. */
  drop(machine: string): void;
  close(): void;
}

export interface PoolOptions {
  /** Dials and logs in; reads the registration anew each time. */
  readonly dial: (machine: string) => Promise<Connection>;
  /** How many handshakes at once: each costs about 10 ms of this process's only thread. */
  readonly limit: LimitFunction;
  /** A number in [0, 1), for the jitter of reconnects. */
  readonly random: () => number;
}

const command = 'push 1';
const firstDelayMilliseconds = 1_000;
const longestDelayMilliseconds = 300_000;

interface Slot {
  link: Promise<Link> | undefined;
  failures: number;
  retry: NodeJS.Timeout | undefined;
}

export function pool({ dial, limit, random }: PoolOptions): Pool {
  const slots = new Map<string, Slot>();
  let closed = false;

  function link(machine: string): Promise<Link> {
    const slot = slots.get(machine) ?? { link: undefined, failures: 0, retry: undefined };
    slots.set(machine, slot);
    clearTimeout(slot.retry);
    slot.link ??= limit(() => dial(machine)).then(
      (connection) => {
        slot.failures = 0;
        connection.lost.addEventListener('abort', () => reconnect(machine, slot), { once: true });
        return ready(connection);
      },
      (error: unknown) => {
        slot.failures += 1;
        reconnect(machine, slot);
        throw error;
      },
    );
    return slot.link;
  }

  /** Waits twice as long after each failure, up to five minutes, and anywhere within that time, so that a fleet does not return all at once. */
  function reconnect(machine: string, slot: Slot): void {
    slot.link = undefined;
    if (closed || slots.get(machine) !== slot) return;
    const longest = Math.min(longestDelayMilliseconds, firstDelayMilliseconds * 2 ** slot.failures);
    slot.retry = setTimeout(() => {
      link(machine).catch(() => undefined);
    }, longest * random());
    slot.retry.unref();
  }

  function drop(machine: string): void {
    const slot = slots.get(machine);
    slots.delete(machine);
    clearTimeout(slot?.retry);
    slot?.link?.then(({ connection }) => connection.close()).catch(() => undefined);
  }

  return {
    link,
    drop,
    close() {
      closed = true;
      for (const machine of [...slots.keys()]) drop(machine);
    },
  };
}

function ready(connection: Connection): Link {
  let next: Promise<Session> | undefined;
  function prepare(): Promise<Session> {
    const session = connection.exec(command);
    // Its failure shows when it is used; a session that ended while it waited is not handed out.
    session
      .then(({ done }) => done)
      .catch(() => undefined)
      .finally(() => {
        if (next === session) next = undefined;
      });
    return session;
  }
  next = prepare();
  return {
    connection,
    async pushSession() {
      const session = await (next ?? prepare());
      next = undefined;
      // The session after this one is opened when this one is over: a gateway has one of ours at a time.
      void session.done.then(() => {
        if (!connection.lost.aborted) next ??= prepare();
      });
      return session;
    },
  };
}
