/**
 * Leases among controllers: an etcd lease, and a key that exists as long as it does. etcd3's Election is not used: after an
 * outage it can report that a campaign was won whose lease is gone.
 */
import { setTimeout as pause } from 'node:timers/promises';

import { isNamed, NamedError } from '../../errors.ts';
import { changedUnder } from '../lease-loss.ts';
import type { Lease, Store } from '../store.ts';
import type { Client } from './client.ts';
import { etcdFailure, isOpen } from './errors.ts';
import type { Keyspace } from './keyspace.ts';

export interface Leases {
  readonly lease: Store['lease'];
  readonly releaseAll: () => Promise<void>;
}

interface Parts {
  readonly client: Client;
  readonly keyspace: Keyspace;
  readonly store: Pick<Store, 'get' | 'range' | 'watch'>;
}

interface Grant {
  readonly id: string;
  readonly milliseconds: number;
  /** On the monotonic clock, before the request was sent: etcd counts from later. */
  readonly asked: number;
}

/** `closing` aborts when the store is about to close: who still waits for a lease is sent away. */
export function leases(parts: Parts, closing: AbortSignal): Leases {
  const held = new Set<Lease>();
  return {
    async lease(key, holder, ttlSeconds, signal) {
      const lease = await acquire(parts, key, holder, ttlSeconds, AbortSignal.any([signal, closing]));
      held.add(lease);
      lease.lost.addEventListener('abort', () => held.delete(lease));
      return lease;
    },
    async releaseAll() {
      await Promise.all([...held].map((lease) => lease.release()));
    },
  };
}

async function acquire(
  parts: Parts,
  key: string,
  holder: string,
  ttlSeconds: number,
  signal: AbortSignal,
): Promise<Lease> {
  for (;;) {
    await untilFree(parts, key, signal);
    const grant = await newGrant(parts.client, ttlSeconds);
    const revision = await create(parts, key, holder, grant);
    if (revision !== undefined && !signal.aborted) return hold(parts, key, grant, revision);
    await revoke(parts.client, grant);
    if (signal.aborted) throw notWaiting(key);
  }
}

/** Resolves once nobody holds `key`; someone else may still be faster. */
async function untilFree({ client, keyspace, store }: Parts, key: string, signal: AbortSignal): Promise<void> {
  const request = { key: keyspace.data(key) };
  while (!signal.aborted) {
    const { kvs, header } = await client.repeat((member) => member.kv.range(request));
    if (kvs.length === 0) return;
    try {
      for await (const change of store.watch(key, Number(header.revision) + 1, signal)) {
        if (change.key === key && change.kind === 'delete') return;
      }
    } catch (error) {
      if (!isNamed(error, 'store-compacted', 'interrupted')) throw error;
    }
  }
  throw notWaiting(key);
}

async function newGrant(client: Client, ttlSeconds: number): Promise<Grant> {
  return client.repeat(async (member) => {
    const asked = performance.now();
    const { ID, TTL } = await member.leaseClient.leaseGrant({ TTL: ttlSeconds });
    return { id: ID, asked, milliseconds: Math.min(Number(TTL), ttlSeconds) * 1000 };
  });
}

/** The revision of the new key; undefined when another was faster, or when that could not be told. */
async function create(
  { client, keyspace }: Parts,
  key: string,
  holder: string,
  { id }: Grant,
): Promise<number | undefined> {
  const at = keyspace.data(key);
  const value = Buffer.from(JSON.stringify({ holder }));
  try {
    const { succeeded, header } = await client.once((member) =>
      member.kv.txn({
        compare: [{ key: at, target: 'Mod', result: 'Equal', mod_revision: 0 }],
        success: [{ request_put: { key: at, value, lease: id } }],
        failure: [],
      }),
    );
    return succeeded ? Number(header.revision) : undefined;
  } catch (error) {
    // If it did happen, the key goes with its lease, which is given back or runs out.
    if (isOpen(error)) return undefined;
    throw etcdFailure(error, client.name);
  }
}

function hold({ client, store }: Parts, key: string, grant: Grant, revision: number): Lease {
  const lost = new AbortController();
  let released: Promise<void> | undefined;
  const lose = (why: string) => lost.abort(new NamedError('interrupted', `the lease "${key}" ${why}`));
  void keepAlive(client, grant, lost.signal).then(lose);
  void changedUnder(store, key, revision, lost.signal).then((how) => {
    if (how === 'changed') lose('was taken away: its key was changed');
  });
  return {
    lost: lost.signal,
    fence: { key, modRevision: revision },
    release() {
      lose('was released');
      released ??= revoke(client, grant);
      return released;
    },
  };
}

/**
 * Renews the lease until `signal` aborts; resolves with the reason when it is lost. That is the case a tenth of its time
 * before etcd could give it to another, counted from when the last renewal that was answered had been sent.
 */
async function keepAlive(client: Client, { id, milliseconds, asked }: Grant, signal: AbortSignal): Promise<string> {
  let end = asked + 0.9 * milliseconds;
  let wait = milliseconds / 3;
  while (!signal.aborted) {
    await pause(Math.max(0, Math.min(wait, end - performance.now())), undefined, { signal }).catch(() => undefined);
    const sent = performance.now();
    if (sent >= end) return 'ran out: etcd could not be reached in time to renew it';
    // A fourth, so that an attempt which hangs leaves time for others.
    const renewed = await renew(client, id, Math.min(end - sent, milliseconds / 4)).catch(() => 'unknown' as const);
    if (renewed === 'gone') return 'is gone: etcd does not know it any more';
    if (renewed === 'renewed') end = sent + 0.9 * milliseconds;
    wait = milliseconds / (renewed === 'renewed' ? 3 : 20);
  }
  return 'has ended';
}

/** Ends by itself after `milliseconds`. */
function renew(client: Client, id: string, milliseconds: number): Promise<'renewed' | 'gone'> {
  return client.once(async (member) => {
    const stream = await member.leaseClient.leaseKeepAlive({ deadline: Date.now() + milliseconds });
    try {
      return await new Promise((resolve, reject) => {
        stream.on('data', ({ TTL }) => resolve(Number(TTL) > 0 ? 'renewed' : 'gone'));
        stream.on('error', reject);
        stream.on('end', () => reject(new Error('14 UNAVAILABLE: the stream ended')));
        stream.write({ ID: id });
      });
    } finally {
      stream.end();
    }
  });
}

/** When etcd cannot be reached the lease runs out by itself, so that is no failure. */
async function revoke(client: Client, { id }: Grant): Promise<void> {
  await client.once((member) => member.leaseClient.leaseRevoke({ ID: id })).catch(() => undefined);
}

function notWaiting(key: string): NamedError {
  return new NamedError('interrupted', `waiting for the lease "${key}" was ended before it was free`);
}
