/** What push offers the folders after it: rollouts, status and fresh probes. */
import type { Edit } from '../platforms/postfix/drift.ts';
import type { Facts, MachineStatus, Manifest, Outcome, Registration, Rollout } from '../schema/types.generated.ts';

export interface RolloutOptions {
  /** Defaults to the head. */
  readonly revision?: number;
  /** Defaults to every member. */
  readonly machines?: readonly string[];
  /** How many machines may fail before it stops; unreachable counts. Defaults to 0. */
  readonly budget?: number;
  /** Machines in the first wave; defaults to 1. */
  readonly canary?: number;
  /** Machines in each later wave; defaults to 50. */
  readonly waveSize?: number;
  /** When it fails, also put back the machines that had succeeded. */
  readonly revertOnFailure?: boolean;
  /** Take back what was changed by hand instead of refusing. */
  readonly overwriteDrift?: boolean;
  /**
   * Machines that someone has decided for, with the changes by hand, in the words of drift, that may be taken back on each; any
   * other is refused. Of those named, one that is disconnected is pushed to.
   */
  readonly decided?: Readonly<Record<string, readonly string[]>>;
}

export interface RolloutView {
  readonly rollout: Rollout;
  /** One per machine, in wave order. */
  readonly outcomes: readonly Outcome[];
}

/** What a machine has, read just now. */
export interface Examined {
  readonly facts: Facts;
  /** What it was given last, as far as that is known; what the head gives it when it has what no revision here does. */
  readonly deployed: Manifest;
  /** Whether that is what the head gives it. */
  readonly current: boolean;
  /** Set while it has, by its adoption, what it was found with, and nothing of Signet's. */
  readonly asFound?: NonNullable<Registration['adopted']>;
  /** What was changed by hand; and what of it, in words, is not what the head wants by now. */
  readonly edits: readonly Edit[];
  readonly open: readonly string[];
}

export interface PushService {
  statuses(): Promise<readonly MachineStatus[]>;
  status(machine: string): Promise<MachineStatus>;
  rollouts(limit?: number): Promise<readonly Rollout[]>;
  rollout(id: number): Promise<RolloutView>;
  /** The rollout that goes with a revision, if one was started. */
  rolloutOf(revision: number): Promise<Rollout | undefined>;
  /**
   * The rollout that goes with a commit: started unless it was before, by whomever; undefined when it was, and when all of its machines
   * are disconnected, but for those in `decided` (as in the options).
   */
  ensure(revision: number, by: string, decided?: RolloutOptions['decided']): Promise<Rollout | undefined>;
  /** Records a rollout; the controller that leads carries it out. One that was running is superseded. */
  start(by: string, options: RolloutOptions): Promise<Rollout>;
  /** Ends it after the machines in hand; what is done stays done. */
  stop(id: number, by: string): Promise<Rollout>;
  /** Starts a rollout that brings every machine this one changed back to the revision it had before. */
  revert(id: number, by: string): Promise<Rollout>;
  /** The rollout each time it changes, until it has ended or `signal` aborts. */
  follow(id: number, signal: AbortSignal): AsyncIterable<RolloutView>;
  /** Whether a push to the machine is under way, as far as is on record. None begins any more once it is marked as disconnected. */
  isPushing(machine: string): Promise<boolean>;
  /** Drops what is recorded of a machine that left. */
  forget(id: string): Promise<void>;
  /**
   * What is live on a gateway becomes its own, read from a folder that is not Signet's: proven from outside as after a push, or undone.
   * Nothing is done where that is so. Throws when it could not be; the gateway then goes on as before.
   */
  flatten(id: string, epoch: number): Promise<void>;
  /** Reads what a machine has, also one that is disconnected, and holds it against what it was given and what the head gives it. */
  examine(machine: string): Promise<Examined>;
  /** Looks again, now: reads the gateway and probes its listeners. */
  look(machine: string): Promise<MachineStatus>;
}
