/** Who asks, and may they: bearer tokens (RFC 6750), roles, and a limit on failed attempts. */
import type { Request, Response } from 'express';
import { rateLimit } from 'express-rate-limit';

import { NamedError } from '../errors.ts';
import type { Caller, Role } from './caller.ts';
import { run } from './middleware.ts';
import { EdgeError } from './problem.ts';
import type { Route } from './route.ts';
import type { ApiService } from './service.ts';

/** Failed attempts that one address may make in a minute before it is told to wait. */
export const failuresPerMinute = 20;

export type Authenticate = (request: Request, response: Response) => Promise<Caller>;

/**
 * Tells whose token a request carries; throws `unauthenticated`, or `too-many-attempts` from the address that failed too
 * often. A valid token is let through even then: with 256 random bits there is nothing to guess, and a lock would let
 * anyone behind the same address (on loopback: any program) keep the administrators out.
 */
export function authentication(service: ApiService): Authenticate {
  const limit = rateLimit({
    windowMs: 60_000,
    limit: failuresPerMinute,
    standardHeaders: false,
    legacyHeaders: false,
    // The address is that of the connection: no proxy's word is taken for it ("trust proxy" is off).
    validate: { xForwardedForHeader: false, forwardedHeader: false },
    handler: (_request, _response, next) =>
      next(
        new EdgeError('too-many-attempts', 'too many failed attempts from this address; wait a minute', {
          'Retry-After': '60',
        }),
      ),
  });
  return async (request, response) => {
    const header = request.get('authorization');
    const [, token] = /^Bearer +(\S+)$/i.exec(header ?? '') ?? [];
    const caller = token === undefined ? undefined : await service.authenticate(token);
    if (caller) return caller;
    await run(limit, request, response);
    throw new NamedError('unauthenticated', refusal(header, token));
  };
}

/** Throws `forbidden` when the caller's role is too low for the route. */
export function allow(caller: Caller, { role, name }: Route): void {
  if (role === 'anyone' || ranks[caller.role] >= ranks[role]) return;
  throw new NamedError(
    'forbidden',
    `${name} needs the role ${role}; the token ${caller.name} has the role ${caller.role}`,
  );
}

const ranks: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };

function refusal(header: string | undefined, token: string | undefined): string {
  if (header === undefined) return 'this needs a token; send it as "Authorization: Bearer TOKEN"';
  if (token === undefined) return 'the Authorization header is not of the form "Bearer TOKEN"; send the token that way';
  return 'the token is not valid, or has expired or was revoked; use another one';
}
