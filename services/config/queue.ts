/** Runs one thing after the other: within one process, commits need not race each other. */

/** A queue: what it is given starts when everything given before has ended, however that ended. */
export function queue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
  };
}
