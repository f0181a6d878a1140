/** The API's own shell over the store: tokens and the stream of changes. The only file here that touches it. */
import { isNamed, NamedError } from '../errors.ts';
import { findings, parse } from '../schema/parse.ts';
import type { Shapes, TokenCreated, TokenRecord, TokenRequest, TokenView } from '../schema/types.generated.ts';
import { follow, type Gap } from '../store/follow.ts';
import { keys } from '../store/keys.ts';
import { readAll } from '../store/read-all.ts';
import type { Change, Entry, Store } from '../store/store.ts';
import type { Caller } from './caller.ts';
import type { ServerEvent } from './sse.ts';
import { digestOf, formatToken, matches, readToken, tokenParts, tokenSize } from './token-text.ts';

export interface ApiService {
  /** Makes a token; the answer is the only place where its secret ever shows. */
  createToken(request: TokenRequest): Promise<TokenCreated>;
  tokens(): Promise<readonly TokenView[]>;
  /** From then on it opens nothing. The last admin token stays, since nobody could make another one. */
  revokeToken(id: string): Promise<void>;
  /** Whose token it is; undefined when it is unknown, wrong or expired. */
  authenticate(token: string): Promise<Caller | undefined>;
  /** When there is no token at all: makes one for an admin and returns it, to be written to a 0600 file. */
  firstAdminToken(): Promise<string | undefined>;
  /** Revisions, rollouts and statuses as they change, after the store's revision `after` (or from now on), until `signal` aborts. */
  changes(after: number | undefined, signal: AbortSignal): AsyncIterable<ServerEvent>;
}

export interface ApiServiceDeps {
  readonly store: Store;
  readonly now: () => Date;
  /** As many unpredictable bytes as asked for. */
  readonly random: (size: number) => Uint8Array;
}

export function apiService({ store, now, random }: ApiServiceDeps): ApiService {
  async function records(): Promise<readonly TokenRecord[]> {
    return (await readAll(store, keys.tokens)).map(readRecord);
  }

  async function add(id: string, secret: string, { name, role, days }: TokenRequest): Promise<TokenCreated> {
    const created = now();
    const expires =
      days === undefined ? undefined : new Date(created.getTime() + days * 24 * 3600 * 1000).toISOString();
    const view: TokenView = {
      id,
      name,
      role,
      created: created.toISOString(),
      ...(expires === undefined ? {} : { expires }),
    };
    const record: TokenRecord = { ...view, digest: digestOf(secret) };
    const { applied } = await store.transact({
      compare: [{ key: keys.token(id), absent: true }],
      writes: [{ put: keys.token(id), value: JSON.stringify(record) }],
    });
    if (!applied) throw new NamedError('already-exists', `there is a token with the id ${id} already; try again`);
    return { ...view, token: formatToken({ id, secret }) };
  }

  return {
    async createToken(request) {
      // Drafts and commits carry the name, so two tokens must not share one; `me` stands for the caller in paths.
      if (request.name === 'me')
        throw new NamedError('invalid-input', 'a token cannot be named me; choose another name');
      const present = await records();
      if (present.some(({ name, expires }) => name === request.name && !isOver(expires, now()))) {
        throw new NamedError(
          'already-exists',
          `there is a token named ${request.name}; revoke it or choose another name`,
        );
      }
      const { id, secret } = tokenParts(random(tokenSize));
      return add(id, secret, request);
    },

    async tokens() {
      return (await records()).map(({ digest: _digest, ...view }) => view);
    },

    async revokeToken(id) {
      const present = await records();
      const token = present.find((record) => record.id === id);
      if (!token) throw new NamedError('not-found', `there is no token with the id ${id}; see the list of tokens`);
      const others = present.filter((record) => record.id !== id && !isOver(record.expires, now()));
      if (token.role === 'admin' && !others.some(({ role }) => role === 'admin')) {
        throw new NamedError(
          'invalid-input',
          `${token.name} is the last admin token; make another one before it is revoked`,
        );
      }
      await store.transact({ compare: [], writes: [{ delete: keys.token(id) }] });
    },

    async authenticate(text) {
      const token = readToken(text);
      const entry = token && (await store.get(keys.token(token.id)));
      if (!entry) return undefined;
      const { name, role, digest, expires } = readRecord(entry);
      return matches(token.secret, digest) && !isOver(expires, now()) ? { name, role } : undefined;
    },

    async firstAdminToken() {
      if ((await store.range(keys.tokens, { limit: 1 })).entries.length > 0) return undefined;
      const { secret } = tokenParts(random(tokenSize));
      try {
        // A fixed id: of several controllers that start at once only one makes it.
        return (await add('admin', secret, { name: 'admin', role: 'admin' })).token;
      } catch (error) {
        if (isNamed(error, 'already-exists')) return undefined;
        throw error;
      }
    },

    changes: (after, signal) => changes(store, after, signal),
  };
}

function readRecord({ key, value }: Entry): TokenRecord {
  return parse('token-record', JSON.parse(value), `the record ${key}`);
}

function isOver(expires: string | undefined, now: Date): boolean {
  return expires !== undefined && Date.parse(expires) <= now.getTime();
}

/** The records whose changes are worth telling, by the prefix of their keys. */
const told = [
  { prefix: keys.revisions, event: 'revision', shape: 'revision' },
  { prefix: keys.rollouts, event: 'rollout', shape: 'rollout' },
  { prefix: keys.statuses, event: 'status', shape: 'status' },
] as const satisfies readonly { readonly prefix: string; readonly event: string; readonly shape: keyof Shapes }[];

async function* changes(store: Store, after: number | undefined, signal: AbortSignal): AsyncGenerator<ServerEvent> {
  const seen = after ?? (await store.range(keys.head, { limit: 1 })).revision;
  // One watch over everything: ids only resume without a gap when events come in the order of the store.
  for await (const change of follow(store, '', seen + 1, signal)) yield* asEvent(change);
}

function* asEvent(change: Change | Gap): Generator<ServerEvent> {
  if (change.kind === 'gap') yield { event: 'reset', id: String(change.revision), data: {} };
  if (change.kind !== 'put') return;
  const kind = told.find(({ prefix }) => change.key.startsWith(prefix));
  if (!kind) return;
  const data: unknown = JSON.parse(change.value);
  if (findings(kind.shape, data).length === 0) yield { event: kind.event, id: String(change.revision), data };
}
