/** How every request is answered: who asks, may they, is it valid, do it, write down that it was done. */
import type { Request, RequestHandler, Response } from 'express';

import { parse } from '../schema/parse.ts';
import { redact } from '../secrets/redact.ts';
import { allow, type Authenticate } from './auth.ts';
import { readBody } from './body.ts';
import type { Caller } from './caller.ts';
import type { Context } from './deps.ts';
import { readParameters } from './parameters.ts';
import { codeOf } from './problem.ts';
import { noteActor, requestId } from './request-log.ts';
import { prefix, type Reply, type Route } from './route.ts';
import { stream, type ServerEvent } from './sse.ts';

const nobody: Caller = { name: '', role: 'viewer' };

/** The handler of a route. */
export function endpoint(route: Route, context: Context, authenticate: Authenticate): RequestHandler {
  return async (request, response) => {
    const caller = route.role === 'anyone' ? nobody : await authenticate(request, response);
    if (caller !== nobody) noteActor(response, caller.name);
    const signal = endOf(response, context.closing);
    const answer = () => perform(route, context, { caller, request, response, signal });
    const reply =
      route.method === 'get' ? await answer() : await audited(route, context, { caller, request, response }, answer);
    if (route.response === 'events' && request.method !== 'HEAD') {
      const events = reply.body as AsyncIterable<ServerEvent>;
      await stream(response, events, { heartbeatSeconds: context.heartbeatSeconds ?? 15, signal });
    } else send(response, route, reply);
  };
}

interface Exchange {
  readonly caller: Caller;
  readonly request: Request;
  readonly response: Response;
}

async function perform(
  route: Route,
  context: Context,
  exchange: Exchange & { readonly signal: AbortSignal },
): Promise<Reply> {
  const { caller, request, response, signal } = exchange;
  allow(caller, route);
  const what = `${route.method.toUpperCase()} ${route.path}`;
  const parameters = readParameters('path-parameters', request.params, `the path of ${what}`);
  const query = readParameters(route.query ?? 'no-query', request.query, `the query of ${what}`);
  const body =
    route.request && parse(route.request, await readBody(request, response, route.bodyLimit), `the body of ${what}`);
  return route.handle(context, {
    caller,
    parameters,
    query,
    body,
    ifMatch: request.get('if-match'),
    lastEventId: request.get('last-event-id'),
    signal,
  });
}

/** Does it and adds it to the audit trail, however it ends. What was done stays done when the trail cannot be written. */
async function audited(
  route: Route,
  { audit, log }: Context,
  { caller, request, response }: Exchange,
  answer: () => Promise<Reply>,
): Promise<Reply> {
  const path = decodeURI(request.path).slice(prefix.length, 300);
  const write = async (object: string, outcome: string, said?: string) => {
    try {
      const detail = said === undefined ? {} : { detail: said };
      await audit.record({ actor: caller.name, action: route.name, object, outcome, ...detail });
    } catch (error) {
      const detail = redact(error instanceof Error ? error.message : String(error));
      log.error({ request: requestId(response), action: route.name, object, outcome, detail }, 'audit entry lost');
    }
  };
  try {
    const reply = await answer();
    if (!reply.onlyChecked && !reply.isInTrail) await write(reply.object ?? path, 'ok', reply.detail);
    return reply;
  } catch (error) {
    await write(path, codeOf(error));
    throw error;
  }
}

function send(response: Response, route: Route, { body, etag, immutable, headers = {} }: Reply): void {
  // Answers are for the one who asked; with a tag they may be kept, but must be checked before they are used again.
  const caching = immutable
    ? 'private, max-age=31536000, immutable'
    : etag === undefined
      ? 'no-store'
      : 'private, no-cache';
  response.set({ 'Cache-Control': caching, ...headers });
  if (etag !== undefined) response.set('ETag', etag);
  if (route.response === 'nothing') response.status(204).end();
  else if (route.response === 'file') response.type(route.media ?? 'application/json').send(body);
  else response.status(route.status ?? 200).json(body);
}

/** Aborts when the answer is no longer wanted: the connection is closed, or the process is about to end. */
function endOf(response: Response, closing: AbortSignal): AbortSignal {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  return AbortSignal.any([closing, gone.signal]);
}
