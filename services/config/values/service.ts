/** Values in the store under their digests (blobs.ts says how they are cut). Nothing but a record that names a digest makes one visible. */
import type { Json } from '../../schema/json.ts';
import { remembered } from '../../store/cache.ts';
import { keys } from '../../store/keys.ts';
import type { Store } from '../../store/store.ts';
import { assemble, batches, records, type Blob } from '../blobs.ts';
import { implicitBlobs } from '../history.ts';

export interface StoredValues {
  /** Throws when the store lacks it, or holds what its digest does not say. */
  read(digest: string): Promise<Json>;
  /** Stores those that are missing, over as many transactions as they need. */
  write(texts: readonly string[]): Promise<void>;
}

/** Read again, history costs memory, not time: layers, rosters and indexes of this many characters. */
const cacheCharacters = 32 * 1024 * 1024;

export function valuesService(store: Store): StoredValues {
  const recall = remembered(readValue, { limit: cacheCharacters, size: ({ length }) => length });

  return {
    read: async (digest) => (await recall(digest)).value,
    async write(texts) {
      for (const batch of batches(texts.flatMap((text) => records(text)))) await writeMissing(batch);
    },
  };

  async function readValue(digest: string): Promise<{ readonly value: Json; readonly length: number }> {
    const text = implicitBlobs.get(digest) ?? (await assemble(digest, readRecord));
    return { value: JSON.parse(text) as Json, length: text.length };
  }

  async function readRecord(digest: string): Promise<string> {
    const entry = await store.get(keys.blob(digest));
    if (!entry) throw new Error(`the store lacks the blob ${digest}; restore it from a backup`);
    return entry.value;
  }

  async function writeMissing(blobs: readonly Blob[]): Promise<void> {
    if (blobs.length === 0) return;
    const { applied } = await store.transact({
      compare: blobs.map(({ digest }) => ({ key: keys.blob(digest), absent: true })),
      writes: blobs.map(({ digest, text }) => ({ put: keys.blob(digest), value: text })),
    });
    if (applied) return;
    const present = await Promise.all(blobs.map(({ digest }) => store.get(keys.blob(digest))));
    await writeMissing(blobs.filter((_blob, index) => !present[index]));
  }
}
