/** Locks text under a passphrase and opens it again, in a worker thread: scrypt takes seconds of one core, on purpose. */
import { extname } from 'node:path';
import pLimit from 'p-limit';

import { NamedError } from '../errors.ts';
import { inThread } from '../secrets/thread.ts';

export interface Job {
  readonly kind: 'lock' | 'unlock';
  readonly text: string;
  readonly passphrase: string;
}

/** Beside this file, with its extension: .js as built, .ts where Node runs the source itself. */
const workerFile = new URL(`lock-worker${extname(import.meta.url)}`, import.meta.url);

/** The highest cost age opens, four times what is saved with, took 10 s of a core and 1.1 GB: so one file at a time. */
const seconds = 60;
const oneByOne = pLimit(1);

/** An armored age file. */
export function lock(text: string, passphrase: string): Promise<string> {
  return run({ kind: 'lock', text, passphrase });
}

/** The text of an armored age file; `wrong-passphrase` when it does not open. */
export function unlock(armored: string, passphrase: string): Promise<string> {
  return run({ kind: 'unlock', text: armored, passphrase });
}

function run(job: Job): Promise<string> {
  return oneByOne(() => inThread(job, { file: workerFile, seconds, late }));
}

function late(): NamedError {
  return new NamedError(
    'busy',
    `the private keys of the configuration file were not through key derivation after ${seconds} seconds; try again when the controller's machine has less to do`,
    { transient: true },
  );
}
