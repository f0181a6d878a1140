/** Errors as problem details (RFC 9457): the only place where HTTP meets `NamedError`. */
import type { ErrorRequestHandler, Response } from 'express';

import { NamedError, type ErrorCode } from '../errors.ts';
import { redact } from '../secrets/redact.ts';
import type { Problem } from '../schema/types.generated.ts';
import type { Log } from './deps.ts';
import { requestId } from './request-log.ts';

/** Problems that only exist between a client and this server. */
type EdgeCode = 'internal' | 'method-not-allowed' | 'too-large' | 'unsupported-media-type' | 'too-many-attempts';

export type ProblemCode = ErrorCode | EdgeCode;

/** A refusal that no service knows of; its message goes to the client. */
export class EdgeError extends Error {
  readonly code: EdgeCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: EdgeCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'EdgeError';
    this.code = code;
    this.headers = headers;
  }
}

/** The status of each problem; every code is listed, so that a new one is a decision. */
export const statuses: Readonly<Record<ProblemCode, number>> = {
  'invalid-input': 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  'already-exists': 409,
  'draft-conflict': 409,
  'identity-conflict': 409,
  disconnected: 409,
  undecided: 409,
  'nothing-to-commit': 409,
  'store-conflict': 409,
  'host-key-mismatch': 409,
  'plan-outdated': 412,
  'precondition-failed': 412,
  'too-large': 413,
  'unsupported-media-type': 415,
  'invalid-configuration': 422,
  'bad-certificate': 422,
  'key-mismatch': 422,
  'wrong-passphrase': 422,
  'unsupported-gateway': 422,
  'too-many-attempts': 429,
  unreachable: 502,
  'login-refused': 502,
  'gateway-refused': 502,
  'push-failed': 502,
  'push-unknown': 502,
  'probe-failed': 502,
  busy: 503,
  'store-unavailable': 503,
  'outcome-unknown': 503,
  interrupted: 503,
  internal: 500,
  'store-limit': 500,
  'store-locked': 500,
  'store-compacted': 500,
  'wrong-master-key': 500,
  'sealed-corrupt': 500,
};

const titles: Readonly<Record<number, string>> = {
  400: 'The request is not valid',
  401: 'A valid token is needed',
  403: 'The role of this token does not allow it',
  404: 'There is no such thing',
  405: 'The method is not allowed here',
  409: 'It conflicts with the present state',
  412: 'It has changed in the meantime',
  413: 'The request is too large',
  415: 'The body must be JSON',
  422: 'It cannot be accepted as it is',
  429: 'Too many attempts',
  500: 'The controller failed',
  502: 'A machine could not be reached or refused',
  503: 'The controller cannot do it now',
};

/** What goes wrong, by its name; `internal` for everything that is a bug. */
export function codeOf(error: unknown): ProblemCode {
  return error instanceof NamedError || error instanceof EdgeError ? error.code : 'internal';
}

/** The problem a client is shown. An unexpected error has no detail, so that nothing leaks. */
export function problem(error: unknown, request: string): Problem {
  const code = codeOf(error);
  const status = statuses[code];
  const named = error instanceof NamedError ? error : undefined;
  return {
    type: `urn:signet:problem:${code}`,
    title: titles[status] ?? titles[500] ?? '',
    status,
    ...(error instanceof NamedError || error instanceof EdgeError ? { detail: error.message } : {}),
    instance: `urn:uuid:${request}`,
    ...(named && named.findings.length > 0 ? { errors: [...named.findings] } : {}),
    ...(named && Object.keys(named.facts).length > 0 ? { facts: named.facts } : {}),
  };
}

/** The last handler of the application: sends the problem, and logs what nobody expected. */
export function problems(log: Log): ErrorRequestHandler {
  return (thrown: unknown, _request, response, _next) => {
    const error = fromExpress(thrown);
    if (codeOf(error) === 'internal') {
      // Not the error itself: those of parsers carry the body they choked on.
      const facts = error instanceof Error ? { error: redact(error.message), stack: redact(error.stack ?? '') } : {};
      log.error({ request: requestId(response), ...facts }, 'unexpected error');
    }
    if (response.headersSent) response.destroy();
    else send(response, error);
  };
}

function send(response: Response, error: unknown): void {
  const body = problem(error, requestId(response));
  if (error instanceof EdgeError) response.set(error.headers);
  if (error instanceof NamedError && error.transient) response.set('Retry-After', '1');
  // RFC 6750 section 3: a refused request says which scheme it wants.
  if (body.status === 401) response.set('WWW-Authenticate', 'Bearer realm="signet"');
  response
    .set('Cache-Control', 'no-store')
    .status(body.status)
    .type('application/problem+json')
    .send(JSON.stringify(body));
}

/** What Express and its body parser refuse by themselves, in our words; their own may quote the body. */
function fromExpress(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof NamedError || error instanceof EdgeError) return error;
  const { type, limit, status } = error as {
    readonly type?: unknown;
    readonly limit?: unknown;
    readonly status?: unknown;
  };
  switch (type) {
    case 'entity.too.large':
      return new EdgeError('too-large', `the body is larger than the ${String(limit)} bytes allowed here`);
    case 'entity.parse.failed': {
      const position = /at position (\d+)/.exec(error.message)?.[1];
      const where = position === undefined ? '' : ` (at byte ${position})`;
      return new NamedError('invalid-input', `the body is not valid JSON${where}; correct it and send it again`);
    }
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new EdgeError('unsupported-media-type', 'the body must be JSON in UTF-8, plain or compressed with gzip');
    default:
      // A path that cannot be decoded, an aborted body, lengths that do not fit: the client's doing.
      return typeof status === 'number' && status >= 400 && status < 500
        ? new NamedError('invalid-input', 'the request is malformed; correct it and send it again')
        : error;
  }
}
