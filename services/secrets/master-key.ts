/** The master key as a file: 32 random bytes in base64, readable by its owner alone, or a systemd credential. */
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fstatSync, fsyncSync, openSync, readFileSync, writeSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';

import { NamedError } from '../errors.ts';

const size = 32;

/** The name of the systemd credential (`LoadCredential=signet-master-key:...` in a unit). */
export const credentialName = 'signet-master-key';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the master key is: the systemd credential when the unit has one, otherwise `path`. */
export function masterKeyPath(path: string, environment: Environment = process.env): string {
  const folder = environment['CREDENTIALS_DIRECTORY'];
  const credential = folder === undefined ? undefined : join(folder, credentialName);
  return credential !== undefined && existsSync(credential) ? credential : path;
}

/** Writes a new master key to `path` (mode 0600) and to the disk, and returns it; throws `already-exists` over an old one. */
export function createMasterKey(path: string, bytes: Uint8Array = randomBytes(size)): Uint8Array {
  if (bytes.length !== size) throw new Error(`a master key has ${size} bytes`);
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (cause) {
    throw creationFailure(path, cause);
  }
  try {
    writeSync(file, `${Buffer.from(bytes).toString('base64')}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  syncFolder(dirname(path));
  return bytes;
}

/** Reads the master key from `path`; refuses a file that others than its owner may read or change. */
export function readMasterKey(path: string, environment: Environment = process.env): Uint8Array {
  const { text, stats } = readFile(path);
  if (!stats.isFile()) throw new NamedError('invalid-input', `${path} is not a file; give the path of the master key`);
  // systemd gives the service's user access to a credential through an ACL, which shows as group bits.
  const tolerated = dirname(path) === environment['CREDENTIALS_DIRECTORY'] ? 0o040 : 0;
  if ((stats.mode & 0o077 & ~tolerated) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
    throw new NamedError(
      'invalid-input',
      `the master key ${path} may be read or changed by others (mode ${mode}); run chmod 600 ${path}, and rotate the key if it was seen`,
      { facts: { path, mode } },
    );
  }
  return decode(text, path);
}

function readFile(path: string): { readonly text: string; readonly stats: Stats } {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') {
      throw new NamedError(
        'not-found',
        `there is no master key at ${path}; bring it back from where you keep it, since without it no private key in the store can be read`,
        { facts: { path }, cause },
      );
    }
    throw new NamedError('invalid-input', `the master key ${path} cannot be read; check the owner of the file`, {
      cause,
    });
  }
  try {
    const stats = fstatSync(file);
    return { stats, text: stats.isFile() ? readFileSync(file, 'latin1') : '' };
  } finally {
    closeSync(file);
  }
}

function decode(text: string, path: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  // Buffer skips what is not base64, so the text is made again and compared.
  const same = bytes.toString('base64').replace(/=$/, '') === text.trim().replace(/=$/, '');
  if (same && bytes.length === size) return bytes;
  throw new NamedError(
    'invalid-input',
    `${path} does not hold a master key, which is ${size} bytes in base64; name the right file`,
    { facts: { path } },
  );
}

function creationFailure(path: string, cause: unknown): NamedError {
  if (codeOf(cause) === 'EEXIST') {
    return new NamedError('already-exists', `there is a file at ${path} already; a master key never replaces one`, {
      facts: { path },
    });
  }
  return new NamedError('invalid-input', `a master key cannot be written to ${path}; check the folder and its owner`, {
    cause,
  });
}

/** Makes the new name itself survive a power failure (fsync(2): "the directory containing the file"). */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
