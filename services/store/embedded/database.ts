/** Opens the one file of the embedded store: created private, locked against other processes, durable on every commit. */
import { closeSync, openSync } from 'node:fs';
import Sqlite from 'better-sqlite3';

import { NamedError } from '../../errors.ts';
import { limits } from '../store.ts';
import { openFailure } from './failure.ts';

export type Database = Sqlite.Database;

/** Marks the file as Signet's ("SGNT"), so that no other program's database is taken over by mistake. */
const applicationId = 0x53474e54;
const schemaVersion = 1;

const schema = `
  CREATE TABLE present (key TEXT PRIMARY KEY, value TEXT NOT NULL, revision INTEGER NOT NULL) STRICT;
  -- id: revision * ${limits.operations} + position in its transaction; value: null where the key was deleted
  CREATE TABLE history (id INTEGER PRIMARY KEY, key TEXT NOT NULL, value TEXT) STRICT;
  CREATE TABLE head (only INTEGER PRIMARY KEY CHECK (only = 1), revision INTEGER NOT NULL, compacted INTEGER NOT NULL) STRICT;
  INSERT INTO head VALUES (1, 0, 0);
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`;

/**
 * Opens the database at `path`, and makes it when there is none. Throws `store-locked` when another process, or another
 * store in this one, has it open. The lock is the kernel's: it goes with the process, `kill -9` included.
 */
export function openDatabase(path: string): Database {
  let database: Database | undefined;
  try {
    createPrivate(path);
    database = new Sqlite(path, { timeout: 0 });
    // In WAL this holds the file's lock from the first access until it is closed, and needs no -shm file.
    database.pragma('locking_mode = EXCLUSIVE');
    refuseForeign(database, path);
    configure(database);
    if (database.pragma('user_version', { simple: true }) === 0) create(database);
    return database;
  } catch (error) {
    database?.close();
    throw openFailure(error, path);
  }
}

/**
 * SQLite gives its -wal file the mode of the database. A file that is there is not opened here: to close any descriptor of it
 * would drop the locks that this process holds on it (fcntl(2), "record locks are automatically released").
 */
function createPrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

function refuseForeign(database: Database, path: string): void {
  const id = database.pragma('application_id', { simple: true });
  const version = Number(database.pragma('user_version', { simple: true }));
  const empty = database.prepare('SELECT count(*) FROM sqlite_master').pluck().get() === 0;
  if (id !== applicationId && !(empty && id === 0)) {
    throw new NamedError(
      'store-unavailable',
      `${path} is the database of another program; give the store a file of its own`,
    );
  }
  if (version > schemaVersion) {
    throw new NamedError(
      'store-unavailable',
      `the store ${path} was written by a newer Signet (format ${version}, this one knows ${schemaVersion}); start that version, or restore a backup made before the upgrade`,
      { facts: { format: version, known: schemaVersion } },
    );
  }
}

function configure(database: Database): void {
  const journal = database.pragma('journal_mode = WAL', { simple: true });
  // better-sqlite3 is built so that a WAL database opens with synchronous=NORMAL, which loses commits on power failure.
  database.pragma('synchronous = FULL');
  const synchronous = database.pragma('synchronous', { simple: true });
  if (journal !== 'wal' || synchronous !== 2) {
    throw new Error(`sqlite runs with journal_mode ${String(journal)} and synchronous ${String(synchronous)}`);
  }
  // Removed secrets must not live on in free pages.
  database.pragma('secure_delete = ON');
  database.pragma('journal_size_limit = 67108864');
}

function create(database: Database): void {
  database.exec(`BEGIN IMMEDIATE; ${schema} COMMIT;`);
}
