/** The controller's own folder: who may read it, and the small files it leaves there for people. */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { NamedError } from '../errors.ts';

/** Makes the folder, for its owner only. Another controller may be running in it: only the store tells. */
export function openState(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
  } catch (cause) {
    throw new NamedError(
      'invalid-input',
      `the state folder ${folder} cannot be made; give another with --state, or run as a user who may`,
      { cause },
    );
  }
}

/** Writes a secret for the owner only. The mode is set before the text is there. */
export function writePrivate(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  rmSync(path, { force: true });
  writeFileSync(path, `${text}\n`, { mode: 0o600, flag: 'wx' });
  return path;
}

/** Says where the API is, for scripts that start a controller on a port of the system's choice. */
export function announce(folder: string, url: string): void {
  writeFileSync(join(folder, 'url'), `${url}\n`, { mode: 0o644 });
}

/** Forgets where a controller listened: the one before this one, or this one when it ends. */
export function unannounce(folder: string): void {
  rmSync(join(folder, 'url'), { force: true });
}
