/** Writes files that nobody else may read unless told, whole or not at all. */
import { randomUUID } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { Failure } from './failure.ts';

/** Writes a file of mode 0600 that is there whole or not at all; one that was there before is replaced, unless it is to be kept. */
export async function writeWhole(
  file: string,
  content: string | Uint8Array,
  { keep = false, mode = 0o600 } = {},
): Promise<void> {
  const beside = join(dirname(file), `.${randomUUID()}`);
  try {
    const handle = await open(beside, 'wx', mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    // A link is not made where there is a file; a rename takes its place.
    await (keep ? link(beside, file) : rename(beside, file));
  } catch (cause) {
    const { code = 'unknown reason' } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw thereAlready(file);
    throw new Failure('failed', `${file} cannot be written (${code}); choose a place where you may write`, { cause });
  } finally {
    await rm(beside, { force: true });
  }
}

export function thereAlready(file: string): Failure {
  return new Failure('usage', `${file} is there already; name another file, or replace it with --force`);
}
