/** A configuration as content-addressed texts: roster, layer index and layers. What did not change is stored once. */
import { createHash } from 'node:crypto';

import { canonicalJson, type JsonObject } from '../schema/json.ts';
import type { Configuration } from '../schema/types.generated.ts';

/** A text under the SHA-256 of what it stands for. */
export interface Blob {
  readonly digest: string;
  readonly text: string;
}

/** The part of a configuration that says who belongs to it. */
export type Members = Pick<Configuration, 'groups' | 'machines'>;

/** The digest of each level's layer; levels without settings are not in it. */
export type LayerIndex = Readonly<Record<string, string>>;

export interface ConfigurationBlobs {
  /** The digests that a revision record refers to. */
  readonly roster: string;
  readonly layers: string;
  readonly index: LayerIndex;
  /** The values by digest; they are cut into pieces only when they are stored. */
  readonly values: ReadonlyMap<string, string>;
}

/** Blobs of layers that were made already, by the layer: revisions share most of theirs. */
export type Made = WeakMap<object, Blob>;

/** `made` makes a layer that comes again, as the same object, cost nothing. */
export function blobsOf({ groups, machines, layers }: Configuration, made: Made = new WeakMap()): ConfigurationBlobs {
  const values = new Map<string, string>();
  const add = (value: object) => {
    const { digest, text } = made.get(value) ?? blobOf(value);
    made.set(value, { digest, text });
    values.set(digest, text);
    return digest;
  };
  const index = Object.fromEntries(Object.entries(layers).map(([level, layer]) => [level, add(layer)]));
  return { roster: add({ groups, machines } satisfies Members), layers: add(index), index, values };
}

function blobOf(value: object): Blob {
  const text = canonicalJson(value);
  return { digest: sha256(text), text };
}

/** The reverse of `blobsOf`; `blob` answers what it is asked for by digest. */
export async function configurationFrom(
  digests: { readonly roster: string; readonly layers: string },
  blob: (digest: string) => Promise<unknown>,
): Promise<Configuration> {
  const [members, index] = await Promise.all([blob(digests.roster), blob(digests.layers)]);
  const layers = await Promise.all(
    Object.entries(index as LayerIndex).map(
      async ([level, digest]) => [level, (await blob(digest)) as JsonObject] as const,
    ),
  );
  return { ...(members as Members), layers: Object.fromEntries(layers) };
}

/** Longer texts are cut, so that none comes near the limit of one value (1.5 MB; a character takes at most 3 bytes). */
const pieceLength = 256 * 1024;

/** Below the limits of one transaction (128 operations, 1.5 MB). */
const batchRecords = 100;
const batchBytes = 1024 * 1024;

/** The stored records of a text: itself, or its pieces and, under its own digest, the list of them. */
export function records(text: string, length = pieceLength): readonly Blob[] {
  const digest = sha256(text);
  if (text.length <= length) return [{ digest, text }];
  const pieces = cut(text, length).map((piece) => ({ digest: sha256(piece), text: piece }));
  return [...pieces, { digest, text: `+${pieces.map((piece) => piece.digest).join(' ')}` }];
}

/** Records in groups that each fit one transaction with room to spare; the same record twice is written once. */
export function batches(blobs: readonly Blob[]): readonly (readonly Blob[])[] {
  const out: Blob[][] = [];
  let bytes = Infinity;
  for (const blob of new Map(blobs.map((one) => [one.digest, one])).values()) {
    const size = Buffer.byteLength(blob.text);
    if (bytes + size > batchBytes || (out.at(-1)?.length ?? 0) >= batchRecords) {
      out.push([]);
      bytes = 0;
    }
    out.at(-1)?.push(blob);
    bytes += size;
  }
  return out;
}

/** The text behind a stored record; `read` answers the record of a digest. Throws when it is not what its digest says. */
export async function assemble(digest: string, read: (digest: string) => Promise<string>): Promise<string> {
  const record = await read(digest);
  const text = record.startsWith('+') ? (await Promise.all(record.slice(1).split(' ').map(read))).join('') : record;
  if (sha256(text) !== digest) throw new Error(`the stored text ${digest} is damaged; restore the store from a backup`);
  return text;
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function cut(text: string, length: number): readonly string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length;) {
    const end = start + length;
    // A surrogate pair stays together: half of it has no UTF-8.
    const isPair = end < text.length && /[\uD800-\uDBFF]/.test(text.charAt(end - 1));
    pieces.push(text.slice(start, isPair ? end - 1 : end));
    start = isPair ? end - 1 : end;
  }
  return pieces;
}
