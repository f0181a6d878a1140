/** Puts keys under a password, in a worker thread: the other direction of `unlock.ts`. */
import { extname } from 'node:path';

import { NamedError } from '../errors.ts';
import { inThread } from '../secrets/thread.ts';
import { unlockSeconds } from './limits.ts';
import type { Protection } from './password-protection.ts';
import type { Pkcs12Content } from './pkcs12-write.ts';

export type LockJob =
  | {
      readonly kind: 'pkcs12';
      readonly content: Pkcs12Content;
      readonly password: string;
      readonly protection: Protection;
    }
  | { readonly kind: 'key'; readonly key: Uint8Array; readonly password: string };

/** Beside this file, with its extension: .js as built, .ts where Node runs the source itself. */
const workerFile = new URL(`lock-worker${extname(import.meta.url)}`, import.meta.url);

/** A PKCS#12 file (RFC 7292), DER. */
export function lockPkcs12(content: Pkcs12Content, password: string, protection: Protection): Promise<Uint8Array> {
  return run({ kind: 'pkcs12', content, password, protection });
}

/** A PKCS#8 key encrypted with PBES2 (RFC 5958 3), DER. */
export function lockKey(key: Uint8Array, password: string): Promise<Uint8Array> {
  return run({ kind: 'key', key, password });
}

function run(job: LockJob): Promise<Uint8Array> {
  return inThread(job, { file: workerFile, seconds: unlockSeconds, late });
}

function late(): NamedError {
  return new NamedError(
    'busy',
    `the key was not encrypted within ${unlockSeconds} seconds; try again when there is less to do`,
    {
      transient: true,
    },
  );
}
