/** A store that reads through to another one and keeps every write to itself: for finding out what something would do. */
import type { Entry, RangeOptions, Store, Transaction, TransactionResult } from './store.ts';

/** Far above what any store counts up to, and exact as a number. */
const firstRevision = 2 ** 52;

/** Watches, leases and `close` are those of the store beneath; what is written here, they do not see. */
export function overlay(under: Store): Store {
  const written = new Map<string, Entry | undefined>();
  let revision = firstRevision;

  return { ...under, get, range, transact, compact: () => Promise.resolve(), close: () => Promise.resolve() };

  async function get(key: string): Promise<Entry | undefined> {
    return written.has(key) ? written.get(key) : under.get(key);
  }

  async function range(prefix: string, options: RangeOptions = {}) {
    const { limit, startAfter = '' } = options;
    // What is replaced or deleted here may take up room beneath.
    const below = await under.range(
      prefix,
      limit === undefined ? options : { ...options, limit: limit + written.size },
    );
    const own = [...written.values()].filter(
      (entry) => entry?.key.startsWith(prefix) && Buffer.compare(Buffer.from(entry.key), Buffer.from(startAfter)) > 0,
    ) as Entry[];
    const entries = [...below.entries.filter(({ key }) => !written.has(key)), ...own].sort((a, b) =>
      Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)),
    );
    return { entries: limit === undefined ? entries : entries.slice(0, limit), revision: below.revision };
  }

  async function transact({ compare, writes }: Transaction): Promise<TransactionResult> {
    for (const condition of compare) {
      const present = await get(condition.key);
      const holds =
        'absent' in condition ? !present === condition.absent : present?.modRevision === condition.modRevision;
      if (!holds) return { applied: false, revision };
    }
    revision += 1;
    for (const write of writes) {
      if ('put' in write) written.set(write.put, { key: write.put, value: write.value, modRevision: revision });
      else written.set(write.delete, undefined);
    }
    return { applied: true, revision };
  }
}
