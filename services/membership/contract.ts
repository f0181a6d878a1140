/** What membership offers: joining, leaving and rejoining, each planned before it happens. */
import type { Finding } from '../errors.ts';
import type { Facts, JoinPlan as JoinPlanDocument, Registration, Revision } from '../schema/types.generated.ts';

/** How to log in once, to install the script and the controller's own key. Never stored. */
export interface Bootstrap {
  readonly user: string;
  readonly password?: string;
  /** A private key in OpenSSH or PEM form. */
  readonly privateKey?: string;
  readonly passphrase?: string;
}

export interface JoinRequest {
  readonly name: string;
  readonly host: string;
  readonly port?: number;
  readonly group?: string;
  /** The fingerprint that is expected; a machine that shows another is sent nothing (`host-key-mismatch`). */
  readonly hostKey?: string;
  /** `replace`: it takes the place of the machine that has its name or identity; `new`: it is a machine of its own. */
  readonly claim?: 'replace' | 'new';
  readonly bootstrap: Bootstrap;
}

export interface JoinPlan {
  readonly name: string;
  readonly group: string;
  /** SHA256:..., as `ssh-keygen -l` prints it. */
  readonly hostKey: string;
  readonly facts: Omit<Facts, 'postfix'> & {
    readonly postfix?: { readonly version: string; readonly running: boolean };
  };
  /** The machine layer it would start with. */
  readonly layer: Readonly<Record<string, unknown>>;
  /** The TLS settings it has now, with what becomes of each, and the certificates it shows. */
  readonly present: JoinPlanDocument['present'];
  readonly certificates: JoinPlanDocument['certificates'];
  /** The machine layer it would start with when it is adopted; absent where it cannot be. */
  readonly adopted?: Readonly<Record<string, unknown>>;
  /** Set when this machine was a member before: under which name, when it left, and what its archive holds. */
  readonly known?: { readonly name: string; readonly left: string; readonly settings: readonly string[] };
  /** Set when it takes the place of a machine in the configuration: with its settings. */
  readonly replaces?: { readonly name: string; readonly settings: readonly string[] };
  /** What stands in the way; empty when it can join. */
  readonly findings: readonly Finding[];
  /** What to know: revert not reboot-safe, TLS settings that would be replaced, ... */
  readonly notes: readonly string[];
}

export interface AcceptedJoin extends JoinRequest {
  /** The fingerprint that was shown and accepted; anything else is refused with `host-key-mismatch`. */
  readonly hostKey: string;
  /** For a machine that was a member before: bring its archived layer back, or start afresh. Whoever replaces restores. */
  readonly archive?: 'restore' | 'discard';
  readonly rollout?: boolean;
  /** Make what it has its machine layer, so that nothing changes on it. */
  readonly adopt?: boolean;
}

export interface LeavePlan {
  readonly machine: string;
  /** Paths of the machine-level settings that leave the configuration. */
  readonly settings: readonly string[];
  /** Names of machine-level certificates among them. */
  readonly certificates: readonly string[];
  /** The id of the archive that keeps them; absent when it is out of the configuration already. */
  readonly archive?: string;
  readonly reachable: boolean;
  /** Why it may only leave by force, and what else can be done; absent when nothing stands in the way. */
  readonly obstacle?: string;
}

export interface LeaveOptions {
  /** Put the files back that were there before it joined. */
  readonly restoreOriginal?: boolean;
  /** Let it go although it cannot be reached: the controller's key stays on it until someone removes it. */
  readonly force?: boolean;
}

export interface MembershipService {
  /**
   * Discards the author's draft, and forgets the machines that wait to be taken over when neither another draft nor the head
   * names them: they came with it. Those that had left before have left again.
   */
  discardDraft(author: string): Promise<void>;
  /** The fingerprint a machine shows, without logging in, so that it can be compared before a password goes there. */
  hostKey(at: { readonly host: string; readonly port?: number }): Promise<string>;
  plan(request: JoinRequest): Promise<JoinPlan>;
  /** `rollout` is set when no revision was made, since the machine was in the roster already: its rollout is one of its own. */
  join(
    author: string,
    request: AcceptedJoin,
  ): Promise<{ readonly registration: Registration; readonly revision: Revision; readonly rollout?: number }>;
  /** Machines that left without being let go, and may still come back. */
  expectedBack(): Promise<readonly Registration[]>;
  /**
   * Lets one of these go: removes what Signet has on it, and proves that; in words, what came of it, undefined when there is
   * nothing to do. Throws as long as it cannot be reached.
   */
  finishLeave(id: string): Promise<string | undefined>;
  planLeave(machine: string): Promise<LeavePlan>;
  leave(
    author: string,
    machine: string,
    options: LeaveOptions,
  ): Promise<{ readonly revision: Revision; readonly plan: LeavePlan; readonly notes: readonly string[] }>;
}
