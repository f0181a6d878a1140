/** Reads etcd's failures: which may pass by themselves, which leave the outcome open, and what to tell the operator. */
import { NamedError } from '../../errors.ts';

/**
 * The gRPC status codes after which nobody knows whether a request took effect: CANCELLED, UNKNOWN, DEADLINE_EXCEEDED,
 * ABORTED, INTERNAL, UNAVAILABLE. With every other code etcd has said no.
 */
const open = new Set([1, 2, 4, 10, 13, 14]);

/** True when the request may or may not have taken effect; another try, or another endpoint, may tell. */
export function isOpen(error: unknown): boolean {
  return open.has(codeOf(error)) && !isTlsFailure(error);
}

export function isLeaseGone(error: unknown): boolean {
  return messageOf(error).includes('requested lease not found');
}

export function isCompacted(error: unknown): boolean {
  return messageOf(error).includes('required revision has been compacted');
}

export function isFuture(error: unknown): boolean {
  return messageOf(error).includes('required revision is a future revision');
}

/** `error` as a named error about `store` (its endpoints); `transient` only where waiting may help. */
export function etcdFailure(error: unknown, store: string): unknown {
  if (error instanceof NamedError) return error;
  const message = messageOf(error);
  const sentence = refusals.find(([pattern]) => pattern.test(message))?.[1];
  if (sentence !== undefined) return unavailable(`etcd at ${store} ${sentence}`, error, false);
  if (isTlsFailure(error)) {
    return unavailable(
      `no TLS connection to etcd at ${store}: ${reason(message)}; check its certificate and host name, and the CA, certificate and key given for it`,
      error,
      false,
    );
  }
  if (codeOf(error) === 0) return error;
  return unavailable(
    `etcd at ${store} does not answer as it should (${reason(message)}); check that it runs and can be reached`,
    error,
    isOpen(error),
  );
}

/** What etcd says of itself, and the sentence it becomes behind "etcd at ENDPOINTS". */
const refusals: readonly (readonly [RegExp, string])[] = [
  [/authentication failed, invalid user ID or password/, 'refused the user and password; check both'],
  [
    /user name is empty|invalid auth token|Unauthenticated/i,
    'wants a user and password, or a client certificate; give one of them',
  ],
  [
    /authentication is not enabled/,
    'has authentication switched off, so it takes no user and password; leave them out, or run etcdctl auth enable',
  ],
  [
    /permission denied/i,
    'does not let this user read and write the keys of the store; grant its role readwrite on their prefix',
  ],
  [/database space exceeded/, 'has no space left; compact and defragment it, or raise its quota, and disarm the alarm'],
];

/**
 * What Node and OpenSSL say when a handshake was refused; grpc-js passes it on as the reason for UNAVAILABLE. A connection
 * that was cut during a handshake is not meant: that passes.
 */
const tlsWords =
  /Last error:.*(?:certificate|self[- ]signed|SSL alert|ALTNAME|wrong version number|handshake failure)/is;

function isTlsFailure(error: unknown): boolean {
  return codeOf(error) === 14 && tlsWords.test(messageOf(error));
}

function unavailable(message: string, cause: unknown, transient: boolean): NamedError {
  return new NamedError('store-unavailable', message, { cause, transient });
}

/** etcd3 gives every failure a class and drops its code, but the message still begins with it: "14 UNAVAILABLE: ...". */
function codeOf(error: unknown): number {
  return Number(/\b(\d{1,2}) [A-Z_]{2,}: /.exec(messageOf(error))?.[1] ?? 0);
}

/** The part that says why, without codes, times and the notes of grpc-js. */
function reason(message: string): string {
  const [, last] = /Last error: (.*?)(?:\. Resolution note:.*)?$/s.exec(message) ?? [];
  const [, alert] = /SSL routines:[^:]*:([^:]+):/.exec(message) ?? [];
  if (last === 'null') return 'the connection was not established';
  return (alert ?? last ?? message)
    .replace(/^.*?\b\d{1,2} [A-Z_]{2,}: /s, '')
    .replace(/^Error(?: \[\w+\])?: /, '')
    .replace(/\(\d{4}-\d\d-\d\dT[^)]*\)/, '')
    .replace(/\s+/g, ' ')
    .replace(/[\s.:]+$/, '');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
