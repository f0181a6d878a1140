/** A controller that only plays back: real HTTP, fixed answers, held against the route table and the schemas of the real one. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { prefix, type Route } from '../../services/api/route.ts';
import { routes } from '../../services/api/routes.ts';
import { findings } from '../../services/schema/parse.ts';

export interface Recorded {
  readonly status: number;
  readonly body: unknown;
  /** Only for requests whose body has this text. */
  readonly about?: string;
}

/** What an event stream does next: send an event, break off, or stay open. */
export type StreamStep = { readonly event: string; readonly data: unknown } | 'cut' | 'hold';

export interface Recording {
  /** By `METHOD /path?query`; several are given one after the other, the last one again and again. */
  readonly answers: ReadonlyMap<string, readonly Recorded[]>;
  /** By path: what each connection in turn gets. */
  readonly streams: ReadonlyMap<string, readonly (readonly StreamStep[])[]>;
}

export interface Asked {
  readonly call: string;
  readonly body: unknown;
  readonly ifMatch: string | undefined;
}

export interface RecordedController {
  readonly url: string;
  readonly asked: readonly Asked[];
  /** What a request or an answer does that the real API would not. */
  readonly faults: readonly string[];
  close(): Promise<void>;
}

/** The only token it accepts. */
export const goodToken = 'signet_test_accepted';

export async function recordedController(recording: Recording): Promise<RecordedController> {
  const asked: Asked[] = [];
  const faults: string[] = [];
  const used = new Map<string, number>();
  const next = <T>(key: string, list: readonly T[] | undefined): T | undefined => {
    const index = used.get(key) ?? 0;
    used.set(key, index + 1);
    return list?.[Math.min(index, list.length - 1)];
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = `${request.method ?? ''} ${request.url ?? ''}`;
    const text = await read(request);
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    asked.push({ call, body, ifMatch: request.headers['if-match'] });
    const [path = ''] = (request.url ?? '').split('?');
    const route = routeOf(request.method ?? '', path);
    if (!route) {
      faults.push(`the API has no ${call}`);
    } else if (route.request) {
      for (const { detail } of findings(route.request, body)) faults.push(`${call}: ${detail}`);
    }
    if (route?.role !== 'anyone' && request.headers.authorization !== `Bearer ${goodToken}`) {
      answer(response, unauthenticated);
      return;
    }
    const stream = recording.streams.get(path);
    if (stream && route?.response === 'events') {
      await play(response, next(path, stream) ?? []);
      return;
    }
    const known = recording.answers.get(call) ?? recording.answers.get(`${request.method ?? ''} ${path}`);
    const fitting = known?.filter(({ about }) => about === undefined || text.includes(about));
    const about = fitting?.[0]?.about;
    const found =
      next(
        `${call} ${about ?? ''}`,
        fitting?.filter((one) => one.about === about),
      ) ?? notFound;
    if (route && found.status < 300)
      faults.push(...answerFaults(route, found).map((fault) => `${call} answers what the API does not: ${fault}`));
    answer(response, found);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      faults.push(String(error));
      response.destroy();
    });
  });
  await listening(server);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    faults,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What is wrong with a recorded answer, by the schema of the route it is for. */
export function answerFaults({ response }: Route, { body }: Recorded): readonly string[] {
  if (response === 'nothing') return body === undefined ? [] : ['a body'];
  if (response === 'events' || response === 'file') return [];
  return findings(response, body).map(({ detail }) => detail);
}

/** The route of the real API that `path` is for. */
export function routeOf(method: string, path: string): Route | undefined {
  return routes.find((route) => {
    const whole = (route.atRoot ? '' : prefix) + route.path;
    const pattern = whole.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+');
    return route.method === method.toLowerCase() && new RegExp(`^${pattern}$`).test(path);
  });
}

const unauthenticated: Recorded = {
  status: 401,
  body: {
    type: 'urn:signet:problem:unauthenticated',
    title: 'A valid token is needed',
    status: 401,
    detail: 'the token is not known',
    instance: 'urn:uuid:00000000-0000-4000-8000-000000000000',
  },
};

const notFound: Recorded = {
  status: 404,
  body: {
    type: 'urn:signet:problem:not-found',
    title: 'There is no such thing',
    status: 404,
    detail: 'nothing of the kind is recorded; see the list of machines',
    instance: 'urn:uuid:00000000-0000-4000-8000-000000000000',
  },
};

function answer(response: ServerResponse, { status, body }: Recorded): void {
  if (body === undefined) {
    response.writeHead(status).end();
    return;
  }
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  response.writeHead(status, { 'content-type': type }).end(typeof body === 'string' ? body : JSON.stringify(body));
}

async function play(response: ServerResponse, steps: readonly StreamStep[]): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(':\n\n');
  for (const step of steps) {
    if (step === 'hold') return;
    if (step === 'cut') {
      await new Promise((resolve) => setTimeout(resolve, 50));
      response.destroy();
      return;
    }
    response.write(`event: ${step.event}\ndata: ${JSON.stringify(step.data)}\n\n`);
  }
  response.end();
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}
