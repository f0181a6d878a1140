/** A store whose process is killed at a write. */
import type { Store } from '../../services/store/store.ts';

/** Refuses every write from the nth on, counted from when that was said: like a process that was killed there. */
export function killing() {
  let [count, nth] = [0, Infinity];
  return {
    at(n: number) {
      [count, nth] = [0, n];
    },
    count: () => count,
    wrap: (store: Store): Store => ({
      ...store,
      transact(transaction) {
        count += 1;
        return count < nth ? store.transact(transaction) : Promise.reject(new Error('killed'));
      },
    }),
  };
}

/** Refuses every write from the first on that puts `key`, until it is revived. */
export function killedAt(key: string) {
  let [isHit, isRevived] = [false, false];
  return {
    isHit: () => isHit,
    revive: () => {
      isRevived = true;
    },
    wrap: (store: Store): Store => ({
      ...store,
      transact(transaction) {
        isHit ||= transaction.writes.some((write) => 'put' in write && write.put === key);
        return isHit && !isRevived ? Promise.reject(new Error('killed')) : store.transact(transaction);
      },
    }),
  };
}
