/** A watch that outlives the history it began in, for those who can read again what they have missed. */
import { isNamed } from '../errors.ts';
import type { Change, Store } from './store.ts';

/** Changes up to `revision` cannot be told any more: what they came to is what the store holds by now. */
export interface Gap {
  readonly kind: 'gap';
  readonly revision: number;
}

/** As `watch`, but where history is gone it yields a gap and goes on with what comes after it. */
export async function* follow(
  store: Pick<Store, 'range' | 'watch'>,
  prefix: string,
  fromRevision: number,
  signal: AbortSignal,
): AsyncGenerator<Change | Gap, void> {
  let from = fromRevision;
  while (!signal.aborted) {
    try {
      yield* store.watch(prefix, from, signal);
      return;
    } catch (error) {
      if (!isNamed(error, 'store-compacted')) throw error;
    }
    const { revision } = await store.range(prefix, { limit: 1 });
    yield { kind: 'gap', revision };
    from = revision + 1;
  }
}
