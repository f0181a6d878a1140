/** Runs jobs one after the other, so that a long read in steps sees one revision and a commit waits for it. */

export interface Turns {
  /** Runs `job` when every job before it has ended; a job that fails does not stop the next. */
  take<T>(job: () => T | Promise<T>): Promise<T>;
}

export function turns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return {
    take(job) {
      const result = last.then(job);
      last = result.catch(() => undefined);
      return result;
    },
  };
}

/** Lets timers, sockets and everything else that waits have its turn. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
