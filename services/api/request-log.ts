/** One line a request: who asked for what, and how it ended; never headers, query or body. */
import type { RequestHandler, Response } from 'express';

import { redact } from '../secrets/redact.ts';
import type { ApiDeps } from './deps.ts';

/** Gives each request an id and logs it when it is done. */
export function requestLog({ log, random }: Pick<ApiDeps, 'log' | 'random'>): RequestHandler {
  return (request, response, next) => {
    const began = performance.now();
    const id = uuid(random(16));
    response.locals['request'] = id;
    response.on('close', () => {
      const actor = response.locals['actor'] as string | undefined;
      log.info(
        {
          request: id,
          method: request.method,
          path: redact(request.originalUrl.replace(/\?.*$/s, '')),
          status: response.statusCode,
          milliseconds: Math.round(performance.now() - began),
          ...(actor === undefined ? {} : { actor }),
          ...(response.writableFinished ? {} : { aborted: true }),
        },
        'request',
      );
    });
    next();
  };
}

/** The id of the request a response belongs to. */
export function requestId(response: Response): string {
  return String(response.locals['request']);
}

/** Notes who asks, for the log line. */
export function noteActor(response: Response, name: string): void {
  response.locals['actor'] = name;
}

/** A version 4 UUID (RFC 9562 section 5.4) of 16 random bytes. */
function uuid(bytes: Uint8Array): string {
  const fixed = Buffer.from(bytes);
  fixed.writeUInt8((fixed.readUInt8(6) & 0x0f) | 0x40, 6);
  fixed.writeUInt8((fixed.readUInt8(8) & 0x3f) | 0x80, 8);
  return fixed.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
