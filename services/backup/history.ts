/** Earlier revisions in a configuration file: each as what changed since the one before, over values named by their digests. Pure. */
import { blobsOf, configurationFrom, type ConfigurationBlobs, type LayerIndex, type Made } from '../config/blobs.ts';
import { NamedError } from '../errors.ts';
import type { JsonObject } from '../schema/json.ts';
import type { Configuration, ConfigurationHistory, Revision } from '../schema/types.generated.ts';

export interface Past {
  readonly revision: Revision;
  readonly configuration: Configuration;
}

/** As it comes out of a file. */
export interface Unpacked extends Past {
  readonly values: ConfigurationBlobs;
}

/** `past` is oldest first. A level that did not change takes no room, so that many revisions of a large fleet stay small. */
export async function packed(past: AsyncIterable<Past>): Promise<ConfigurationHistory> {
  const revisions = [];
  const blobs = new Map<string, JsonObject>();
  const made: Made = new WeakMap();
  let before: LayerIndex = {};
  for await (const { revision, configuration } of past) {
    const { roster, index, values } = blobsOf(configuration, made);
    const changed: Record<string, string | null> = {};
    for (const [level, digest] of Object.entries(index)) if (before[level] !== digest) changed[level] = digest;
    for (const level of Object.keys(before)) if (!Object.hasOwn(index, level)) changed[level] = null;
    for (const digest of [roster, ...Object.values(changed)]) {
      if (digest !== null && !blobs.has(digest))
        blobs.set(digest, JSON.parse(values.get(digest) ?? '{}') as JsonObject);
    }
    revisions.push({ revision, changed });
    before = index;
  }
  const sorted = [...blobs].sort(([a], [b]) => (a < b ? -1 : 1));
  return { revisions, blobs: Object.fromEntries(sorted) };
}

/** Throws `invalid-input` when a value is missing, or is not what its digest says. */
export async function* unpacked({ revisions, blobs }: ConfigurationHistory): AsyncGenerator<Unpacked> {
  const made: Made = new WeakMap();
  const index = new Map<string, string>();
  for (const { revision, changed } of revisions) {
    for (const [level, digest] of Object.entries(changed)) {
      if (digest === null) index.delete(level);
      else index.set(level, digest);
    }
    const layers: LayerIndex = Object.fromEntries(index);
    const configuration = await configurationFrom(revision, (digest) => {
      const found = digest === revision.layers ? layers : blobs[digest];
      return found === undefined ? Promise.reject(damaged(revision)) : Promise.resolve(found);
    });
    const values = blobsOf(configuration, made);
    if (values.roster !== revision.roster || values.layers !== revision.layers) throw damaged(revision);
    yield { revision, configuration, values };
  }
}

function damaged({ number }: Revision): NamedError {
  return new NamedError(
    'invalid-input',
    `revision ${number} in the history of the configuration file is not what its digests say; the file was changed or damaged; take another copy of it`,
  );
}
