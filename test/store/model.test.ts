/** The embedded store against a plain model: any sequence of operations gives what a Map would give. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';

import { embeddedStore } from '../../services/store/embedded.ts';
import type { Change, Compare, Entry, Store, Write } from '../../services/store/store.ts';
import { changes } from './changes.ts';

/** The whole store as plain data. */
interface Model {
  readonly entries: Map<string, Entry>;
  readonly log: Change[];
  revision: number;
  compacted: number;
}

interface Real {
  store: Store;
  readonly path: string;
}

const key = fc.constantFrom('a', 'a/', 'a/1', 'a/2', 'b', 'é', '😀');
const write: fc.Arbitrary<Write> = fc.oneof(
  fc.record({ put: key, value: fc.string({ unit: 'grapheme', maxLength: 8 }) }),
  fc.record({ delete: key }),
);
const writes = fc.uniqueArray(write, { maxLength: 5, selector: (one) => ('put' in one ? one.put : one.delete) });
/** What a compare asks of its key: nothing there, its present revision, or one beside it. */
const expectation = fc.record({ key, what: fc.constantFrom('absent', 'present', 'older', 'newer') });

const commands = [
  fc.tuple(fc.array(expectation, { maxLength: 3 }), writes).map(([expected, list]) => transaction(expected, list)),
  key.map((name) => read(name)),
  fc
    .record({
      prefix: fc.constantFrom('', 'a', 'a/', 'b', 'z'),
      limit: fc.integer({ min: 1, max: 4 }),
      after: fc.option(key),
    })
    .map(({ prefix, limit, after }) => page(prefix, limit, after)),
  fc
    .record({ prefix: fc.constantFrom('', 'a', 'a/'), back: fc.nat(12) })
    .map(({ prefix, back }) => watch(prefix, back)),
  fc.nat(10).map((back) => compact(back)),
  fc.constant(reopen()),
];

describe('the embedded store and a map', () => {
  it('agree after every sequence of operations', async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 40 }), async (sequence) => {
        const folder = mkdtempSync(join(tmpdir(), 'signet-model-'));
        const path = join(folder, 'store.db');
        const real: Real = { path, store: embeddedStore(path) };
        try {
          await fc.asyncModelRun(
            () => ({ model: { entries: new Map(), log: [], revision: 0, compacted: 0 }, real }),
            sequence,
          );
        } finally {
          await real.store.close();
          rmSync(folder, { recursive: true });
        }
      }),
      { numRuns: 60 },
    );
  });
});

type Command = fc.AsyncCommand<Model, Real>;

function command(name: string, run: (model: Model, real: Real) => Promise<void>): Command {
  return { check: () => true, run, toString: () => name };
}

function transaction(
  expected: readonly { readonly key: string; readonly what: string }[],
  list: readonly Write[],
): Command {
  return command(`transact ${JSON.stringify([expected, list])}`, async (model, { store }) => {
    const compare = expected.map(({ key: name, what }): Compare => {
      const present = model.entries.get(name)?.modRevision ?? 0;
      if (what === 'absent') return { key: name, absent: true };
      return { key: name, modRevision: present + (what === 'older' ? -1 : what === 'newer' ? 1 : 0) };
    });
    const holds = compare.every(
      (one) => (model.entries.get(one.key)?.modRevision ?? 0) === ('absent' in one ? 0 : one.modRevision),
    );

    const result = await store.transact({ compare, writes: list });

    if (holds) apply(model, list);
    assert.deepEqual(result, { applied: holds, revision: model.revision });
  });
}

function apply(model: Model, list: readonly Write[]): void {
  const effective = list.filter((one) => 'put' in one || model.entries.has(one.delete));
  if (effective.length === 0) return;
  model.revision += 1;
  const { revision } = model;
  for (const one of effective) {
    if ('put' in one) {
      model.entries.set(one.put, { key: one.put, value: one.value, modRevision: revision });
      model.log.push({ kind: 'put', key: one.put, value: one.value, revision });
    } else {
      model.entries.delete(one.delete);
      model.log.push({ kind: 'delete', key: one.delete, revision });
    }
  }
}

function read(name: string): Command {
  return command(`get ${name}`, async (model, { store }) => {
    assert.deepEqual(await store.get(name), model.entries.get(name));
  });
}

function page(prefix: string, limit: number, after: string | null): Command {
  return command(`range ${prefix} ${limit} ${String(after)}`, async (model, { store }) => {
    const result = await store.range(prefix, { limit, ...(after === null ? {} : { startAfter: after }) });

    const expected = [...model.entries.values()]
      .filter((entry) => entry.key.startsWith(prefix) && (after === null || bytewise(entry.key, after) > 0))
      .sort((a, b) => bytewise(a.key, b.key))
      .slice(0, limit);
    assert.deepEqual(result, { entries: expected, revision: model.revision });
  });
}

function watch(prefix: string, back: number): Command {
  return command(`watch ${prefix} ${back} back`, async (model, { store }) => {
    const from = Math.max(1, model.revision + 1 - back);
    const expected = model.log.filter((change) => change.key.startsWith(prefix) && change.revision >= from);
    if (from <= model.compacted) {
      await assert.rejects(changes(store, prefix, from, 1), { code: 'store-compacted' });
    } else if (expected.length > 0) {
      assert.deepEqual(await changes(store, prefix, from, expected.length), expected);
    }
  });
}

function compact(back: number): Command {
  return command(`compact ${back} back`, async (model, { store }) => {
    const revision = model.revision - back;

    await store.compact(revision);

    model.compacted = Math.max(model.compacted, revision);
  });
}

function reopen(): Command {
  return command('reopen', async (_model, real) => {
    await real.store.close();
    real.store = embeddedStore(real.path);
  });
}

function bytewise(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
