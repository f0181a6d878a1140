/** The embedded store: one SQLite file, one process, nothing to install. Every acknowledged commit is fsynced. */
import { NamedError } from '../errors.ts';
import { bell } from './embedded/bell.ts';
import { groupCommit } from './embedded/commit.ts';
import { openDatabase } from './embedded/database.ts';
import { failure } from './embedded/failure.ts';
import { leases } from './embedded/lease.ts';
import { tables as tablesOf } from './embedded/tables.ts';
import { breathe, turns as oneByOne } from './embedded/turns.ts';
import { watch } from './embedded/watch.ts';
import { checkTransaction } from './limits.ts';
import { keyRange, type KeyRange } from './prefix.ts';
import type { Entry, Range, RangeOptions, Store, Transaction, TransactionResult } from './store.ts';

/** Rows that are read or deleted before the event loop has its turn again: some 2 ms of work. */
const step = 256;

/**
 * Opens the store in the file `path`, and makes it (mode 0600) when there is none; its folder must exist. Throws
 * `store-locked` while another process has it open, and `store-unavailable` when it cannot be used.
 */
export function embeddedStore(path: string): Store {
  const opened = open(path);
  const { database, tables } = opened;
  const turns = oneByOne();
  const changed = bell();
  const closing = new AbortController();
  let head = opened.head;
  let unusable: NamedError | undefined;
  let closed: Promise<void> | undefined;

  const commit = groupCommit({ path, database, tables, turns, committed, broken });
  const follow: Store['watch'] = (prefix, from, signal) =>
    watch({ tables, changed, head: () => use(() => head) }, prefix, from, signal);
  const get: Store['get'] = (key) => soon(() => tables.get(key));
  const { lease, releaseAll } = leases({ get, range, transact, watch: follow }, closing.signal);

  return { get, range, transact, watch: follow, compact, lease, close };

  async function range(prefix: string, { limit = Infinity, startAfter }: RangeOptions = {}): Promise<Range> {
    const keys = keyRange(prefix, startAfter);
    const entries = await soon(() => tables.range(keys, Math.min(limit, step)));
    if (entries.length < step || limit <= step) return { entries, revision: head.revision };
    return turns.take(() => rangeInSteps(keys, limit));
  }

  /** Holds its turn to the end, so that all steps see one revision. */
  async function rangeInSteps(keys: KeyRange, limit: number): Promise<Range> {
    const entries: Entry[] = [];
    for (;;) {
      const last = entries.at(-1);
      const rest = last ? { from: `${last.key}\0`, to: keys.to } : keys;
      const page = use(() => tables.range(rest, Math.min(limit - entries.length, step)));
      entries.push(...page);
      if (page.length < step || entries.length >= limit) return { entries, revision: head.revision };
      await breathe();
    }
  }

  async function transact(transaction: Transaction): Promise<TransactionResult> {
    return soon(() => {
      checkTransaction(transaction);
      return commit(transaction);
    });
  }

  async function compact(revision: number): Promise<void> {
    await turns.take(() => use(() => compactTo(revision)));
    // What a crash leaves behind goes with the next compaction.
    while ((await turns.take(() => use(() => tables.forget(revision, step)))) === step) await breathe();
  }

  function compactTo(revision: number): void {
    if (revision > head.revision) {
      throw new NamedError(
        'invalid-input',
        `the store is at revision ${head.revision}, so its history up to ${revision} cannot be dropped; name a revision it has reached`,
      );
    }
    if (revision <= head.compacted) return;
    tables.setCompacted(revision);
    head = { ...head, compacted: revision };
  }

  function close(): Promise<void> {
    closed ??= shut();
    return closed;
  }

  /** Leases first, so that their keys do not stay; then what is queued; then the file. */
  async function shut(): Promise<void> {
    closing.abort();
    await releaseAll();
    unusable ??= new NamedError('interrupted', `the store ${path} was closed`);
    changed.ring();
    await turns.take(() => database.close());
  }

  function committed(revision: number): void {
    head = { ...head, revision };
    changed.ring();
  }

  function broken(error: NamedError): void {
    unusable = new NamedError('store-unavailable', error.message, { cause: error });
    changed.ring();
  }

  /** Runs `job` on the open database; what SQLite throws comes out in an operator's words. */
  function use<T>(job: () => T): T {
    if (unusable) throw unusable;
    try {
      return job();
    } catch (error) {
      throw failure(error, path);
    }
  }

  function soon<T>(job: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve) => {
      resolve(use(job));
    });
  }
}

/** Reads the head at once, so that a damaged file shows at the start. */
function open(path: string) {
  const database = openDatabase(path);
  try {
    const tables = tablesOf(database);
    return { database, tables, head: tables.head() };
  } catch (error) {
    database.close();
    throw failure(error, path);
  }
}
