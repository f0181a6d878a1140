/** The closed list of named errors: the failures a caller or an operator acts on. Everything else is a bug and crashes loudly. */

export type ErrorCode =
  // what was asked for
  | 'invalid-input'
  | 'not-found'
  | 'already-exists'
  | 'unauthenticated'
  | 'forbidden'
  | 'precondition-failed'
  // drafts and commits
  | 'draft-conflict'
  | 'invalid-configuration'
  | 'nothing-to-commit'
  // store
  | 'store-unavailable'
  | 'store-conflict'
  | 'store-limit'
  | 'store-locked'
  | 'store-compacted'
  | 'outcome-unknown'
  // secrets and certificates
  | 'wrong-master-key'
  | 'sealed-corrupt'
  | 'wrong-passphrase'
  | 'bad-certificate'
  | 'key-mismatch'
  // machines
  | 'unreachable'
  | 'host-key-mismatch'
  | 'login-refused'
  | 'unsupported-gateway'
  | 'gateway-refused'
  | 'identity-conflict'
  | 'plan-outdated'
  | 'disconnected'
  | 'undecided'
  | 'push-failed'
  | 'push-unknown'
  | 'probe-failed'
  // the process
  | 'busy'
  | 'interrupted';

/** One thing that is wrong, and where. `pointer` is a JSON Pointer (RFC 6901) into the document that was given. */
export interface Finding {
  readonly detail: string;
  readonly pointer?: string;
  readonly machine?: string;
  readonly level?: string;
  /** Worth knowing, or already put right; nothing is refused for either. Absent: it is wrong. */
  readonly severity?: 'warning' | 'repaired';
  /** The rule it is about, in kebab-case (docs/certificates.md). */
  readonly rule?: string;
}

/** Those that something is refused for. */
export function faults(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ severity }) => severity === undefined);
}

export interface ErrorFacts {
  /** Several things wrong at once, each with its place. */
  readonly findings?: readonly Finding[];
  /** True when the same call may succeed later without anyone changing anything. */
  readonly transient?: boolean;
  /** Plain facts for programs; never a secret. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
  readonly cause?: unknown;
}

/**
 * A failure that someone acts on. The message says what happened, to what, and what to do next, in one sentence without
 * a trailing period, and never holds a secret. Status codes, exit codes and colours are chosen at the edges.
 */
export class NamedError extends Error {
  readonly code: ErrorCode;
  readonly findings: readonly Finding[];
  readonly transient: boolean;
  readonly facts: Readonly<Record<string, string | number | boolean>>;

  constructor(
    code: ErrorCode,
    message: string,
    { findings = [], transient = false, facts = {}, cause }: ErrorFacts = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'NamedError';
    this.code = code;
    this.findings = findings;
    this.transient = transient;
    this.facts = facts;
  }
}

/** Tells whether `error` is a `NamedError`, of one of `codes` when any are given. */
export function isNamed(error: unknown, ...codes: readonly ErrorCode[]): error is NamedError {
  return error instanceof NamedError && (codes.length === 0 || codes.includes(error.code));
}

/** Tells whether the same call may succeed later unchanged; the only question retry code asks. */
export function isTransient(error: unknown): boolean {
  return error instanceof NamedError && error.transient;
}
