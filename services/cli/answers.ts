/** The answers of the API that have no schema of their own: the shapes that commands read and that `--json` prints. */
import type { Finding } from '../errors.ts';
import type { Draft, Facts, MachineStatus, Operation, Outcome, Revision, Rollout } from '../schema/types.generated.ts';

export interface Health {
  readonly status: string;
  readonly version: string;
  readonly revision: number;
  readonly leader: boolean;
  readonly store: string;
}

export interface MachineView {
  readonly name: string;
  readonly group: string;
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly state: 'joining' | 'member' | 'left';
  readonly facts?: {
    readonly os: string;
    readonly hostname: string;
    readonly postfix?: { readonly version: string; readonly running: boolean };
    readonly bootHook: Facts['bootHook'];
  };
  readonly status?: MachineStatus;
}

export interface JoinRequest {
  readonly name: string;
  readonly host: string;
  readonly port?: number;
  readonly group?: string;
  readonly bootstrap: {
    readonly user: string;
    readonly password?: string;
    readonly privateKey?: string;
    readonly passphrase?: string;
  };
}

export interface AcceptedJoin extends JoinRequest {
  readonly hostKey: string;
  readonly archive?: 'restore' | 'discard';
  readonly rollout?: boolean;
}

export interface JoinPlan {
  readonly name: string;
  readonly group: string;
  readonly hostKey: string;
  readonly facts: Omit<Facts, 'postfix'> & {
    readonly postfix?: { readonly version: string; readonly running: boolean };
  };
  readonly layer: Readonly<Record<string, unknown>>;
  readonly known?: { readonly name: string; readonly left: string; readonly settings: readonly string[] };
  readonly findings: readonly Finding[];
  readonly notes: readonly string[];
}

export interface Joined {
  readonly machine: MachineView;
  readonly revision: { readonly number: number };
  readonly rollout?: number;
}

export interface LeavePlan {
  readonly machine: string;
  readonly settings: readonly string[];
  readonly certificates: readonly string[];
  readonly reachable: boolean;
}

export interface Left {
  readonly revision: { readonly number: number };
  readonly plan: LeavePlan;
  readonly notes: readonly string[];
}

export interface GroupView {
  readonly name: string;
  readonly description?: string;
  readonly machines: readonly string[];
}

export interface LayerView {
  readonly level: string;
  readonly revision: number;
  readonly layer: Readonly<Record<string, unknown>>;
}

export interface EffectiveView {
  readonly machine: string;
  readonly revision: number;
  readonly settings: Readonly<Record<string, unknown>>;
  /** By pointer of a leaf or unit: the level it came from. */
  readonly origins: Readonly<Record<string, string>>;
}

export interface Explanation {
  readonly value?: unknown;
  readonly level: string;
  readonly revision?: number;
  readonly author?: string;
  readonly time?: string;
  readonly comment?: string;
  readonly shadows: readonly { readonly level: string; readonly value: unknown }[];
}

export interface DraftView {
  readonly draft: Draft;
  readonly head: number;
}

export interface SettingChange {
  readonly level: string;
  readonly pointer: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

export interface DiffView {
  readonly settings: readonly SettingChange[];
  readonly structure: readonly string[];
  /** A unified diff of files and parameters per machine. */
  readonly machines: readonly { readonly machine: string; readonly diff: string }[];
  /** Of a draft only. */
  readonly base?: number;
  readonly head?: number;
  readonly conflicts?: readonly Finding[];
  readonly findings?: readonly Finding[];
}

export interface Committed {
  readonly revision: Revision;
  readonly rollout?: number;
}

export interface RolledBack extends Committed {
  readonly leftOut: readonly string[];
}

export interface RevisionView {
  readonly revision: Revision;
  readonly configuration: {
    readonly groups: Readonly<Record<string, { readonly description?: string }>>;
    readonly machines: Readonly<Record<string, { readonly id: string; readonly group: string }>>;
    readonly layers: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
}

export interface RolloutRequest {
  readonly revision?: number;
  readonly machines?: readonly string[];
  readonly budget?: number;
  readonly canary?: number;
  readonly waveSize?: number;
  readonly revertOnFailure?: boolean;
  readonly overwriteDrift?: boolean;
}

export interface RolloutView {
  readonly rollout: Rollout;
  readonly outcomes: readonly Outcome[];
}

export interface CertificateView {
  readonly level: string;
  readonly name: string;
  readonly key: string;
  readonly chain: string;
  readonly subject: string;
  readonly issuer: string;
  readonly names: readonly string[];
  readonly notBefore: string;
  readonly notAfter: string;
  readonly selfSigned: boolean;
  /** Made by Signet so that TLS works before there is a certificate; nobody can verify it. */
  readonly demonstration: boolean;
  readonly fingerprint: string;
  readonly usedBy: readonly { readonly machine: string; readonly setting: string }[];
}

export interface CertificateBound {
  readonly certificate: Omit<CertificateView, 'usedBy'>;
  readonly findings: readonly Finding[];
  readonly draft: Draft;
}

export interface BundleStored {
  readonly bundle: string;
  readonly certificates: number;
  readonly findings: readonly Finding[];
}

export interface Loaded {
  readonly operations: readonly Operation[];
  readonly unknownMachines: readonly string[];
  readonly certificates: number;
}

export interface AuditEntry {
  readonly time: string;
  readonly actor: string;
  readonly action: string;
  readonly detail: unknown;
}

export interface TokenView {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly created: string;
  readonly expires?: string;
}
