/** Leases among the callers of one process: the lock on the store's file already keeps every other process away. */
import { NamedError } from '../../errors.ts';
import { changedUnder } from '../lease-loss.ts';
import type { Lease, Store } from '../store.ts';

export interface Leases {
  readonly lease: Store['lease'];
  readonly releaseAll: () => Promise<void>;
}

/** `closing` aborts when the store is about to close: who still waits for a lease is sent away. */
export function leases(store: Pick<Store, 'get' | 'range' | 'transact' | 'watch'>, closing: AbortSignal): Leases {
  // A key is in here while its lease is held, with those who wait for it in order.
  const waiting = new Map<string, (() => void)[]>();
  const held = new Set<Lease>();

  return {
    async lease(key, holder, _ttlSeconds, signal) {
      await turn(key, AbortSignal.any([signal, closing]));
      try {
        return await take(key, holder);
      } catch (error) {
        passOn(key);
        throw error;
      }
    },
    async releaseAll() {
      await Promise.allSettled([...held].map((lease) => lease.release()));
    },
  };

  function turn(key: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(notWaiting(key));
        return;
      }
      const queue = waiting.get(key);
      if (!queue) {
        waiting.set(key, []);
        resolve();
        return;
      }
      const start = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        queue.splice(queue.indexOf(start), 1);
        reject(notWaiting(key));
      };
      signal.addEventListener('abort', leave, { once: true });
      queue.push(start);
    });
  }

  function passOn(key: string): void {
    const next = waiting.get(key)?.shift();
    if (next) next();
    else waiting.delete(key);
  }

  /** Overwrites what is there: a key left behind by a process that was killed binds nobody. */
  async function take(key: string, holder: string): Promise<Lease> {
    const { revision } = await store.transact({
      compare: [],
      writes: [{ put: key, value: JSON.stringify({ holder }) }],
    });
    const fence = { key, modRevision: revision };
    const lost = new AbortController();
    const lose = (why: NamedError) => {
      if (lost.signal.aborted) return;
      lost.abort(why);
      held.delete(lease);
      passOn(key);
    };
    const lease: Lease = {
      lost: lost.signal,
      fence,
      async release() {
        if (lost.signal.aborted) return;
        try {
          await store.transact({ compare: [fence], writes: [{ delete: key }] });
        } finally {
          lose(new NamedError('interrupted', `the lease "${key}" was released`));
        }
      },
    };
    held.add(lease);
    void changedUnder(store, key, revision, lost.signal).then((how) => {
      if (how === 'changed')
        lose(new NamedError('interrupted', `the lease "${key}" was taken away: its key was changed`));
    });
    return lease;
  }
}

function notWaiting(key: string): NamedError {
  return new NamedError('interrupted', `waiting for the lease "${key}" was ended before it was free`);
}
