/** The history of configurations in the store: the head, the revisions before it, and the one way to a new head. */
import { auditWrites } from '../../audit/service.ts';
import { NamedError } from '../../errors.ts';
import { parse } from '../../schema/parse.ts';
import type { Configuration, Revision } from '../../schema/types.generated.ts';
import { keys } from '../../store/keys.ts';
import { unchanged, type Entry, type Store } from '../../store/store.ts';
import type { ConfigurationBlobs, LayerIndex } from '../blobs.ts';
import type { Head } from '../commit.ts';
import { configurationAt, revisionZero, type Archive } from '../history.ts';
import type { StoredValues } from '../values/service.ts';

/** The head with the record that a commit compares; none before the first commit. */
export interface StoredHead extends Head {
  readonly entry: Entry | undefined;
}

export interface Revisions {
  readonly archive: Archive;
  /** Number 0, the empty configuration, before the first commit. */
  head(): Promise<Revision>;
  headWithConfiguration(): Promise<StoredHead>;
  /** Throws `not-found`. */
  revision(number: number): Promise<Revision>;
  configuration(number: number): Promise<Configuration>;
  /** Stores the values that `known` does not refer to: until a revision refers to them nobody sees them. */
  save(blobs: ConfigurationBlobs, known: Revision): Promise<void>;
  /** Puts the revision in place of the head if that is still the head, and ends the draft; false when one of them changed. */
  swap(head: StoredHead, next: Revision, draft: Entry | undefined): Promise<boolean>;
}

export function revisionsService(store: Store, values: StoredValues): Revisions {
  const archive: Archive = { blob: values.read, page };

  return {
    archive,
    head: async () => (await readHead()).revision,
    headWithConfiguration,
    revision,
    configuration: async (number) => configurationAt(archive, await revision(number)),
    save,
    swap,
  };

  async function readHead(): Promise<{ readonly revision: Revision; readonly entry: Entry | undefined }> {
    const entry = await store.get(keys.head);
    return { entry, revision: await revision(entry ? Number(entry.value) : 0) };
  }

  async function headWithConfiguration(): Promise<StoredHead> {
    const head = await readHead();
    return { ...head, configuration: await configurationAt(archive, head.revision) };
  }

  async function revision(number: number): Promise<Revision> {
    if (number === 0) return revisionZero;
    const entry = await store.get(keys.revision(number));
    if (!entry) throw new NamedError('not-found', `there is no revision ${number}; see the list of revisions`);
    return readRevision(entry);
  }

  async function page(before: number, limit: number): Promise<readonly Revision[]> {
    const after = Math.max(0, before - limit - 1);
    const count = before - 1 - after;
    const { entries } =
      count > 0
        ? await store.range(keys.revisions, { startAfter: keys.revision(after), limit: count })
        : { entries: [] };
    // A controller that took over has no revisions from before that, so the range may run past `before`.
    const earlier = entries.map(readRevision).filter(({ number }) => number < before);
    const zero = before > 0 && (count < limit || earlier.length < count) ? [revisionZero] : [];
    return [...earlier.reverse(), ...zero];
  }

  async function save({ values: all }: ConfigurationBlobs, { roster, layers }: Revision): Promise<void> {
    const known = new Set([roster, layers, ...Object.values((await values.read(layers)) as LayerIndex)]);
    await values.write([...all].filter(([digest]) => !known.has(digest)).map(([, text]) => text));
  }

  /** One small transaction: the head, the revision, its line in the audit trail, and the end of the draft. */
  async function swap(head: StoredHead, next: Revision, draft: Entry | undefined): Promise<boolean> {
    const { number, author, time, comment } = next;
    const entry = { actor: author, action: 'commit', object: `revision ${number}`, outcome: 'ok', detail: comment };
    const { applied } = await store.transact({
      compare: [
        unchanged(keys.head, head.entry),
        unchanged(keys.revision(number), undefined),
        ...(draft ? [unchanged(draft.key, draft)] : []),
      ],
      writes: [
        { put: keys.head, value: String(number) },
        { put: keys.revision(number), value: JSON.stringify(next) },
        ...auditWrites(time, `revision-${number}`, entry),
        ...(draft ? [{ delete: draft.key }] : []),
      ],
    });
    return applied;
  }
}

function readRevision({ key, value }: Entry): Revision {
  return parse('revision', JSON.parse(value), `the record ${key}`);
}
