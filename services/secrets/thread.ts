/** Does in a thread of its own what a passphrase makes slow on purpose, so that it does not hold up the event loop. */
import { parentPort, Worker, workerData } from 'node:worker_threads';

import { NamedError, type ErrorCode } from '../errors.ts';

export interface Thread {
  /** The worker's file; it calls `answer`. */
  readonly file: URL;
  readonly seconds: number;
  /** What is thrown when it has not answered by then. */
  readonly late: () => NamedError;
}

/** What the worker answers; an error of a class does not survive the way between threads. */
type Answer<Result> =
  | { readonly ok: true; readonly result: Result }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string; readonly facts: NamedError['facts'] };

/**
 * Gives `job` to a new thread, as a message, and returns its answer; the thread sees no environment and ends with it. Throws
 * the `NamedError` that the work throws, without its cause.
 */
export async function inThread<Result>(job: unknown, { file, seconds, late }: Thread): Promise<Result> {
  const worker = new Worker(file, {
    workerData: job,
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 128 },
  });
  const deadline = setTimeout(() => void worker.terminate(), seconds * 1000);
  try {
    const answered = await new Promise<Answer<Result>>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => reject(late()));
    });
    if (!answered.ok) throw new NamedError(answered.code, answered.message, { facts: answered.facts });
    return answered.result;
  } finally {
    clearTimeout(deadline);
  }
}

/** The worker's side: takes its one job, does `work`, and answers. */
export async function answer(work: (job: unknown) => unknown): Promise<void> {
  parentPort?.postMessage(await attempt(work));
}

async function attempt(work: (job: unknown) => unknown): Promise<Answer<unknown>> {
  try {
    return { ok: true, result: await work(workerData) };
  } catch (error) {
    if (!(error instanceof NamedError)) throw error;
    return { ok: false, code: error.code, message: error.message, facts: error.facts };
  }
}
