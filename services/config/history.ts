/** Reads the past: configurations of revisions, and since which revision something is as it is. */
import { own, type Json, type JsonObject } from '../schema/json.ts';
import type { Configuration, Revision } from '../schema/types.generated.ts';
import { blobsOf, configurationFrom, type LayerIndex, type Members } from './blobs.ts';
import type { MemberLayers } from './fleet.ts';
import { levelsOf, memberOf } from './levels.ts';
import { same } from './merge.ts';
import { emptyConfiguration } from './operations.ts';
import { settingIn, valueOf, type Place } from './places.ts';

/** Where history is read from. Everything but the head is immutable. */
export interface Archive {
  /** A value by its digest. */
  readonly blob: (digest: string) => Promise<Json>;
  /** Revisions with smaller numbers than `before`, newest first, revision 0 included. */
  readonly page: (before: number, limit: number) => Promise<readonly Revision[]>;
}

const empty = blobsOf(emptyConfiguration);

/** The values of revision 0, which no store holds. */
export const implicitBlobs: ReadonlyMap<string, string> = empty.values;

/** The revision every history begins with. */
export const revisionZero: Revision = {
  number: 0,
  author: 'signet',
  time: '1970-01-01T00:00:00.000Z',
  comment: 'empty',
  rollout: false,
  roster: empty.roster,
  layers: empty.layers,
};

export function configurationAt(archive: Archive, revision: Revision): Promise<Configuration> {
  return configurationFrom(revision, archive.blob);
}

/** The layers of one machine at a revision, without reading those of the others. Throws `not-found` when it is no member. */
export async function memberLayers(archive: Archive, revision: Revision, machine: string): Promise<MemberLayers> {
  const { id, group } = memberOf((await archive.blob(revision.roster)) as unknown as Members, machine);
  const index = (await archive.blob(revision.layers)) as LayerIndex;
  const layers = await Promise.all(
    levelsOf(machine, group).map(async (level) => ({ level, layer: await layerIn(archive, index, level) })),
  );
  return { id, group, layers };
}

/** The revision, at or before `from`, since which the place is as it is at `from`. */
export async function lastChange(archive: Archive, from: Revision, place: Place): Promise<Revision> {
  const [since = from] = await lastChanges(archive, from, [place]);
  return since;
}

/** The same for many places, in their order, in one walk back. Digests first: what nothing touched is not read. */
export async function lastChanges(
  archive: Archive,
  from: Revision,
  places: readonly Place[],
): Promise<readonly Revision[]> {
  const found = places.map(() => from);
  let open = await Promise.all(
    places.map(async (place, index) => ({ index, place, wanted: await valueAtRevision(archive, from, place) })),
  );
  let since = from;
  while (since.number > 0 && open.length > 0) {
    for (const older of await archive.page(since.number, 100)) {
      if (older.roster !== since.roster || older.layers !== since.layers) {
        const values = await Promise.all(open.map(({ place }) => valueAtRevision(archive, older, place)));
        open = open.filter(({ wanted }, at) => same(values[at], wanted));
      }
      for (const { index } of open) found[index] = older;
      since = older;
    }
  }
  return found;
}

async function valueAtRevision(archive: Archive, revision: Revision, place: Place): Promise<Json | undefined> {
  if (place.kind !== 'setting') {
    return valueOf({ ...((await archive.blob(revision.roster)) as unknown as Members), layers: {} }, place);
  }
  const index = (await archive.blob(revision.layers)) as LayerIndex;
  return settingIn(await layerIn(archive, index, place.level), place.path);
}

async function layerIn(archive: Archive, index: LayerIndex, level: string): Promise<JsonObject> {
  const digest = own(index, level);
  return digest === undefined ? {} : ((await archive.blob(digest)) as JsonObject);
}
