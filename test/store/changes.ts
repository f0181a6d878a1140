/** Reads a watch in a test. */
import type { Change, Store } from '../../services/store/store.ts';

/** The next `count` changes under `prefix` from `from` on; ends the watch after them. */
export async function changes(store: Store, prefix: string, from: number, count: number): Promise<readonly Change[]> {
  const stop = new AbortController();
  const found: Change[] = [];
  for await (const change of store.watch(prefix, from, stop.signal)) {
    found.push(change);
    if (found.length === count) stop.abort();
  }
  return found;
}

/** One word for each change: `+key=value@revision` or `-key@revision`. */
export function words(found: readonly Change[]): readonly string[] {
  return found.map((change) =>
    change.kind === 'put' ? `+${change.key}=${change.value}@${change.revision}` : `-${change.key}@${change.revision}`,
  );
}

/** Resolves when `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** A signal that never aborts. */
export function never(): AbortSignal {
  return new AbortController().signal;
}

export function put(key: string, value: string): { readonly put: string; readonly value: string } {
  return { put: key, value };
}

/** Writes `value` to `key` whatever is there, and returns the revision. */
export async function write(store: Store, key: string, value: string): Promise<number> {
  const { revision } = await store.transact({ compare: [], writes: [put(key, value)] });
  return revision;
}
