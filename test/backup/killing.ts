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
