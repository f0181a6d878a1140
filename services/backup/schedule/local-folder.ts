/** Files in one folder of the controller's own host. */
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { NamedError } from '../../errors.ts';
import type { RemoteFolder } from '../../push/sftp.ts';

export function localFolder(folder: string): RemoteFolder {
  const path = (name: string) => join(folder, name);
  return {
    create: (name, content) =>
      attempt('written to', async () => {
        const handle = await open(path(name), 'wx', 0o600);
        try {
          await handle.writeFile(content);
          await handle.sync();
        } finally {
          await handle.close();
        }
      }),
    read: (name) =>
      attempt('read', () =>
        readFile(path(name)).catch((error: unknown) => {
          if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
          throw error;
        }),
      ),
    rename: (from, to) =>
      attempt('written to', async () => {
        await rename(path(from), path(to));
        await sync();
      }),
    remove: (name) => attempt('written to', () => rm(path(name), { force: true })),
    close: () => undefined,
  };

  /** A new name is on the disk once its folder is. */
  async function sync(): Promise<void> {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async function attempt<T>(what: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (cause) {
      const { code = 'unknown reason' } = cause as NodeJS.ErrnoException;
      const why = reasons[code] ?? code;
      throw new NamedError('precondition-failed', `${folder} cannot be ${what}: ${why}`, { cause });
    }
  }
}

const full = 'the disk is full; make room there';
const denied = 'the controller may not; let its user write there';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it is not there; make it, or name another one',
  ENOTDIR: 'it is no directory; name another one',
  EACCES: denied,
  EPERM: denied,
  EROFS: 'its file system is read-only; name another one',
  ENOSPC: full,
  EDQUOT: full,
};
