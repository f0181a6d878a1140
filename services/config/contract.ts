/** What the configuration service offers, and what it needs. */
import type { Finding } from '../errors.ts';
import type { MachineService } from '../machines/service.ts';
import type { PkiService } from '../pki/service.ts';
import type { Platform } from '../platforms/platform.ts';
import type { Json } from '../schema/json.ts';
import type {
  AdmitOperation,
  Configuration,
  Draft,
  DraftChange,
  Facts,
  Manifest,
  Operation,
  Revision,
} from '../schema/types.generated.ts';
import type { Store } from '../store/store.ts';
import type { Chains } from './bindings.ts';
import type { ConfigurationBlobs } from './blobs.ts';
import type { ConfigurationDiff } from './diff.ts';
import type { EffectiveChange } from './effective-changes.ts';
import type { Said } from './explain.ts';
import type { Override } from './overrides.ts';
import type { HeldPin } from './pins.ts';
import type { Effective } from './resolve.ts';

export interface ConfigDeps {
  readonly store: Store;
  readonly pki: Pick<PkiService, 'facts' | 'demonstration' | 'bundle'>;
  readonly machines: Pick<MachineService, 'facts'>;
  readonly platforms: readonly Platform[];
  readonly now: () => Date;
}

/** A machine that is not on record yet. */
export interface Newcomer {
  readonly admit: AdmitOperation;
  readonly facts: Facts;
  /** Those that would be stored with it. */
  readonly chains: Chains;
}

export interface CommitOptions {
  readonly comment: string;
  /** False: commit, and do not roll out. */
  readonly rollout: boolean;
  /** The machines it concerns, when it is not all of them. */
  readonly machines?: readonly string[];
  /** The head the author has seen; the commit is refused with `precondition-failed` when there is a newer one. */
  readonly expected?: number;
}

/** A draft as a commit would make it now. */
export interface Preview {
  /** The head with the draft's changes; at a conflict, as the head has it. */
  readonly configuration: Configuration;
  /** The revision the draft was begun on, and the one it was merged onto. */
  readonly base: number;
  readonly head: number;
  readonly conflicts: readonly Finding[];
  /** What is wrong with the result, and what is worth knowing (warnings); only looked for when there is no conflict. */
  readonly findings: readonly Finding[];
}

/** What changes would do to a draft; nothing is stored. */
export interface ChangePlan {
  /** The revision the draft was begun on. */
  readonly base: number;
  readonly operations: readonly Operation[];
  /** The draft as it is, and with the changes. */
  readonly before: Configuration;
  readonly after: Configuration;
  readonly findings: readonly Finding[];
  /** Machines that are members before and after: those on which an effective setting differs, and the others. */
  readonly machines: readonly { readonly machine: string; readonly settings: readonly EffectiveChange[] }[];
  readonly unchanged: readonly string[];
}

export interface Explanation {
  readonly machine: string;
  readonly pointer: string;
  /** Null when the setting was removed. */
  readonly value: Json;
  readonly level: string;
  /** The revision since which the level has this value, and its author, time and comment; absent for a default. */
  readonly revision?: number;
  readonly author?: string;
  readonly time?: string;
  readonly comment?: string;
  /** What the other levels say, most specific first; null is a tombstone. */
  readonly shadows: readonly Said[];
  /** The pins that bind it; absent when none does. */
  readonly pins?: readonly HeldPin[];
}

/** An override with its history. */
export interface DatedOverride extends Override {
  /** The revision since which it stands. */
  readonly since: Revision;
  /** The revision since which the value that it hides stands; absent for a default, and when it hides none. */
  readonly inheritedSince?: Revision;
}

export interface ConfigService {
  /** The newest revision; number 0, the empty configuration, before the first commit. */
  head(): Promise<Revision>;
  revision(number: number): Promise<Revision>;
  /** Revisions with smaller numbers than `before`, newest first, down to number 0; 50 unless told. */
  history(options?: { readonly before?: number; readonly limit?: number }): Promise<readonly Revision[]>;
  configuration(number: number): Promise<Configuration>;

  /** The author's draft; an empty one on the head when there is none. */
  draft(author: string): Promise<Draft>;
  /**
   * Adds changes to the author's draft, all or none, as the operations they stand for. Throws `invalid-input`, `not-found` or
   * `already-exists`, with level and pointer, for the first one that cannot be applied.
   */
  amend(author: string, changes: readonly DraftChange[]): Promise<Draft>;
  /** What `amend` would do: which machines it changes, and how. Throws as `amend` does. */
  plan(author: string, changes: readonly DraftChange[]): Promise<ChangePlan>;
  /** The draft of every author who has one. */
  drafts(): Promise<readonly Draft[]>;
  discard(author: string): Promise<void>;
  /** Brings the draft onto the head; where both changed the same, `keep` says whose side stays. The way out of a conflict. */
  rebase(author: string, keep: 'mine' | 'theirs'): Promise<Draft>;
  preview(author: string): Promise<Preview>;
  /**
   * Commits the author's draft and ends it. Throws `draft-conflict`, `invalid-configuration`, `nothing-to-commit` or
   * `precondition-failed`; the draft is then still there.
   */
  commit(author: string, options: CommitOptions): Promise<Revision>;
  /** A commit of its own, beside any draft: joins, leaves, group changes. Throws as `amend` and `commit` do. */
  apply(author: string, operations: readonly Operation[], options: CommitOptions): Promise<Revision>;
  /** A new revision with the settings of an old one; `leftOut` names the layers of machines that have left. */
  rollback(
    author: string,
    number: number,
    options: CommitOptions,
  ): Promise<{ readonly revision: Revision; readonly leftOut: readonly string[] }>;

  /**
   * Stores what a revision record refers to, but for what `before`, which is stored already, refers to as well, and answers how; no
   * revision comes of it. For a controller that is taken over.
   */
  keep(blobs: ConfigurationBlobs, before?: Revision): Promise<Pick<Revision, 'roster' | 'layers'>>;

  /** The effective settings of a machine at a revision, the head unless told. */
  effective(machine: string, number?: number): Promise<Effective & { readonly pins: readonly HeldPin[] }>;
  /** Why one setting of a machine is as it is; throws `not-found` when no level sets it. */
  explain(machine: string, path: string, number?: number): Promise<Explanation>;

  /** The pins of every level at a revision, the head unless told; by level and setting. */
  pins(number?: number): Promise<readonly HeldPin[]>;

  /** What groups and machines set over the levels above them at a revision, the head unless told; by level and pointer. */
  overrides(number?: number): Promise<readonly DatedOverride[]>;

  diff(from: number, to: number): Promise<ConfigurationDiff>;
  /** What the machine must have at a revision, given what is known of it now; throws `not-found` when nothing is. */
  manifest(machine: string, number: number): Promise<Manifest>;
  /** What the machine would have to have once the operations are applied to the head; throws as `manifest` and `amend` do. */
  foresee(operations: readonly Operation[], machine: string): Promise<Manifest>;
  /** What a commit at the head would be refused for, or warn of, with a machine that is not on record yet. */
  rehearse(newcomer: Newcomer): Promise<readonly Finding[]>;
  /**
   * The unified diff of a machine's files and parameters; empty when nothing changes, and when nothing is known of the machine.
   * A side that it is no member of is empty; one that cannot be rendered says why.
   */
  manifestDiff(machine: string, before: Configuration | number, after: Configuration | number): Promise<string>;
}
