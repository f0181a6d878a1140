/** What a route is: data that validation, role checks, the OpenAPI document and the tests all read. */
import type { PathParameters, Shapes } from '../schema/types.generated.ts';
import type { Caller, Role } from './caller.ts';
import type { Context } from './deps.ts';
import type { ServerEvent } from './sse.ts';

/** Where the API stands; only what anyone may ask without a version, such as /health, is beside it. */
export const prefix = '/api/v1';

/** The request as a handler sees it: checked and typed. */
export interface Asked<Parameters = unknown, Query = unknown, Body = unknown> {
  readonly caller: Caller;
  readonly parameters: Parameters;
  readonly query: Query;
  readonly body: Body;
  /** The If-Match header, for routes that declare it. */
  readonly ifMatch: string | undefined;
  readonly lastEventId: string | undefined;
  /** Aborts when the client is gone or the process is about to end. */
  readonly signal: AbortSignal;
}

/** What a handler answers. */
export interface Reply<Body = unknown> {
  readonly body: Body;
  /** A strong entity tag (RFC 9110 8.8.3), quotes included. */
  readonly etag?: string;
  /** Never changes again under its address. */
  readonly immutable?: true;
  readonly headers?: Readonly<Record<string, string>>;
  /** What was acted on, for the audit trail, when the path alone does not say it. */
  readonly object?: string;
  /** What is said of it in the audit trail. */
  readonly detail?: string;
  /** It was only looked at, so there is nothing for the audit trail. */
  readonly onlyChecked?: boolean | undefined;
  /** It put itself into the audit trail, with what it did. */
  readonly isInTrail?: true;
}

export interface Route {
  /** The operationId; in the audit trail, the action. */
  readonly name: string;
  readonly method: 'get' | 'post' | 'delete';
  /** As OpenAPI spells it, below the prefix: `/machines/{machine}`. */
  readonly path: string;
  /** Stands beside the prefix, not below it. */
  readonly atRoot?: true;
  /** The lowest role that may call it; `anyone` needs no token. */
  readonly role: Role | 'anyone';
  readonly summary: string;
  /** The shape of the query. */
  readonly query?: keyof Shapes;
  /** The shape of the body. */
  readonly request?: keyof Shapes;
  /** Largest body in bytes; 1 MB when left out. */
  readonly bodyLimit?: number;
  /** The shape of the answer; `nothing` is 204, `events` a stream of server-sent events, `file` what is sent as it is. */
  readonly response: keyof Shapes | 'nothing' | 'events' | 'file';
  /** The media type of a file; JSON when left out. */
  readonly media?: string;
  /** The shape of a file in JSON, which is sent as it is and so not checked again. */
  readonly file?: keyof Shapes;
  readonly status?: 201;
  readonly ifMatch?: true;
  /** Answers with an ETag and knows If-None-Match. */
  readonly etag?: true;
  readonly handle: (context: Context, asked: Asked) => Promise<Reply>;
}

/** The names in a path: `machine` in `/machines/{machine}/status`. */
type Names<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;

type Answer<Response> = Response extends keyof Shapes
  ? Shapes[Response]
  : Response extends 'events'
    ? AsyncIterable<ServerEvent>
    : Response extends 'file'
      ? string | Uint8Array
      : undefined;

/** A route whose handler is typed by what it declares. */
export function route<
  const Path extends string,
  const Response extends Route['response'],
  const Query extends keyof Shapes | undefined = undefined,
  const Request extends keyof Shapes | undefined = undefined,
>(
  declared: Omit<Route, 'path' | 'response' | 'query' | 'request' | 'handle'> & {
    readonly path: Path;
    readonly response: Response;
    readonly query?: Query & {};
    readonly request?: Request & {};
    readonly handle: (
      context: Context,
      asked: Asked<
        Required<Pick<PathParameters, Names<Path> & keyof PathParameters>>,
        Query extends keyof Shapes ? Shapes[Query] : undefined,
        Request extends keyof Shapes ? Shapes[Request] : undefined
      >,
    ) => Promise<Reply<Answer<Response>>>;
  },
): Route {
  // The pipeline checks parameters, query and body against exactly these shapes before it calls the handler.
  return declared as unknown as Route;
}
