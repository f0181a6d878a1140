/** The operations on configuration: drafts, commits, history and what each machine gets. The only file here that touches the store. */
import { auditWrites } from '../audit/service.ts';
import { NamedError, type Finding } from '../errors.ts';
import type { Json } from '../schema/json.ts';
import { parse } from '../schema/parse.ts';
import type { CertificateBinding, Configuration, Draft, DraftChange, Revision } from '../schema/types.generated.ts';
import { remembered } from '../store/cache.ts';
import { keys } from '../store/keys.ts';
import { readAll } from '../store/read-all.ts';
import type { Compare, Entry, Write } from '../store/store.ts';
import {
  assemble,
  batches,
  blobsOf,
  records,
  sha256,
  type Blob,
  type ConfigurationBlobs,
  type LayerIndex,
} from './blobs.ts';
import { expandAll } from './changes.ts';
import { checkConfiguration } from './check.ts';
import { commit as commitOnto, type Head } from './commit.ts';
import { conflictFinding } from './conflicts.ts';
import type { ChangePlan, CommitOptions, ConfigDeps, ConfigService, Preview } from './contract.ts';
import { defaultsLayer } from './defaults.ts';
import { diffConfigurations } from './diff.ts';
import { amended, checkNotEmpty, emptyDraft, rebased } from './draft.ts';
import { configurationAt, implicitBlobs, lastChange, revisionZero, type Archive } from './history.ts';
import type { LevelLayer } from './levels.ts';
import { whatStays } from './lift-stays.ts';
import { merge, type Conflict, type Merge } from './merge.ts';
import { applyAll } from './operations.ts';
import { pinsIn } from './pins.ts';
import { queue } from './queue.ts';
import { checkRenames } from './renames.ts';
import { rehearse } from './rehearse.ts';
import { rollBack } from './rollback.ts';
import { views } from './views.ts';

export type { ConfigDeps, ConfigService } from './contract.ts';

/** The head with the record that a commit compares; none before the first commit. */
interface StoredHead extends Head {
  readonly entry: Entry | undefined;
}

interface StoredDraft {
  readonly draft: Draft;
  readonly entry: Entry | undefined;
}

export function configService({ store, pki, machines, platforms, now }: ConfigDeps): ConfigService {
  const recall = remembered(readBlob, { limit: cacheCharacters, size: ({ length }) => length });
  const archive: Archive = { blob: async (digest) => (await recall(digest)).value, page };
  const view = views({ pki, machines, platforms, archive, defaults });
  const oneByOne = queue();
  let builtIn: { readonly binding: CertificateBinding; readonly layer: LevelLayer } | undefined;

  return {
    head: async () => (await readHead()).revision,
    revision,
    history: async ({ before, limit = 50 } = {}) => page(before ?? (await readHead()).revision.number + 1, limit),
    configuration,
    keep,

    draft: async (author) => (await readDraft(author)).draft,
    drafts,
    amend,
    plan,
    discard,
    rebase,
    preview,
    commit: (author, options) => oneByOne(() => commitDraft(author, options)),
    apply: (author, operations, options) =>
      oneByOne(() => commit(author, options, (head) => applyAll(head.configuration, operations))),
    rollback: (author, number, options) => oneByOne(() => rollback(author, number, options)),

    effective: async (machine, number) => view.effective(await revisionOrHead(number), machine),
    explain: async (machine, path, number) => view.explanation(await revisionOrHead(number), machine, path),
    pins: async (number) => pinsIn(await configuration((await revisionOrHead(number)).number)),
    overrides: async (number) => view.overrides(await revisionOrHead(number)),
    diff: async (from, to) => diffConfigurations(await configuration(from), await configuration(to)),
    manifest: async (machine, number) => view.manifest(await revision(number), machine),
    foresee: async (operations, machine) =>
      view.manifest(applyAll((await headWithConfiguration()).configuration, operations), machine),
    rehearse: async (newcomer) =>
      rehearse({ pki, machines, platforms }, (await headWithConfiguration()).configuration, await defaults(), newcomer),
    manifestDiff: async (machine, before, after) =>
      view.difference(machine, await revisionOr(before), await revisionOr(after)),
  };

  // Drafts

  async function amend(author: string, changes: readonly DraftChange[]): Promise<Draft> {
    return changeDraft(author, async ({ draft }) => amended(draft, await configuration(draft.base), changes, now()));
  }

  async function plan(author: string, changes: readonly DraftChange[]): Promise<ChangePlan> {
    const { draft } = await readDraft(author);
    const base = await configuration(draft.base);
    const before = applyAll(base, draft.operations);
    const operations = expandAll(before, changes);
    checkRenames(base, [...draft.operations, ...operations]);
    const after = applyAll(before, operations);
    const [findings, effects] = await Promise.all([check(after, base), view.effects(before, after)]);
    const stays = changes.flatMap((change) => (change.op === 'lift-settings' ? whatStays(before, change) : []));
    return { base: draft.base, operations, before, after, findings: [...findings, ...stays], ...effects };
  }

  async function rebase(author: string, keep: 'mine' | 'theirs'): Promise<Draft> {
    return changeDraft(author, async ({ draft }) => {
      const { revision: newest, configuration: present } = await headWithConfiguration();
      const base = await configuration(draft.base);
      const head = { number: newest.number, configuration: present };
      return rebased({ draft, base, head, keep, now: now() });
    });
  }

  async function drafts(): Promise<readonly Draft[]> {
    return Promise.all((await readAll(store, keys.drafts)).map(draftIn));
  }

  async function discard(author: string): Promise<void> {
    await store.transact({ compare: [], writes: [{ delete: keys.draft(author) }] });
  }

  async function preview(author: string): Promise<Preview> {
    const [{ draft }, head] = await Promise.all([readDraft(author), headWithConfiguration()]);
    const merged = await mergeOnto(head.configuration, draft);
    const conflicts = await conflictFindings(merged.conflicts, head.revision);
    const findings = conflicts.length > 0 ? [] : await check(merged.configuration, head.configuration);
    return { configuration: merged.configuration, base: draft.base, head: head.revision.number, conflicts, findings };
  }

  /** Reads, changes and writes a draft, again when the same author changed it in between. */
  async function changeDraft(author: string, change: (stored: StoredDraft) => Promise<Draft>): Promise<Draft> {
    for (let attempt = 0; attempt < draftAttempts; attempt += 1) {
      const stored = await readDraft(author);
      const draft = await change(stored);
      const { applied } = await store.transact({
        compare: [unchanged(keys.draft(author), stored.entry)],
        writes: [{ put: keys.draft(author), value: await draftRecord(draft) }],
      });
      if (applied) return draft;
    }
    throw new NamedError('store-conflict', `the draft of ${author} keeps changing; try again`, { transient: true });
  }

  async function mergeOnto(head: Configuration, { base: number, operations }: Draft): Promise<Merge> {
    const base = await configuration(number);
    return merge({ base, head, draft: applyAll(base, operations), operations });
  }

  async function conflictFindings(conflicts: readonly Conflict[], head: Revision): Promise<readonly Finding[]> {
    return Promise.all(
      conflicts.map(async (conflict) =>
        conflictFinding(conflict, await lastChange(archive, head, conflict.formerly ?? conflict.place)),
      ),
    );
  }

  // Commits

  async function commitDraft(author: string, options: CommitOptions): Promise<Revision> {
    const { draft, entry } = await readDraft(author);
    checkNotEmpty(draft);
    return commit(author, options, (head) => mergedOrRefused(head, draft, entry), { draft: entry });
  }

  async function mergedOrRefused(head: StoredHead, draft: Draft, entry: Entry | undefined): Promise<Configuration> {
    const { author } = draft;
    if ((await store.get(keys.draft(author)))?.modRevision !== entry?.modRevision) {
      throw new NamedError(
        'precondition-failed',
        `the draft of ${author} changed meanwhile; look at it, and commit again`,
      );
    }
    const merged = await mergeOnto(head.configuration, draft);
    if (merged.conflicts.length === 0) return merged.configuration;
    const findings = await conflictFindings(merged.conflicts, head.revision);
    throw new NamedError(
      'draft-conflict',
      `the draft of ${author} changes what others changed since revision ${draft.base}: ${findings[0]?.detail ?? ''}; rebase the draft, keeping one side, or discard it`,
      { findings },
    );
  }

  async function rollback(author: string, number: number, options: CommitOptions) {
    const old = await configuration(number);
    let leftOut: readonly string[] = [];
    const restored = await commit(
      author,
      options,
      (head) => {
        const rolledBack = rollBack(old, head.configuration);
        leftOut = rolledBack.leftOut;
        return rolledBack.configuration;
      },
      { restores: number },
    );
    return { revision: restored, leftOut };
  }

  /** A commit of what `make` makes of the head, which ends the draft that is given. */
  function commit(
    author: string,
    options: CommitOptions,
    make: (head: StoredHead) => Configuration | Promise<Configuration>,
    { draft, restores }: { readonly draft?: Entry | undefined; readonly restores?: number } = {},
  ): Promise<Revision> {
    return commitOnto(
      { author, ...options, ...(restores === undefined ? {} : { restores }) },
      {
        now,
        head: headWithConfiguration,
        make,
        check,
        save: (blobs, { revision }) => save(blobs, revision),
        swap: (head, next) => swap(head, next, draft),
      },
    );
  }

  async function check(configuration: Configuration, before: Configuration): Promise<readonly Finding[]> {
    return checkConfiguration({ pki, machines, platforms }, configuration, await defaults(), before);
  }

  /** Blobs go first, over as many transactions as they need: until a revision refers to them nobody sees them. */
  async function save({ values }: ConfigurationBlobs, { roster, layers }: Revision): Promise<void> {
    const known = new Set([roster, layers, ...Object.values((await archive.blob(layers)) as LayerIndex)]);
    const fresh = [...values].filter(([digest]) => !known.has(digest)).flatMap(([, text]) => records(text));
    for (const batch of batches(fresh)) await putMissing(batch);
  }

  async function putMissing(blobs: readonly Blob[]): Promise<void> {
    if (blobs.length === 0) return;
    const { applied } = await store.transact({
      compare: blobs.map(({ digest }) => ({ key: keys.blob(digest), absent: true })),
      writes: blobs.map(({ digest, text }) => ({ put: keys.blob(digest), value: text })),
    });
    if (applied) return;
    const present = await Promise.all(blobs.map(({ digest }) => store.get(keys.blob(digest))));
    await putMissing(blobs.filter((_blob, index) => !present[index]));
  }

  async function keep(whole: Configuration): Promise<Pick<Revision, 'roster' | 'layers'>> {
    const blobs = blobsOf(whole);
    await save(blobs, revisionZero);
    return { roster: blobs.roster, layers: blobs.layers };
  }

  /** One small transaction: the head, the revision, its line in the audit trail, and the end of the draft. */
  async function swap(head: StoredHead, next: Revision, draft: Entry | undefined): Promise<boolean> {
    const { number, author, time, comment } = next;
    const entry = { actor: author, action: 'commit', object: `revision ${number}`, outcome: 'ok', detail: comment };
    const writes: readonly Write[] = [
      { put: keys.head, value: String(next.number) },
      { put: keys.revision(next.number), value: JSON.stringify(next) },
      ...auditWrites(time, `revision-${number}`, entry),
      ...(draft ? [{ delete: draft.key }] : []),
    ];
    const compare = [
      unchanged(keys.head, head.entry),
      unchanged(keys.revision(next.number), undefined),
      ...(draft ? [unchanged(draft.key, draft)] : []),
    ];
    return (await store.transact({ compare, writes })).applied;
  }

  // What is stored

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

  async function revisionOrHead(number: number | undefined): Promise<Revision> {
    return number === undefined ? (await readHead()).revision : revision(number);
  }

  async function revisionOr(at: Configuration | number): Promise<Revision | Configuration> {
    return typeof at === 'number' ? revision(at) : at;
  }

  async function configuration(number: number): Promise<Configuration> {
    return configurationAt(archive, await revision(number));
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

  async function readBlob(digest: string): Promise<{ readonly value: Json; readonly length: number }> {
    const text = implicitBlobs.get(digest) ?? (await assemble(digest, readRecord));
    return { value: JSON.parse(text) as Json, length: text.length };
  }

  async function readRecord(digest: string): Promise<string> {
    const entry = await store.get(keys.blob(digest));
    if (!entry) throw new Error(`the store lacks the blob ${digest}; restore it from a backup`);
    return entry.value;
  }

  async function readDraft(author: string): Promise<StoredDraft> {
    const entry = await store.get(keys.draft(author));
    const draft = entry && (await draftIn(entry));
    if (draft && draft.operations.length > 0) return { draft, entry };
    return { draft: emptyDraft(author, (await readHead()).revision.number, now()), entry };
  }

  async function draftIn({ key, value }: Entry): Promise<Draft> {
    const record = JSON.parse(value) as Draft & { readonly operations: unknown };
    const { operations } = record;
    const whole = typeof operations === 'string' ? await archive.blob(operations) : operations;
    return parse('draft', { ...record, operations: whole }, `the record ${key}`);
  }

  /** Long drafts, such as a loaded configuration file, keep their operations in a blob: a record has its limit. */
  async function draftRecord(draft: Draft): Promise<string> {
    const record = JSON.stringify(draft);
    if (record.length <= draftCharacters) return record;
    const operations = JSON.stringify(draft.operations);
    for (const batch of batches(records(operations))) await putMissing(batch);
    return JSON.stringify({ ...draft, operations: sha256(operations) });
  }

  async function defaults(): Promise<LevelLayer> {
    const binding = await pki.demonstration('');
    // Another one is taken over with a lost controller.
    if (builtIn?.binding.chain !== binding.chain) builtIn = { binding, layer: defaultsLayer(binding) };
    return builtIn.layer;
  }
}

/** Read again, history costs memory, not time: layers, rosters and indexes of this many characters. */
const cacheCharacters = 32 * 1024 * 1024;

const draftCharacters = 256 * 1024;

/** An author's own clients do not change one draft more often than this at once. */
const draftAttempts = 20;

function readRevision({ key, value }: Entry): Revision {
  return parse('revision', JSON.parse(value), `the record ${key}`);
}

function unchanged(key: string, entry: Entry | undefined): Compare {
  return entry ? { key, modRevision: entry.modRevision } : { key, absent: true };
}
