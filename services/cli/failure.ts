/** How a command ends when it does not succeed, told apart as the exit codes tell it apart. */
import type { Finding } from '../errors.ts';

/**
 * - `failed`: it was tried and did not work
 * - `usage`: the command line, a file it names or the environment is wrong; nothing was asked of the controller
 * - `refused`: the controller said no (invalid, conflict, precondition, not allowed) and changed nothing
 * - `partlyFailed`: some machines have it and some do not
 * - `unreachable`: no answer from a controller
 * - `interrupted`: the person stopped it
 */
export type FailureKind = 'failed' | 'usage' | 'refused' | 'partlyFailed' | 'unreachable' | 'interrupted';

export interface FailureFacts {
  /** Several things wrong at once, each with its place. */
  readonly findings?: readonly Finding[];
  /** The controller's own words (RFC 9457), for programs. */
  readonly problem?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** An end that the person at the terminal acts on; the message says what, where and what next. */
export class Failure extends Error {
  readonly kind: FailureKind;
  readonly findings: readonly Finding[];
  readonly problem: Readonly<Record<string, unknown>> | undefined;

  constructor(kind: FailureKind, message: string, { findings = [], problem, cause }: FailureFacts = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'Failure';
    this.kind = kind;
    this.findings = findings;
    this.problem = problem;
  }
}
