/** The draft of every author in the store: read, changed by its author alone, and merged onto the head. */
import { NamedError, type Finding } from '../../errors.ts';
import { parse } from '../../schema/parse.ts';
import type { Configuration, Draft, Revision } from '../../schema/types.generated.ts';
import { keys } from '../../store/keys.ts';
import { readAll } from '../../store/read-all.ts';
import { unchanged, type Entry, type Store } from '../../store/store.ts';
import { sha256 } from '../blobs.ts';
import { conflictFinding } from '../conflicts.ts';
import { emptyDraft } from '../draft.ts';
import { lastChange } from '../history.ts';
import { merge } from '../merge.ts';
import { applyAll } from '../operations.ts';
import type { Revisions, StoredHead } from '../revisions/service.ts';
import type { StoredValues } from '../values/service.ts';

export interface StoredDraft {
  readonly draft: Draft;
  readonly entry: Entry | undefined;
}

export interface DraftDeps {
  readonly store: Store;
  readonly values: StoredValues;
  readonly revisions: Revisions;
  readonly now: () => Date;
}

export interface Drafts {
  /** The author's draft; an empty one on the head when there is none. */
  read(author: string): Promise<StoredDraft>;
  all(): Promise<readonly Draft[]>;
  /** Reads, changes and writes a draft, again when the same author changed it in between. */
  change(author: string, change: (draft: Draft) => Promise<Draft>): Promise<Draft>;
  discard(author: string): Promise<void>;
  /** The head with the draft's changes, and where both changed the same. */
  ontoHead(
    draft: Draft,
    head: { readonly revision: Revision; readonly configuration: Configuration },
  ): Promise<{ readonly configuration: Configuration; readonly conflicts: readonly Finding[] }>;
  /** The same for a commit: throws `draft-conflict`, and `precondition-failed` when the draft is not as it was read. */
  mergedOrRefused(head: StoredHead, stored: StoredDraft): Promise<Configuration>;
}

export function draftsService({ store, values, revisions, now }: DraftDeps): Drafts {
  return {
    read,
    all: async () => Promise.all((await readAll(store, keys.drafts)).map(draftIn)),
    change,
    async discard(author) {
      await store.transact({ compare: [], writes: [{ delete: keys.draft(author) }] });
    },
    ontoHead,
    mergedOrRefused,
  };

  async function read(author: string): Promise<StoredDraft> {
    const entry = await store.get(keys.draft(author));
    const draft = entry && (await draftIn(entry));
    if (draft && draft.operations.length > 0) return { draft, entry };
    return { draft: emptyDraft(author, (await revisions.head()).number, now()), entry };
  }

  async function change(author: string, changed: (draft: Draft) => Promise<Draft>): Promise<Draft> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const stored = await read(author);
      const draft = await changed(stored.draft);
      const { applied } = await store.transact({
        compare: [unchanged(keys.draft(author), stored.entry)],
        writes: [{ put: keys.draft(author), value: await recordOf(draft) }],
      });
      if (applied) return draft;
    }
    throw new NamedError('store-conflict', `the draft of ${author} keeps changing; try again`, { transient: true });
  }

  async function ontoHead(
    { base: number, operations }: Draft,
    head: { readonly revision: Revision; readonly configuration: Configuration },
  ) {
    const base = await revisions.configuration(number);
    const merged = merge({ base, head: head.configuration, draft: applyAll(base, operations), operations });
    const conflicts = await Promise.all(
      merged.conflicts.map(async (conflict) =>
        conflictFinding(
          conflict,
          await lastChange(revisions.archive, head.revision, conflict.formerly ?? conflict.place),
        ),
      ),
    );
    return { configuration: merged.configuration, conflicts };
  }

  async function mergedOrRefused(head: StoredHead, { draft, entry }: StoredDraft): Promise<Configuration> {
    const { author } = draft;
    if ((await store.get(keys.draft(author)))?.modRevision !== entry?.modRevision) {
      throw new NamedError(
        'precondition-failed',
        `the draft of ${author} changed meanwhile; look at it, and commit again`,
      );
    }
    const { configuration, conflicts: findings } = await ontoHead(draft, head);
    if (findings.length === 0) return configuration;
    throw new NamedError(
      'draft-conflict',
      `the draft of ${author} changes what others changed since revision ${draft.base}: ${findings[0]?.detail ?? ''}; rebase the draft, keeping one side, or discard it`,
      { findings },
    );
  }

  async function draftIn({ key, value }: Entry): Promise<Draft> {
    const record = JSON.parse(value) as Draft & { readonly operations: unknown };
    const { operations } = record;
    const whole = typeof operations === 'string' ? await values.read(operations) : operations;
    return parse('draft', { ...record, operations: whole }, `the record ${key}`);
  }

  /** Long drafts, such as a loaded configuration file, keep their operations in a blob: a record has its limit. */
  async function recordOf(draft: Draft): Promise<string> {
    const record = JSON.stringify(draft);
    if (record.length <= recordCharacters) return record;
    const operations = JSON.stringify(draft.operations);
    await values.write([operations]);
    return JSON.stringify({ ...draft, operations: sha256(operations) });
  }
}

const recordCharacters = 256 * 1024;

/** An author's own clients do not change one draft more often than this at once. */
const attempts = 20;
