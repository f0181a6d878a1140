/** What membership offers: joining, leaving and rejoining, each planned before it happens. */
import type { Comparison } from './archived.ts';
import type {
  AcceptedJoin,
  JoinPlan,
  JoinRequest,
  ReconnectOptions,
  ReconnectPlan,
  Registration,
  Revision,
} from '../schema/types.generated.ts';

export interface ChosenJoin extends JoinRequest, Omit<AcceptedJoin, 'accept' | keyof JoinRequest> {
  /** The fingerprint that was shown and accepted; anything else is refused with `host-key-mismatch`. */
  readonly hostKey: string;
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

export type Bootstrap = JoinRequest['bootstrap'];

export interface Disconnected {
  readonly registration: Registration;
  /** What to know: that it could not be asked, ... */
  readonly notes: readonly string[];
}

export interface MembershipService {
  /**
   * Discards the author's draft, and forgets the machines that wait to be taken over when neither another draft nor the head
   * names them: they came with it. Those that had left before have left again.
   */
  discardDraft(author: string): Promise<void>;
  /** The fingerprint a machine shows, without logging in, so that it can be compared before a password goes there. */
  hostKey(at: { readonly host: string; readonly port?: number }): Promise<string>;
  /** The plan is kept for an hour; the login it was made with is not. */
  plan(request: JoinRequest): Promise<JoinPlan>;
  /** A plan that was made and may still be accepted; throws `not-found`. */
  planned(id: string): Promise<JoinPlan>;
  /**
   * Accepts a plan, or a host key alone. A machine that is no longer as it was planned is refused with `plan-outdated`.
   * `rollout` is set when no revision was made, since the machine was in the roster already: its rollout is one of its own.
   * `notes` say what is wrong with what it has back or has taken over: certificates that have expired or were revoked.
   */
  join(
    author: string,
    request: AcceptedJoin,
  ): Promise<{
    readonly registration: Registration;
    readonly revision: Revision;
    readonly rollout?: number;
    readonly notes?: readonly string[];
  }>;
  /**
   * Forgets a machine that left, by its name or id: its address, host key and facts. Its archive stays. Throws not-found,
   * `precondition-failed` when it has not left, and `invalid-input` when several left under the name.
   */
  forget(machine: string): Promise<Registration>;
  /** Holds an archive against a member, or against a machine of a group that has nothing of its own; not-found. */
  compareArchive(id: string, to: { readonly group?: string; readonly machine?: string }): Promise<Comparison>;
  /** Machines that left without being let go, and may still come back. */
  expectedBack(): Promise<readonly Registration[]>;
  /**
   * Lets one of these go: removes what Signet has on it, and proves that; in words, what came of it, undefined when there is
   * nothing to do. Throws as long as it cannot be reached.
   */
  finishLeave(id: string): Promise<string | undefined>;
  /**
   * Leaves a member alone from now on, until it is reconnected: it stays in the configuration, and nothing is pushed to it, read
   * from it or expected of it. Throws `disconnected` when it is already.
   */
  disconnect(author: string, machine: string, reason?: string): Promise<Disconnected>;
  /**
   * What is different on a machine that is disconnected, and in the configuration for it, since it was given something last; changes
   * nothing. Files that only root may read there are read with the login, if one is given.
   */
  planReconnect(machine: string, bootstrap?: Bootstrap): Promise<ReconnectPlan>;
  /**
   * Connects it again: what is taken becomes its layer, in one revision, and a rollout, unless it is not to, brings it what the configuration then has.
   * Throws `undecided` where a difference on the machine has no decision, and `plan-outdated` when an accepted plan does not hold any
   * more. Broken off and asked for again, with what the plan then still shows, it goes on.
   */
  reconnect(
    author: string,
    machine: string,
    options: ReconnectOptions,
  ): Promise<{ readonly revision: Revision; readonly rollout?: number }>;
  planLeave(machine: string): Promise<LeavePlan>;
  leave(
    author: string,
    machine: string,
    options: LeaveOptions,
  ): Promise<{ readonly revision: Revision; readonly plan: LeavePlan; readonly notes: readonly string[] }>;
}
