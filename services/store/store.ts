/**
 * The contract every store keeps: keys with a modification revision, transactions with compare, prefix reads and watch.
 * It is etcd's model, with etcd's limits, so that both implementations behave alike (one contract suite runs on both).
 */

export interface Entry {
  readonly key: string;
  /** UTF-8 text; records are JSON. */
  readonly value: string;
  /** The store's revision at which this key was last written. */
  readonly modRevision: number;
}

/** A condition on one key. `absent`: the key does not exist; `modRevision`: it was last written at exactly that revision. */
export type Compare =
  { readonly key: string; readonly absent: true } | { readonly key: string; readonly modRevision: number };

/** That a key is still as it was read: with this entry, or absent. */
export function unchanged(key: string, entry: Entry | undefined): Compare {
  return entry ? { key, modRevision: entry.modRevision } : { key, absent: true };
}

export type Write = { readonly put: string; readonly value: string } | { readonly delete: string };

export interface Transaction {
  readonly compare: readonly Compare[];
  readonly writes: readonly Write[];
}

/** `applied: false` means a compare did not hold and nothing was written. */
export interface TransactionResult {
  readonly applied: boolean;
  readonly revision: number;
}

export interface Range {
  readonly entries: readonly Entry[];
  /** The revision at which the range was read; watch from `revision + 1` misses nothing. */
  readonly revision: number;
}

export interface RangeOptions {
  /** At most this many entries; the next page starts after the last key of this one. */
  readonly limit?: number;
  readonly startAfter?: string;
}

export type Change =
  | { readonly kind: 'put'; readonly key: string; readonly value: string; readonly revision: number }
  | { readonly kind: 'delete'; readonly key: string; readonly revision: number };

/**
 * A held lease. `lost` aborts as soon as the holder can no longer be sure to be the only one, before anyone else can have it,
 * and at `release`. A process that was stopped for a while learns it late, so writes that matter carry the fence as well.
 */
export interface Lease {
  readonly lost: AbortSignal;
  /** True only while the lease is held; add it to a transaction to fence the write. */
  readonly fence: Compare;
  release(): Promise<void>;
}

export interface Store {
  get(key: string): Promise<Entry | undefined>;

  /** Entries whose key starts with `prefix`, in key order (bytewise). */
  range(prefix: string, options?: RangeOptions): Promise<Range>;

  /**
   * Applies all writes at one new revision if every compare holds. When it resolves with `applied: true` the writes are
   * durable (fsynced; a majority in etcd), and no transaction is ever applied twice. Throws `store-limit` before sending
   * anything over the limits, for two writes to one key as well; `store-unavailable` (transient) when it was not applied and
   * never will be; and `outcome-unknown` when the connection was lost and the outcome could not be established afterwards.
   */
  transact(transaction: Transaction): Promise<TransactionResult>;

  /**
   * Changes under `prefix` from `fromRevision` on, in order, none missed, across reconnects, until `signal` aborts; then it
   * ends without an error. However slow its reader is, nothing piles up in memory.
   * Throws `store-compacted` when `fromRevision` is gone: read the range again and watch from there.
   */
  watch(prefix: string, fromRevision: number, signal: AbortSignal): AsyncIterable<Change>;

  /** Forgets history up to `revision`; the present value of every key stays. */
  compact(revision: number): Promise<void>;

  /**
   * Waits until the lease at `key` is free, takes it for `holder`, and keeps it alive until released or lost. While it is held
   * the key holds `{"holder": ...}`. Throws `interrupted` when `signal` aborts while waiting.
   */
  lease(key: string, holder: string, ttlSeconds: number, signal: AbortSignal): Promise<Lease>;

  /** Gives back the leases, finishes what is under way and frees the store. Whatever is asked afterwards throws `interrupted`. */
  close(): Promise<void>;
}

/** etcd's defaults (`--max-txn-ops`, `--max-request-bytes`), held everywhere. */
export const limits = { operations: 128, bytes: 1.5 * 1024 * 1024 } as const;
