/** The operations on configuration: what is drafted, what is committed, and what each machine gets of it. */
import type { Finding } from '../errors.ts';
import type { CertificateBinding, Configuration, DraftChange, Revision } from '../schema/types.generated.ts';
import type { Entry } from '../store/store.ts';
import { expandAll } from './changes.ts';
import { checkConfiguration } from './check.ts';
import { commit as commitOnto } from './commit.ts';
import type { ChangePlan, CommitOptions, ConfigDeps, ConfigService, Preview } from './contract.ts';
import { defaultsLayer } from './defaults.ts';
import { diffConfigurations } from './diff.ts';
import { amended, checkNotEmpty, rebased } from './draft.ts';
import { draftsService } from './drafts/service.ts';
import { revisionZero } from './history.ts';
import type { LevelLayer } from './levels.ts';
import { whatStays } from './lift-stays.ts';
import { applyAll } from './operations.ts';
import { pinsIn } from './pins.ts';
import { queue } from './queue.ts';
import { checkRenames } from './renames.ts';
import { rehearse } from './rehearse.ts';
import { revisionsService, type StoredHead } from './revisions/service.ts';
import { rollBack } from './rollback.ts';
import { valuesService } from './values/service.ts';
import { views } from './views.ts';

export type { ConfigDeps, ConfigService } from './contract.ts';

export function configService({ store, pki, machines, platforms, now }: ConfigDeps): ConfigService {
  const values = valuesService(store);
  const history = revisionsService(store, values);
  const drafts = draftsService({ store, values, revisions: history, now });
  const { archive, configuration, head, headWithConfiguration, revision } = history;
  const view = views({ pki, machines, platforms, archive, defaults });
  const oneByOne = queue();
  let builtIn: { readonly binding: CertificateBinding; readonly layer: LevelLayer } | undefined;

  return {
    head,
    revision,
    history: async ({ before, limit = 50 } = {}) => archive.page(before ?? (await head()).number + 1, limit),
    configuration,
    async keep(blobs, before = revisionZero) {
      await history.save(blobs, before);
      return { roster: blobs.roster, layers: blobs.layers };
    },

    draft: async (author) => (await drafts.read(author)).draft,
    drafts: drafts.all,
    amend: (author, changes) =>
      drafts.change(author, async (draft) => amended(draft, await configuration(draft.base), changes, now())),
    plan,
    discard: drafts.discard,
    rebase: (author, keep) =>
      drafts.change(author, async (draft) => {
        const newest = await headWithConfiguration();
        const base = await configuration(draft.base);
        const onto = { number: newest.revision.number, configuration: newest.configuration };
        return rebased({ draft, base, head: onto, keep, now: now() });
      }),
    preview,
    commit: (author, options) => oneByOne(() => commitDraft(author, options)),
    apply: (author, operations, options) =>
      oneByOne(() => commit(author, options, ({ configuration: present }) => applyAll(present, operations))),
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

  async function plan(author: string, changes: readonly DraftChange[]): Promise<ChangePlan> {
    const { draft } = await drafts.read(author);
    const base = await configuration(draft.base);
    const before = applyAll(base, draft.operations);
    const operations = expandAll(before, changes);
    checkRenames(base, [...draft.operations, ...operations]);
    const after = applyAll(before, operations);
    const [findings, effects] = await Promise.all([check(after, base), view.effects(before, after)]);
    const stays = changes.flatMap((change) => (change.op === 'lift-settings' ? whatStays(before, change) : []));
    return { base: draft.base, operations, before, after, findings: [...findings, ...stays], ...effects };
  }

  async function preview(author: string): Promise<Preview> {
    const [{ draft }, newest] = await Promise.all([drafts.read(author), headWithConfiguration()]);
    const merged = await drafts.ontoHead(draft, newest);
    const findings = merged.conflicts.length > 0 ? [] : await check(merged.configuration, newest.configuration);
    return { ...merged, base: draft.base, head: newest.revision.number, findings };
  }

  async function commitDraft(author: string, options: CommitOptions): Promise<Revision> {
    const stored = await drafts.read(author);
    checkNotEmpty(stored.draft);
    return commit(author, options, (onto) => drafts.mergedOrRefused(onto, stored), { draft: stored.entry });
  }

  async function rollback(author: string, number: number, options: CommitOptions) {
    const old = await configuration(number);
    let leftOut: readonly string[] = [];
    const restored = await commit(
      author,
      options,
      ({ configuration: present }) => {
        const rolledBack = rollBack(old, present);
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
        save: (blobs, { revision: known }) => history.save(blobs, known),
        swap: (present, next) => history.swap(present, next, draft),
      },
    );
  }

  async function check(whole: Configuration, before: Configuration): Promise<readonly Finding[]> {
    return checkConfiguration({ pki, machines, platforms }, whole, await defaults(), before);
  }

  async function revisionOrHead(number: number | undefined): Promise<Revision> {
    return number === undefined ? head() : revision(number);
  }

  async function revisionOr(at: Configuration | number): Promise<Revision | Configuration> {
    return typeof at === 'number' ? revision(at) : at;
  }

  async function defaults(): Promise<LevelLayer> {
    const binding = await pki.demonstration('');
    // Another one is taken over with a lost controller.
    if (builtIn?.binding.chain !== binding.chain) builtIn = { binding, layer: defaultsLayer(binding) };
    return builtIn.layer;
  }
}
