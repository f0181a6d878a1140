/** The store on etcd, for more than one controller: etcd's own model, kept through lost connections and lost members. */
import { NamedError } from '../errors.ts';
import { connect } from './etcd/client.ts';
import { isCompacted, isFuture } from './etcd/errors.ts';
import { keyspace as keyspaceOf } from './etcd/keyspace.ts';
import { leases } from './etcd/lease.ts';
import { marks as marksOf } from './etcd/marks.ts';
import { checkOptions, defaultPrefix, type EtcdOptions } from './etcd/options.ts';
import { get, range } from './etcd/range.ts';
import { transact } from './etcd/transact.ts';
import { watch } from './etcd/watch.ts';
import type { Change, Store } from './store.ts';

export type { EtcdOptions } from './etcd/options.ts';

/**
 * Connects to etcd and reads once, so that wrong certificates, passwords and roles show at the start. Throws
 * `store-unavailable`, transient when etcd only has to be waited for, and `invalid-input` for options that cannot work.
 */
export async function etcdStore(options: EtcdOptions): Promise<Store> {
  checkOptions(options);
  const keyspace = keyspaceOf(options.prefix ?? defaultPrefix);
  const client = await connect(options);
  const marks = marksOf(client, keyspace);
  const closing = new AbortController();
  let closed: Promise<void> | undefined;
  const reads: Pick<Store, 'get' | 'range' | 'watch'> = {
    get: (key) => get(client, keyspace, key),
    range: (prefix, page) => range(client, keyspace, prefix, page),
    watch: follow,
  };
  const { lease, releaseAll } = leases({ client, keyspace, store: reads }, closing.signal);

  try {
    await range(client, keyspace, '', { limit: 1 });
  } catch (error) {
    client.close();
    throw error;
  }

  return {
    ...reads,
    transact: (transaction) => transact({ client, keyspace, marks }, transaction),
    compact,
    lease,
    close() {
      closed ??= shut();
      return closed;
    },
  };

  async function* follow(prefix: string, from: number, signal: AbortSignal): AsyncGenerator<Change, void> {
    yield* watch(client, keyspace, prefix, from, AbortSignal.any([signal, closing.signal]));
    if (!signal.aborted) throw new NamedError('interrupted', `the store on etcd at ${client.name} was closed`);
  }

  /** Compaction is of the whole etcd, also for others that use it; etcd's own auto-compaction does as well. */
  async function compact(revision: number): Promise<void> {
    try {
      await client.repeat((member) => member.kv.compact({ revision }));
    } catch (error) {
      const reason = error instanceof Error ? error.cause : undefined;
      if (isCompacted(reason)) return;
      if (!isFuture(reason)) throw error;
      throw new NamedError(
        'invalid-input',
        `the store has not reached revision ${revision}, so its history up to there cannot be dropped; name one it has`,
        { cause: error },
      );
    }
  }

  /** Leases first, so that another controller can take over at once. */
  async function shut(): Promise<void> {
    closing.abort();
    await releaseAll();
    await marks.close().catch(() => undefined);
    client.close();
  }
}
