/** A bounded memory of immutable things, so that reading history again costs nothing and never grows without limit. */

/**
 * Remembers what `load` answered, up to a total `size`, and forgets the oldest first. Only for what never changes under
 * its key. Concurrent calls for one key share one load; a failed load is not remembered.
 */
export function remembered<T>(
  load: (key: string) => Promise<T>,
  { limit, size }: { readonly limit: number; readonly size: (value: T) => number },
): (key: string) => Promise<T> {
  const known = new Map<string, { readonly value: Promise<T>; size: number }>();
  let total = 0;

  function forget(key: string): void {
    total -= known.get(key)?.size ?? 0;
    known.delete(key);
  }

  return (key) => {
    const found = known.get(key);
    if (found) return found.value;
    const entry = { value: load(key), size: 0 };
    known.set(key, entry);
    entry.value.then(
      (value) => {
        entry.size = size(value);
        total += entry.size;
        for (const oldest of known.keys()) {
          if (total <= limit) break;
          forget(oldest);
        }
      },
      () => known.delete(key),
    );
    return entry.value;
  };
}
