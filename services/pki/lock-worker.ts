/** The worker thread of `lock.ts`: takes one job, answers once and ends. */
import { randomBytes as random } from 'node:crypto';

import { answer } from '../secrets/thread.ts';
import { writeAsn1 } from './forge.ts';
import type { LockJob } from './lock.ts';
import { shroud } from './password-protection.ts';
import { spellings } from './pkcs12-key.ts';
import { writePkcs12 } from './pkcs12-write.ts';

await answer((job) => perform(job as LockJob));

function perform(job: LockJob): Uint8Array {
  if (job.kind === 'pkcs12') return writePkcs12(job.content, { ...job, random });
  return writeAsn1(shroud(job.key, spellings(job.password)[0], 'modern', random));
}
