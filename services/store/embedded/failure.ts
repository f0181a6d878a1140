/** Puts the failures of SQLite and of the file system into the words of an operator. */
import Sqlite from 'better-sqlite3';

import { NamedError } from '../../errors.ts';

/** Why the store at `path` cannot be opened; an error that is already named stays as it is. */
export function openFailure(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return unavailable(`the store ${path} cannot be made there; create its folder, or name another file`, error);
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code.startsWith('SQLITE_CANTOPEN')) {
    return unavailable(
      `the store ${path} cannot be opened; check that it is a file, and who owns it and its folder`,
      error,
    );
  }
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new NamedError(
      'store-locked',
      `the store ${path} is in use by another process; stop the other signetd, or use etcd to run more than one`,
      { facts: { path }, cause: error },
    );
  }
  return failure(error, path);
}

/** Why an operation on the open store at `path` failed; anything that is not SQLite's is a bug and stays as it is. */
export function failure(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (code === 'SQLITE_NOTADB') {
    return unavailable(`${path} is not a Signet store; name another file, or restore it from a backup`, error);
  }
  if (code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT') {
    return unavailable(
      `the disk is full, so nothing was written to the store ${path}; free some space and try again`,
      error,
    );
  }
  if (code.startsWith('SQLITE_READONLY')) {
    return unavailable(`the store ${path} is read-only for this user; check the owner and mode of the file`, error);
  }
  if (code.startsWith('SQLITE_CORRUPT')) {
    return unavailable(`the store ${path} is damaged (${code}); restore it from a backup`, error);
  }
  if (code.startsWith('SQLITE_')) {
    return unavailable(
      `the store ${path} cannot be read or written (${code}); check its disk and restart signetd`,
      error,
    );
  }
  return error;
}

/** True when a failed COMMIT leaves the transaction undone for certain. After a failed write or fsync nobody can tell. */
export function undone(error: unknown): boolean {
  return codeOf(error) === 'SQLITE_FULL';
}

function unavailable(message: string, cause: unknown): NamedError {
  return new NamedError('store-unavailable', message, { cause });
}

function codeOf(error: unknown): string {
  if (error instanceof Sqlite.SqliteError) return error.code;
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
