/** The connection to an etcd cluster: one endpoint at a time, the next one when it fails, and nothing sent twice unasked. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Etcd3, IOptions } from 'etcd3';

import { NamedError } from '../../errors.ts';
import { etcdFailure, isOpen } from './errors.ts';
import { defaultTimeoutSeconds, type EtcdOptions } from './options.ts';

/** One endpoint: etcd3's calls on it, as etcd's own API has them. */
export type Member = Pick<Etcd3, 'kv' | 'leaseClient' | 'watchClient'>;

export interface Client {
  /** The endpoints, for messages. */
  readonly name: string;
  readonly timeoutMilliseconds: number;
  /** Runs `call` once, on the present endpoint. What it throws is etcd3's own; after a failed one the next endpoint has its turn. */
  readonly once: <T>(call: (member: Member) => Promise<T>) => Promise<T>;
  /** Runs `call` until an endpoint answers or time is up: only for what may happen twice. Throws `store-unavailable`. */
  readonly repeat: <T>(call: (member: Member) => Promise<T>, signal?: AbortSignal) => Promise<T>;
  readonly close: () => void;
}

/** Loads etcd3 (0.3 s and 16 MB, so only those who use it pay) and connects when first used. */
export async function connect(options: EtcdOptions): Promise<Client> {
  const { Etcd3: client } = await import('etcd3');
  const timeoutMilliseconds = (options.timeoutSeconds ?? defaultTimeoutSeconds) * 1000;
  const open = (host: string) => new client(settings(options, host, timeoutMilliseconds / 3));
  const members = openAll(options.hosts, open);
  const name = options.hosts.join(', ');
  let active = 0;
  let closed = false;

  return {
    name,
    timeoutMilliseconds,
    once,
    async repeat(call, signal) {
      const end = performance.now() + timeoutMilliseconds;
      for (let wait = 50; ; wait = Math.min(2 * wait, 1000)) {
        try {
          return await once(call);
        } catch (error) {
          if (!isOpen(error) || performance.now() + wait > end) throw etcdFailure(error, name);
        }
        await pause(wait, undefined, signal && { signal });
      }
    },
    close() {
      closed = true;
      for (const member of members) member.close();
    },
  };

  async function once<T>(call: (member: Member) => Promise<T>): Promise<T> {
    if (closed) throw wasClosed();
    const used = active;
    const member = members[used];
    if (!member) throw new Error('a client has at least one endpoint');
    try {
      return await call(member);
    } catch (error) {
      if (isClosed()) throw wasClosed();
      if (isOpen(error) && active === used) active = (used + 1) % members.length;
      throw error;
    }
  }

  /** A call, since the compiler would take `closed` for constant over an await. */
  function isClosed(): boolean {
    return closed;
  }

  function wasClosed(): NamedError {
    return new NamedError('interrupted', `the store on etcd at ${name} was closed`);
  }
}

/** OpenSSL reads the certificates here, and finds a key that does not fit its certificate. */
function openAll<T>(hosts: readonly string[], open: (host: string) => T): readonly T[] {
  try {
    return hosts.map(open);
  } catch (cause) {
    throw new NamedError(
      'invalid-input',
      `the CA, certificate or key given for etcd cannot be used (${cause instanceof Error ? cause.message : String(cause)}); check that they are PEM, and that certificate and key belong together`,
      { cause },
    );
  }
}

function settings(options: EtcdOptions, host: string, deadlineMilliseconds: number): IOptions {
  const { ca, certificate, key, user, password } = options;
  return {
    hosts: [host],
    ...(ca === undefined && certificate === undefined ? {} : { credentials: credentials(ca, certificate, key) }),
    ...(user === undefined || password === undefined ? {} : { auth: { username: user, password } }),
    // etcd3 retries by default, transactions too, and then a compare-and-set that won may report that it lost.
    faultHandling: { global: unrepeated, host: () => unrepeated },
    // Without a deadline a call to a frozen member waits for ever.
    defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: Date.now() + deadlineMilliseconds }),
    grpcOptions: {
      // etcd answers with more than grpc-js's 4 MiB when values are large; range.ts keeps pages small.
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
      // Notices a dead connection; under 5 s etcd would hang up (its --grpc-keepalive-min-time).
      'grpc.keepalive_time_ms': 6_000,
      'grpc.keepalive_timeout_ms': 4_000,
      // etcd3 opens new channels after a failure. By default they would share the old connection, and its growing backoff.
      'grpc.use_local_subchannel_pool': 1,
      // After a cut the watch must not wait for grpc-js's backoff of up to 2 minutes.
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 2_000,
    },
  };
}

/** etcd3 wants a root certificate here; grpc-js takes the system's for an absent one. */
function credentials(ca: string | undefined, certificate: string | undefined, key: string | undefined) {
  return {
    rootCertificate: (ca === undefined ? undefined : Buffer.from(ca)) as Buffer,
    ...(certificate === undefined ? {} : { certChain: Buffer.from(certificate) }),
    ...(key === undefined ? {} : { privateKey: Buffer.from(key) }),
  };
}

type Policy = NonNullable<NonNullable<IOptions['faultHandling']>['global']>;

const nothing = () => ({ dispose: () => undefined });

/** A policy of etcd3 that runs a call exactly once. */
const unrepeated = {
  onSuccess: nothing,
  onFailure: nothing,
  execute: (call) =>
    new Promise((resolve) => {
      resolve(call({ signal: new AbortController().signal }));
    }),
} satisfies Omit<Policy, '_altReturn'> as unknown as Policy;
