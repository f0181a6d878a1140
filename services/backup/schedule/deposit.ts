/** Puts a file where it is to stay: under another name first, read back, and only then under its own; so no half one ever has that. */
import { createHash } from 'node:crypto';

import { isNamed, NamedError } from '../../errors.ts';
import type { RemoteFolder } from '../../push/sftp.ts';

/** Answers what was read back, which is what was given. Part of it may be left under `partOf(name)` when it throws. */
export async function deposit(folder: RemoteFolder, name: string, content: Buffer): Promise<Buffer> {
  const part = partOf(name);
  try {
    await folder.create(part, content);
    const found = await folder.read(part);
    if (!found || sha256(found) !== sha256(content)) {
      throw new NamedError(
        'precondition-failed',
        `${name} was read back as something else than was written; look at the disk it is on`,
      );
    }
    await folder.rename(part, name);
    return found;
  } catch (error) {
    await folder.remove(part).catch(ifNamed);
    throw error;
  }
}

export function partOf(name: string): string {
  return `.${name}.part`;
}

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The failure before this one is the one to tell. */
function ifNamed(error: unknown): void {
  if (!isNamed(error)) throw error;
}
