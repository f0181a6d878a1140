/** What push offers the folders after it: rollouts, status and fresh probes. */
import type { MachineStatus, Outcome, Rollout } from '../schema/types.generated.ts';

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
}

export interface RolloutView {
  readonly rollout: Rollout;
  /** One per machine, in wave order. */
  readonly outcomes: readonly Outcome[];
}

export interface PushService {
  statuses(): Promise<readonly MachineStatus[]>;
  status(machine: string): Promise<MachineStatus>;
  rollouts(limit?: number): Promise<readonly Rollout[]>;
  rollout(id: number): Promise<RolloutView>;
  /** The rollout that goes with a revision, if one was started. */
  rolloutOf(revision: number): Promise<Rollout | undefined>;
  /** The rollout that goes with a commit: started unless it was before, by whomever; undefined when it was. */
  ensure(revision: number, by: string): Promise<Rollout | undefined>;
  /** Records a rollout; the controller that leads carries it out. One that was running is superseded. */
  start(by: string, options: RolloutOptions): Promise<Rollout>;
  /** Ends it after the machines in hand; what is done stays done. */
  stop(id: number, by: string): Promise<Rollout>;
  /** Starts a rollout that brings every machine this one changed back to the revision it had before. */
  revert(id: number, by: string): Promise<Rollout>;
  /** The rollout each time it changes, until it has ended or `signal` aborts. */
  follow(id: number, signal: AbortSignal): AsyncIterable<RolloutView>;
  /** Drops what is recorded of a machine that left. */
  forget(id: string): Promise<void>;
  /** Looks again, now: reads the gateway and probes its listeners. */
  look(machine: string): Promise<MachineStatus>;
}
