/** Notices that the key of a held lease was changed under its holder, by an operator or a bug. */
import { isNamed } from '../errors.ts';
import { follow } from './follow.ts';
import type { Change, Store } from './store.ts';

/** Resolves when `key` is no longer as it was written at `revision`, or that cannot be told; ends quietly with `signal`. */
export async function changedUnder(
  store: Pick<Store, 'get' | 'range' | 'watch'>,
  key: string,
  revision: number,
  signal: AbortSignal,
): Promise<'changed' | 'ended'> {
  try {
    for await (const change of follow(store, key, revision + 1, signal)) {
      const changed = change.kind === 'gap' ? (await store.get(key))?.modRevision !== revision : isOf(change, key);
      if (changed) return 'changed';
    }
    return 'ended';
  } catch (error) {
    // The store is closing: it releases its leases itself.
    return signal.aborted || isNamed(error, 'interrupted') ? 'ended' : 'changed';
  }
}

/** A watch on a key is one on a prefix, and longer keys start with it too. */
function isOf(change: Change, key: string): boolean {
  return change.key === key;
}
