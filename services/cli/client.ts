/** Speaks HTTP with the controller: JSON both ways, problems as failures, and event streams. */
import { request as plainRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import type { Socket } from 'node:net';

import type { Finding } from '../errors.ts';
import type { Connection } from './connection.ts';
import { Failure } from './failure.ts';

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** From the root of the controller, its parts already encoded. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

export interface Client {
  /** The parsed answer; undefined when it has no content. Throws `Failure` for a problem or no answer. */
  json(call: Call): Promise<unknown>;
  /** The answer as it came. */
  bytes(call: Call): Promise<Buffer>;
  text(call: Call): Promise<string>;
  /** The events of a stream until the controller ends it; throws `unreachable` when it breaks off or falls silent. */
  events(call: Call): AsyncGenerator<ServerEvent>;
}

const connectSeconds = 10;
// Joining a machine waits for SSH on the other side; the controller itself gives up well before this.
const answerSeconds = 180;
const silenceSeconds = 60;

export function client(connection: Connection): Client {
  async function bytes(call: Call): Promise<Buffer> {
    const response = await exchange(connection, call, answerSeconds);
    try {
      const body = await read(response);
      if ((response.statusCode ?? 500) >= 400) throw problem(connection, response, body.toString());
      return body;
    } catch (error) {
      throw error instanceof Failure ? error : unreachable(connection, error);
    }
  }
  async function text(call: Call): Promise<string> {
    return (await bytes(call)).toString();
  }
  return {
    bytes,
    text,
    async json(call) {
      const body = await text(call);
      return body === '' ? undefined : parseJson(connection, body);
    },
    async *events(call) {
      const response = await exchange(
        connection,
        { ...call, headers: { ...call.headers, accept: 'text/event-stream' } },
        silenceSeconds,
      );
      if ((response.statusCode ?? 500) >= 400) {
        throw problem(connection, response, (await read(response)).toString());
      }
      try {
        yield* parseEvents(response);
      } catch (error) {
        throw unreachable(connection, error);
      }
    },
  };
}

/** Encodes the parts of a path: what a person typed must not reach another resource. */
export function path(...parts: readonly (string | number)[]): string {
  return parts.map((part) => `/${encodeURIComponent(part)}`).join('');
}

async function exchange(connection: Connection, call: Call, seconds: number): Promise<IncomingMessage> {
  const secure = connection.url.protocol === 'https:';
  const send = secure ? (await import('node:https')).request : plainRequest;
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  const options: RequestOptions & { readonly ca?: string } = {
    method: call.method,
    hostname: connection.url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: connection.url.port,
    path: `${connection.url.pathname.replace(/\/$/, '')}${call.path}`,
    headers: {
      accept: 'application/json',
      ...(connection.token === undefined ? {} : { authorization: `Bearer ${connection.token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      ...call.headers,
    },
    ...(call.signal ? { signal: call.signal } : {}),
    ...(connection.ca === undefined ? {} : { ca: connection.ca }),
  };
  return new Promise((resolve, reject) => {
    const request = send(options, resolve);
    request.on('error', (error) => reject(unreachable(connection, error)));
    request.setTimeout(seconds * 1000, () => request.destroy(new Error(`no answer within ${seconds} s`)));
    request.on('socket', (socket) => limitConnecting(socket, secure, (error) => request.destroy(error)));
    request.end(body);
  });
}

function limitConnecting(socket: Socket, secure: boolean, giveUp: (error: Error) => void): void {
  if (!socket.connecting) return;
  const timer = setTimeout(() => giveUp(new Error(`no connection within ${connectSeconds} s`)), connectSeconds * 1000);
  const stop = () => clearTimeout(timer);
  socket.once(secure ? 'secureConnect' : 'connect', stop).once('close', stop);
}

async function read(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function* parseEvents(response: IncomingMessage): AsyncGenerator<ServerEvent> {
  response.setEncoding('utf8');
  let rest = '';
  for await (const chunk of response) {
    const blocks = (rest + (chunk as string)).replaceAll('\r\n', '\n').split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = block.split('\n').map((line) => /^(\w+): ?(.*)$/.exec(line));
      const values = (name: string) => fields.flatMap((field) => (field?.[1] === name ? [field[2] ?? ''] : []));
      // Blocks of comments alone are there to keep proxies from closing the stream.
      if (values('event').length + values('data').length === 0) continue;
      yield { name: values('event').at(-1) ?? 'message', data: values('data').join('\n') };
    }
  }
}

function parseJson(connection: Connection, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw stranger(connection, cause);
  }
}

function stranger(connection: Connection, cause?: unknown): Failure {
  return new Failure('failed', `what answers at ${connection.url.origin} is no Signet controller; correct SIGNET_URL`, {
    cause,
  });
}

/** What the controller said no with. A 4xx is a refusal: nothing has changed. A 5xx is a failure. */
function problem(connection: Connection, response: IncomingMessage, body: string): Failure {
  const status = response.statusCode ?? 500;
  const found = /^application\/(problem\+)?json/.test(response.headers['content-type'] ?? '')
    ? tryJson(body)
    : undefined;
  if (typeof found?.['type'] !== 'string') return stranger(connection);
  const findings = Array.isArray(found['errors']) ? (found['errors'] as readonly Finding[]) : [];
  const detail = sentence(found) ?? `the controller failed inside (status ${status}); its log says why`;
  const kind = status < 500 ? 'refused' : 'failed';
  return new Failure(kind, status === 401 ? signIn(connection) : detail, { findings, problem: found });
}

function tryJson(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(body) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

function sentence(found: Readonly<Record<string, unknown>>): string | undefined {
  return [found['detail'], found['title']].find((text) => typeof text === 'string' && text !== '') as
    string | undefined;
}

function signIn({ token, tokenSource, url }: Connection): string {
  return token === undefined
    ? `${url.origin} wants a token and there is none in ${tokenSource}; set SIGNET_TOKEN_FILE to the file that holds yours`
    : `${url.origin} does not accept the token from ${tokenSource}; ask an administrator for a new one (signet token create)`;
}

const untrusted = /CERT|SELF_SIGNED|UNABLE_TO/;

function unreachable({ url }: Connection, cause: unknown): Failure {
  if (cause instanceof Failure) return cause;
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const text = untrusted.test(code)
    ? `the certificate of ${url.origin} is not trusted (${message}); set SIGNET_CA to a file with the CA it comes from`
    : `no controller answers at ${url.origin} (${code || message}); start signetd, or set SIGNET_URL to where it listens`;
  return new Failure('unreachable', text, { cause });
}
