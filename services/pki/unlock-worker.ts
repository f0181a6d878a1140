/** The worker thread of `unlock.ts`: takes one job, answers once and ends. */
import { parentPort, workerData } from 'node:worker_threads';

import { NamedError } from '../errors.ts';
import { readEncryptedKey, readPkcs12, type Pkcs12 } from './pkcs12.ts';
import type { Answer, Job } from './unlock.ts';

parentPort?.postMessage(answer(workerData as Job));

function answer(job: Job): Answer {
  try {
    return { ok: true, opened: open(job) };
  } catch (error) {
    if (!(error instanceof NamedError)) throw error;
    return { ok: false, code: error.code, message: error.message, facts: error.facts };
  }
}

function open({ kind, der, password }: Job): Pkcs12 {
  return kind === 'pkcs12'
    ? readPkcs12(der, password)
    : { keys: [readEncryptedKey(der, password)], certificates: [], checked: false };
}
