/** The same done for many machines, a few at once; what goes wrong with one does not stop the others. */
import pLimit from 'p-limit';

import { Failure } from './failure.ts';

/** So many machines are talked to at once. */
const atOnce = 4;

export async function each<T, R>(all: readonly T[], perform: (one: T) => Promise<R>): Promise<R[]> {
  const limit = pLimit(atOnce);
  return Promise.all(all.map((one) => limit(() => perform(one))));
}

/** What is said of a machine with which it did not work. */
export function reason(error: unknown): string {
  if (error instanceof Failure) return error.message;
  throw error;
}
