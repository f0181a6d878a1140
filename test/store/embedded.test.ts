/** What is particular to the embedded store: its file, its lock, and what is left after a crash. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';

import { isNamed, type ErrorCode, type NamedError } from '../../services/errors.ts';
import { groupCommit } from '../../services/store/embedded/commit.ts';
import { openDatabase, type Database } from '../../services/store/embedded/database.ts';
import { tables } from '../../services/store/embedded/tables.ts';
import { turns } from '../../services/store/embedded/turns.ts';
import { embeddedStore } from '../../services/store/embedded.ts';
import { changes, put, write } from './changes.ts';
import { temporaryFolder } from './folder.ts';

const writerFile = fileURLToPath(new URL('writer.js', import.meta.url));
const asRoot = process.getuid?.() === 0;

describe('the embedded store', () => {
  it('makes its file for its owner alone, and the log beside it too', async (test) => {
    const path = join(temporaryFolder(test), 'store.db');
    const store = embeddedStore(path);
    test.after(() => store.close());

    await write(store, 'a', '1');

    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(`${path}-wal`).mode & 0o777, 0o600);
  });

  it('syncs every commit, also after it was opened again', (test) => {
    const path = join(temporaryFolder(test), 'store.db');
    for (const time of ['first', 'second']) {
      const database = openDatabase(path);
      assert.equal(database.pragma('synchronous', { simple: true }), 2, `${time} time`);
      assert.equal(database.pragma('journal_mode', { simple: true }), 'wal', `${time} time`);
      database.close();
    }
  });

  it('has everything back after it was closed and opened again', async (test) => {
    const path = join(temporaryFolder(test), 'store.db');
    const first = embeddedStore(path);
    const revision = await write(first, 'a', '1');
    await write(first, 'b', '2');
    await first.compact(revision);
    await first.close();

    const second = embeddedStore(path);
    test.after(() => second.close());

    assert.deepEqual(
      (await second.range('')).entries.map(({ key, value }) => `${key}=${value}`),
      ['a=1', 'b=2'],
    );
    await assert.rejects(changes(second, '', revision, 1), { code: 'store-compacted' });
    assert.equal((await changes(second, '', revision + 1, 1))[0]?.key, 'b');
    assert.equal(await write(second, 'c', '3'), revision + 2);
  });

  it('commits what waits together, each transaction with its own compare and revision', async (test) => {
    const path = join(temporaryFolder(test), 'store.db');
    const store = embeddedStore(path);
    test.after(() => store.close());

    const results = await Promise.all(
      Array.from({ length: 600 }, (_, n) =>
        store.transact({ compare: [{ key: `k/${n % 300}`, absent: true }], writes: [put(`k/${n % 300}`, `${n}`)] }),
      ),
    );

    const applied = results.filter((result) => result.applied);
    assert.equal(applied.length, 300);
    assert.equal(new Set(applied.map(({ revision }) => revision)).size, 300);
    assert.ok((await store.range('k/')).entries.every(({ value }) => Number(value) < 300));
  });

  it('loses no acknowledged revision to kill -9 during group commits', { timeout: 60_000 }, async (test) => {
    const path = join(temporaryFolder(test), 'store.db');
    const acknowledged = new Map<string, number>();
    for (const run of ['one', 'two', 'three', 'four']) {
      const writer = startWriter(path, run);
      const printed = output(writer);
      await until(() => printed().length > 8_000);
      const exited = once(writer, 'exit');
      writer.kill('SIGKILL');
      await exited;
      // The last line may have been cut short by the kill.
      for (const line of printed().split('\n').slice(1, -1)) {
        const [key = '', revision] = line.split(' ');
        acknowledged.set(key, Number(revision));
      }
    }

    const store = embeddedStore(path);
    test.after(() => store.close());

    assert.ok(acknowledged.size > 500, `${acknowledged.size} acknowledged`);
    const present = new Map((await store.range('')).entries.map((entry) => [entry.key, entry]));
    for (const [key, revision] of acknowledged) {
      assert.equal(present.get(key)?.modRevision, revision);
      assert.deepEqual(present.get(`twin/${key}`), { key: `twin/${key}`, value: key, modRevision: revision });
    }
    const history = await changes(store, '', 1, present.size);
    assert.deepEqual(new Set(history.map(({ key }) => key)), new Set(present.keys()));
  });

  it('refuses a store that another process has open, and takes it once that was killed', async (test) => {
    const path = join(temporaryFolder(test), 'store.db');
    const writer = startWriter(path, 'other');
    test.after(() => writer.kill('SIGKILL'));
    const printed = output(writer);
    await until(() => printed().startsWith('open'));

    const refused = failureOf(() => embeddedStore(path));
    const exited = once(writer, 'exit');
    writer.kill('SIGKILL');
    await exited;
    const store = embeddedStore(path);

    assert.equal(refused.code, 'store-locked');
    assert.match(refused.message, new RegExp(`${path} is in use by another process; stop the other signetd`));
    await store.close();
  });

  it('refuses a second store on the same file in the same process, and keeps the lock of the first', async (test) => {
    const path = join(temporaryFolder(test), 'store.db');
    const store = embeddedStore(path);
    test.after(() => store.close());

    assert.equal(failureOf(() => embeddedStore(path)).code, 'store-locked');

    const writer = startWriter(path, 'other');
    const [code] = (await once(writer, 'exit')) as [number];
    assert.equal(code, 1, 'another process must still be kept out');
    await write(store, 'a', '1');
  });

  it('takes over a lease that a killed process held', async (test) => {
    const path = join(temporaryFolder(test), 'store.db');
    const first = embeddedStore(path);
    await write(first, 'leader', '{"holder":"a process that was killed"}');
    await first.close();

    const store = embeddedStore(path);
    test.after(() => store.close());
    const lease = await store.lease('leader', 'one', 10, AbortSignal.timeout(5_000));

    assert.equal((await store.get('leader'))?.value, '{"holder":"one"}');
    await lease.release();
  });

  it('says what is wrong with a file that is no store', (test) => {
    const folder = temporaryFolder(test);
    const at = (name: string) => join(folder, name);
    writeFileSync(at('text'), 'not a database at all, '.repeat(50));
    new Sqlite(at('foreign')).exec('CREATE TABLE recipes (name TEXT)').close();
    const newer = openDatabase(at('newer'));
    newer.pragma('user_version = 99');
    newer.close();
    mkdirSync(at('folder'));

    for (const [name, sentence] of [
      ['text', 'is not a Signet store; name another file'],
      ['foreign', 'is the database of another program; give the store a file of its own'],
      ['newer', 'was written by a newer Signet (format 99, this one knows 1)'],
      ['folder', 'cannot be opened; check that it is a file'],
      ['missing/store.db', 'cannot be made there; create its folder'],
    ] as const) {
      const failure = failureOf(() => embeddedStore(at(name)));
      assert.equal(failure.code, 'store-unavailable', name);
      assert.ok(failure.message.includes(at(name)), failure.message);
      assert.ok(failure.message.includes(sentence), failure.message);
    }
    assert.equal(readFileSync(at('text'), 'utf8').slice(0, 14), 'not a database');
    assert.equal(new Sqlite(at('foreign')).pragma('journal_mode', { simple: true }), 'delete', 'left as it was');
  });

  it('says that it was damaged', async (test) => {
    const path = join(temporaryFolder(test), 'store.db');
    const first = embeddedStore(path);
    await Promise.all(Array.from({ length: 200 }, (_, n) => write(first, `k/${n}`, 'x'.repeat(500))));
    await first.close();
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0xa5, 8_192));

    const failure = await failureOfAsync(async () => {
      const store = embeddedStore(path);
      test.after(() => store.close());
      await store.range('');
    });

    assert.equal(failure.code, 'store-unavailable');
    assert.match(failure.message, /is damaged \(SQLITE_CORRUPT.*restore it from a backup/);
  });

  it('refuses a file that this user may not open', (test) => {
    const path = join(temporaryFolder(test), 'store.db');
    writeFileSync(path, '');
    chmodSync(path, 0);
    // Root may open every file, so root becomes nobody for a moment.
    if (asRoot) process.seteuid?.(65_534);
    try {
      assert.match(
        failureOf(() => embeddedStore(path)).message,
        /cannot be opened; check that it is a file, and who owns/,
      );
    } finally {
      if (asRoot) process.seteuid?.(0);
    }
  });

  it('says that an outcome is unknown when the disk fails during a commit, and is not used any more', async (test) => {
    const path = join(temporaryFolder(test), 'store.db');
    const database = openDatabase(path);
    test.after(() => database.close());
    let broken: NamedError | undefined;
    const commit = groupCommit({
      path,
      database: failingToCommit(database),
      tables: tables(database),
      turns: turns(),
      committed: () => assert.fail('nothing was committed'),
      broken: (error) => (broken = error),
    });

    const results = await Promise.allSettled(['a', 'b'].map((key) => commit({ compare: [], writes: [put(key, '1')] })));

    assert.deepEqual(
      results.map((result) => result.status === 'rejected' && isNamed(result.reason, 'outcome-unknown')),
      [true, true],
    );
    assert.match(
      broken?.message ?? '',
      /could not confirm that a change is on the disk; check the disk, restart signetd/,
    );
    assert.equal(database.inTransaction, false);
  });

  it(
    'keeps what it has when the disk is full, and goes on when there is space again',
    { skip: !asRoot && 'needs root to mount a small disk' },
    async (test) => {
      const folder = join(temporaryFolder(test), 'disk');
      mkdirSync(folder);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
      const store = embeddedStore(join(folder, 'store.db'));
      try {
        await write(store, 'a', '1');
        writeFileSync(join(folder, 'ballast'), Buffer.alloc(400_000));

        const failure = await failureOfAsync(async () => {
          for (let n = 0; n < 100; n++) await write(store, `big/${n}`, 'x'.repeat(100_000));
        });
        const { entries } = await store.range('');
        writeFileSync(join(folder, 'ballast'), '');
        await write(store, 'a', '2');

        assert.equal(failure.code, 'store-unavailable');
        assert.match(failure.message, /the disk is full, so nothing was written to the store .*; free some space/);
        assert.deepEqual((await store.range('big/')).entries, entries.slice(1));
        assert.equal((await store.get('a'))?.value, '2');
      } finally {
        await store.close();
        execFileSync('umount', [folder]);
      }
    },
  );

  it('leaves nothing of a deleted value in its file once history is compacted', async (test) => {
    const folder = temporaryFolder(test);
    const path = join(folder, 'store.db');
    const store = embeddedStore(path);
    const marker = 'zyxwvutsrqponmlk'.repeat(20);
    await write(store, 'a', marker);
    const { revision } = await store.transact({ compare: [], writes: [{ delete: 'a' }] });
    await store.compact(revision);
    await store.close();

    assert.equal(readFileSync(path).includes(marker.slice(0, 16)), false);
  });

  it('can be read from a copy of its file and log while it is open', async (test) => {
    const folder = temporaryFolder(test);
    const store = embeddedStore(join(folder, 'store.db'));
    test.after(() => store.close());
    await write(store, 'a', '1');

    for (const end of ['', '-wal']) copyFileSync(join(folder, `store.db${end}`), join(folder, `copy.db${end}`));
    const copy = embeddedStore(join(folder, 'copy.db'));

    assert.equal((await copy.get('a'))?.value, '1');
    await copy.close();
  });
});

/** The same database on a disk whose fsync fails. */
function failingToCommit(database: Database): Database {
  return new Proxy(database, {
    get(target, name) {
      if (name !== 'exec') return Reflect.get(target, name, target) as unknown;
      return (sql: string) => {
        if (sql === 'COMMIT') throw new Sqlite.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC');
        return target.exec(sql);
      };
    },
  });
}

interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

function failureOf(job: () => unknown): Failure {
  try {
    job();
  } catch (error) {
    if (isNamed(error)) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

async function failureOfAsync(job: () => Promise<unknown>): Promise<Failure> {
  try {
    await job();
  } catch (error) {
    if (isNamed(error)) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

function startWriter(path: string, run: string): ChildProcess {
  return spawn(process.execPath, [writerFile, path, run], { stdio: ['ignore', 'pipe', 'ignore'] });
}

function output(child: ChildProcess): () => string {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  return () => text;
}

async function until(condition: () => boolean): Promise<void> {
  for (let n = 0; n < 2_000; n++) {
    if (condition()) return;
    await pause(10);
  }
  throw new Error('waited too long');
}
