/** Opens what a password protects, in a worker thread: deriving a key is meant to be slow, and must not hold up the event loop. */
import { extname } from 'node:path';

import { NamedError } from '../errors.ts';
import { inThread } from '../secrets/thread.ts';
import { maximumBytes, unlockSeconds } from './limits.ts';
import type { Pkcs12 } from './pkcs12.ts';

export type Job =
  | { readonly kind: 'pkcs12'; readonly der: Uint8Array; readonly password: string }
  | { readonly kind: 'key'; readonly der: Uint8Array; readonly password: string };

/** Beside this file, with its extension: .js as built, .ts where Node runs the source itself. */
const workerFile = new URL(`unlock-worker${extname(import.meta.url)}`, import.meta.url);

/**
 * Opens a PKCS#12 file; throws what `readPkcs12` throws, `invalid-input` over 1 MiB, and `bad-certificate` when it is not
 * open after `seconds`.
 */
export async function unlockPkcs12(der: Uint8Array, password: string, seconds = unlockSeconds): Promise<Pkcs12> {
  return await run({ kind: 'pkcs12', der, password }, seconds);
}

/** Opens an encrypted PKCS#8 key and returns it as PKCS#8 DER; throws what `readEncryptedKey` throws. */
export async function unlockKey(der: Uint8Array, password: string): Promise<Uint8Array> {
  const { keys } = await run({ kind: 'key', der, password }, unlockSeconds);
  return keys[0] ?? new Uint8Array();
}

async function run(job: Job, seconds: number): Promise<Pkcs12> {
  if (job.der.length > maximumBytes) {
    throw new NamedError(
      'invalid-input',
      `the file is over ${maximumBytes} bytes; send only the key and its certificates`,
      {
        facts: { reason: 'too-large' },
      },
    );
  }
  return inThread(job, { file: workerFile, seconds, late: () => outOfTime(seconds) });
}

function outOfTime(seconds: number): NamedError {
  return new NamedError(
    'bad-certificate',
    `the file was not open after ${seconds} seconds; export it again with fewer rounds of key derivation`,
    { facts: { reason: 'derivation-cost' } },
  );
}
