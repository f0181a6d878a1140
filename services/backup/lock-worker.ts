/** The worker thread of `lock.ts`: takes one job, answers once and ends. */
import { answer } from '../secrets/thread.ts';
import { decrypt, encrypt } from './age.ts';
import type { Job } from './lock.ts';

await answer((job) => turn(job as Job));

function turn({ kind, text, passphrase }: Job): Promise<string> {
  return kind === 'lock' ? encrypt(text, passphrase) : decrypt(text, passphrase);
}
