/** Everything under a prefix, however much it is: read a page at a time, as one answer has limits. */
import type { Entry, Store } from './store.ts';

const page = 500;

/** In key order, those after the key `after` when one is given. What is written meanwhile may be in it or not. */
export async function readAll(store: Pick<Store, 'range'>, prefix: string, after?: string): Promise<readonly Entry[]> {
  const found: Entry[] = [];
  for (;;) {
    const last = found.at(-1)?.key ?? after;
    const { entries } = await store.range(prefix, {
      limit: page,
      ...(last === undefined ? {} : { startAfter: last }),
    });
    found.push(...entries);
    if (entries.length < page) return found;
  }
}
