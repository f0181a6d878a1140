/** Every SQL statement of the embedded store: the present value of each key, and the history that watches read. */
import type { Change, Entry } from '../store.ts';
import { limits } from '../store.ts';
import type { KeyRange } from '../prefix.ts';
import type { Database } from './database.ts';

export interface Head {
  readonly revision: number;
  /** History up to and including this revision is gone. */
  readonly compacted: number;
}

export interface Tables {
  head(): Head;
  setRevision(revision: number): void;
  setCompacted(revision: number): void;
  get(key: string): Entry | undefined;
  range(keys: KeyRange, limit: number): readonly Entry[];
  put(key: string, value: string, at: Place): void;
  /** Does nothing and returns false when there is no such key. */
  delete(key: string, at: Place): boolean;
  /** Changes within `keys` at the revisions from `from` on and before `to`, in order. */
  changes(keys: KeyRange, from: number, to: number): readonly Change[];
  /** Deletes at most `count` rows of history up to `revision`; returns how many it found. */
  forget(revision: number, count: number): number;
}

/** Where a write stands: its revision, and its position among the writes of that revision. */
export interface Place {
  readonly revision: number;
  readonly position: number;
}

interface HistoryRow {
  readonly id: number;
  readonly key: string;
  readonly value: string | null;
}

/** A bound behind every key: SQLite sorts any BLOB after any TEXT. */
const open = Buffer.alloc(0);

export function tables(database: Database): Tables {
  const head = database.prepare<[], Head>('SELECT revision, compacted FROM head');
  const setRevision = database.prepare<[number]>('UPDATE head SET revision = ?');
  const setCompacted = database.prepare<[number]>('UPDATE head SET compacted = ?');
  const columns = 'key, value, revision AS modRevision';
  const get = database.prepare<[string], Entry>(`SELECT ${columns} FROM present WHERE key = ?`);
  const range = database.prepare<[string, string | Buffer, number], Entry>(
    `SELECT ${columns} FROM present WHERE key >= ? AND key < ? ORDER BY key LIMIT ?`,
  );
  const put = database.prepare<[string, string, number]>(
    'INSERT INTO present VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, revision = excluded.revision',
  );
  const remove = database.prepare<[string]>('DELETE FROM present WHERE key = ?');
  const record = database.prepare<[number, string, string | null]>('INSERT INTO history VALUES (?, ?, ?)');
  const changes = database.prepare<[number, number, string, string | Buffer], HistoryRow>(
    'SELECT id, key, value FROM history WHERE id >= ? AND id < ? AND key >= ? AND key < ? ORDER BY id',
  );
  const forget = database.prepare<[number, number]>(
    'DELETE FROM history WHERE id IN (SELECT id FROM history WHERE id < ? ORDER BY id LIMIT ?)',
  );
  return {
    head: () => head.get() ?? { revision: 0, compacted: 0 },
    setRevision: (revision) => void setRevision.run(revision),
    setCompacted: (revision) => void setCompacted.run(revision),
    get: (key) => get.get(key),
    range: ({ from, to }, limit) => range.all(from, to ?? open, limit),
    put(key, value, at) {
      put.run(key, value, at.revision);
      record.run(id(at), key, value);
    },
    delete(key, at) {
      if (remove.run(key).changes === 0) return false;
      record.run(id(at), key, null);
      return true;
    },
    changes: ({ from: first, to: last }, from, to) =>
      changes
        .all(id({ revision: from, position: 0 }), id({ revision: to, position: 0 }), first, last ?? open)
        .map(change),
    forget: (revision, count) => forget.run(id({ revision: revision + 1, position: 0 }), count).changes,
  };
}

/** One number that sorts as revision and position do; a transaction has at most `limits.operations` writes. */
function id({ revision, position }: Place): number {
  return revision * limits.operations + position;
}

function change(row: HistoryRow): Change {
  const revision = Math.floor(row.id / limits.operations);
  return row.value === null
    ? { kind: 'delete', key: row.key, revision }
    : { kind: 'put', key: row.key, value: row.value, revision };
}
