/** Reads JSON bodies, up to a limit; only after the caller is known, so that strangers cannot make the controller buffer. */
import express, { type Request, type RequestHandler, type Response } from 'express';

import { NamedError } from '../errors.ts';
import { run } from './middleware.ts';
import { EdgeError } from './problem.ts';

/** 1 MB, as JSON; configuration files are larger. */
export const bodyLimit = 1024 * 1024;

/** The body of a request; an empty object when there is none, so that routes with nothing but options can be called bare. */
export async function readBody(request: Request, response: Response, limit = bodyLimit): Promise<unknown> {
  const empty =
    request.headers['transfer-encoding'] === undefined && Number(request.headers['content-length'] ?? 0) === 0;
  if (empty) return {};
  if (request.is(['json', '+json']) === false) {
    throw new EdgeError(
      'unsupported-media-type',
      'the body must be JSON; send it with "Content-Type: application/json"',
    );
  }
  await run(parser(limit), request, response);
  const body = request.body as unknown;
  if (isDeeper(body, deepest)) {
    throw new NamedError('invalid-input', `the body is nested deeper than ${deepest} levels; no settings are`);
  }
  return body;
}

/** Much deeper than any settings; what walks them recursively need not fear for its stack. */
const deepest = 64;

/** Level by level, since a recursive walk is what this protects. */
function isDeeper(value: unknown, levels: number): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > levels) return true;
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? (Object.values(one) as unknown[]) : []));
  }
  return false;
}

function parser(limit: number): RequestHandler {
  return express.json({ limit, strict: false, type: () => true });
}
