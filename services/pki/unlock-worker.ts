/** The worker thread of `unlock.ts`: takes one job, answers once and ends. */
import { answer } from '../secrets/thread.ts';
import { readEncryptedKey, readPkcs12, type Pkcs12 } from './pkcs12.ts';
import type { Job } from './unlock.ts';

await answer((job) => open(job as Job));

function open({ kind, der, password }: Job): Pkcs12 {
  return kind === 'pkcs12'
    ? readPkcs12(der, password)
    : { keys: [readEncryptedKey(der, password)], certificates: [], checked: false };
}
