/** Watches by reading history: what is past and what is still to come are the same query, so nothing falls in between. */
import { compactedError } from '../compacted.ts';
import { keyRange } from '../prefix.ts';
import type { Change } from '../store.ts';
import type { Bell } from './bell.ts';
import type { Head, Tables } from './tables.ts';
import { breathe } from './turns.ts';

export interface Watch {
  readonly tables: Pick<Tables, 'changes'>;
  readonly changed: Bell;
  /** The present head; throws when the store can no longer be read. */
  readonly head: () => Head;
}

/** How many revisions one query looks through before the event loop has its turn again. */
const window = 200;

/** Yields the changes under `prefix` from revision `from` on until `signal` aborts. */
export async function* watch(
  { tables, changed, head }: Watch,
  prefix: string,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<Change, void> {
  const keys = keyRange(prefix);
  let next = Math.max(from, 1);
  while (!signal.aborted) {
    const { revision, compacted } = head();
    if (next <= compacted) throw compactedError(next, compacted);
    if (next > revision) {
      await changed.wait(signal);
      continue;
    }
    const end = Math.min(revision + 1, next + window);
    for (const change of tables.changes(keys, next, end)) {
      yield change;
      if (isAborted(signal)) return;
    }
    next = end;
    await breathe();
  }
}

/** A call, since the compiler would take `aborted` for constant between two reads. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
