/** The API on real HTTP (port 0) over a real store, PKI and configuration, and a client that holds every answer against its schema. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { pino } from 'pino';

import type { Role } from '../../services/api/caller.ts';
import type { ApiDeps } from '../../services/api/deps.ts';
import type { Route } from '../../services/api/route.ts';
import { routes } from '../../services/api/routes.ts';
import { serve, type Listener, type ListenOptions } from '../../services/api/server.ts';
import { auditService } from '../../services/audit/service.ts';
import { apiService, type ApiService } from '../../services/api/service.ts';
import { scheduleService } from '../../services/backup/schedule/service.ts';
import { backupService } from '../../services/backup/service.ts';
import { sftpFolder } from '../../services/push/sftp.ts';
import { readHostKey } from '../../services/push/ssh.ts';
import { certificateService } from '../../services/certificates/service.ts';
import { configService } from '../../services/config/service.ts';
import { controllerSshKey } from '../../services/controller/ssh-key.ts';
import { NamedError } from '../../services/errors.ts';
import { machineService } from '../../services/machines/service.ts';
import { allowance } from '../../services/observe/probe/allowance.ts';
import { probeService } from '../../services/observe/probe/service.ts';
import { tlsTestService } from '../../services/observe/tls-test/service.ts';
import { alertService } from '../../services/observe/service.ts';
import { sessionService } from '../../services/observe/sessions/service.ts';
import { authorityService } from '../../services/pki/authority/service.ts';
import { signingRequests } from '../../services/pki/requests/service.ts';
import { pkiService } from '../../services/pki/service.ts';
import { platforms } from '../../services/platforms/registry.ts';
import { findings, parse } from '../../services/schema/parse.ts';
import type { Shapes } from '../../services/schema/types.generated.ts';
import { secretsService } from '../../services/secrets/service.ts';
import { embeddedStore } from '../../services/store/embedded.ts';
import type { Store } from '../../services/store/store.ts';
import { hostKey, membershipStandIn, pushStandIn, type PushStandIn } from './stand-ins.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: unknown;
  /** The body as a shape; fails when it is not of that shape. */
  as<S extends keyof Shapes>(shape: S): Shapes[S];
  /** The code of the problem; empty when it is none. */
  readonly problem: string;
}

export interface Ask {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Running {
  readonly url: string;
  readonly deps: Omit<ApiDeps, 'closing'>;
  readonly push: PushStandIn;
  readonly service: ApiService;
  readonly store: Store;
  readonly tokens: Readonly<Record<Role, string>>;
  /** Every line that was logged. */
  readonly log: readonly string[];
  /** Asks `METHOD /path`, below /api/v1 unless it stands at the root, as the admin unless told. */
  ask(request: string, options?: Ask): Promise<Answer>;
  /** Makes `name` a member. */
  join(name: string): Promise<void>;
  close(): Promise<void>;
}

export interface Arrangement {
  readonly deps?: (deps: Omit<ApiDeps, 'closing'>) => Partial<ApiDeps>;
  readonly listen?: Partial<ListenOptions>;
}

export async function running({ deps: changed = () => ({}), listen = {} }: Arrangement = {}): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'signet-api-'));
  const store = embeddedStore(join(folder, 'store.sqlite'));
  const now = () => new Date();
  const log: string[] = [];
  const secrets = await secretsService({ store, masterKey: randomBytes(32) });
  const pki = pkiService({ store, secrets, now });
  const machines = machineService({ store });
  const config = configService({ store, pki, machines, platforms, now });
  const push = pushStandIn(config, now);
  const authorities = authorityService({ store, secrets, pki, now });
  const sshKey = () => controllerSshKey(store, secrets);
  const requests = signingRequests({ store, secrets, now });
  const certificates = certificateService({ config, pki, requests, authorities, push, now });
  const vantages = { config, machines, certificates, pool: noGateways, lookUpMx: noDns, allow: allowance(now), now };
  const sessions = sessionService({ store, machines, read: noLog, now });
  const audit = auditService({ store, now, random: randomBytes });
  const backup = backupService({
    ...{ config, machines, pki, authorities, push, audit, platforms, store, secrets, sshKey, now },
  });
  const schedule = scheduleService({
    ...{ store, secrets, config, backup, sshKey, hostname: 'controller', now, random: randomBytes },
    ssh: { readHostKey, folder: sftpFolder },
  });
  const real = {
    ...{ store, pki, machines, config, push, now },
    audit,
    authorities,
    certificates,
    membership: membershipStandIn(config, machines),
    probes: probeService({ ...vantages, pki }),
    tlsTests: tlsTestService(vantages),
    alerts: alertService({ store, config, pki, authorities, push, sessions, saves: schedule, now }),
    sessions,
    backup,
    schedule,
    random: (size: number) => randomBytes(size),
    log: pino({ level: 'debug' }, { write: (line: string) => void log.push(line) }),
    about: { version: '0.1.0', store: 'embedded' as const, leader: () => true },
  };
  const deps = { ...real, ...changed(real) };
  const end = async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  };
  const listener = await serve(deps, { host: '127.0.0.1', port: 0, ...listen }).catch(async (error: unknown) => {
    await end();
    throw error;
  });
  const service = apiService(deps);
  const tokens = {
    admin: (await service.createToken({ name: 'anna', role: 'admin' })).token,
    operator: (await service.createToken({ name: 'otto', role: 'operator' })).token,
    viewer: (await service.createToken({ name: 'vera', role: 'viewer' })).token,
  };
  const ask = (request: string, options: Ask = {}) => answer(listener, request, { token: tokens.admin, ...options });
  return {
    ...{ url: listener.url, deps, push, service, store, tokens, log, ask },
    async join(name) {
      const host = `198.18.0.${name.length + Number(/\d+/.exec(name)?.[0] ?? 0)}`;
      const { status, text } = await ask('POST /machines', {
        body: { name, host, hostKey, bootstrap: { user: 'root' } },
      });
      assert.equal(status, 201, text);
    },
    async close() {
      await listener.close();
      await end();
    },
  };
}

const noGateways = {
  link: (id: string) => Promise.reject(new NamedError('unreachable', `no gateway ${id} is up in this test`)),
};

/** Every domain is without MX records. */
const noDns = () => Promise.resolve([]);

/** fetch adds `no-cache` to conditional requests by itself, which asks for the whole answer. */
export const uncached = { 'cache-control': 'max-age=0' } as const;

/** The path of a request, with its prefix. */
export function addressOf(path: string): string {
  return /^\/(health|crl)\b/.test(path) || path.startsWith('/api/') ? path : `/api/v1${path}`;
}

async function answer({ url }: Listener, request: string, { token = '', body, headers = {} }: Ask): Promise<Answer> {
  const [method = '', path = ''] = request.split(' ');
  const response = await fetch(url + addressOf(path), {
    method,
    headers: {
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('json') && text !== '';
  const json: unknown = isJson ? JSON.parse(text) : undefined;
  const out: Answer = {
    status: response.status,
    headers: response.headers,
    text,
    body: json,
    as: (shape) => parse(shape, json, request),
    problem: /"type":"urn:signet:problem:([a-z-]+)"/.exec(text)?.[1] ?? '',
  };
  checkShape(routeOf(method, path), out);
  return out;
}

/** Every answer, whatever the test is about, has the shape and status that its route declares. */
function checkShape(route: Route | undefined, { status, headers, text, body }: Answer): void {
  if (status >= 400) {
    assert.equal(headers.get('content-type'), 'application/problem+json; charset=utf-8');
    assert.deepEqual(findings('problem', body), [], text);
    assert.equal((body as { readonly status: number }).status, status);
    return;
  }
  if (!route || status === 304) return;
  assert.equal(status, route.response === 'nothing' ? 204 : (route.status ?? 200));
  if (route.response === 'nothing') assert.equal(text, '');
  else if (route.response !== 'events' && route.response !== 'file')
    assert.deepEqual(findings(route.response, body), [], text);
}

/** The route that answers, preferring the one without parameters, as the table's order does. */
export function routeOf(method: string, path: string): Route | undefined {
  const plain = path.replace(/\?.*$/s, '').replace(/^\/api\/v1/, '');
  return routes.find(
    (route) =>
      route.method === method.toLowerCase() &&
      new RegExp(`^${route.path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(plain),
  );
}

/** The machines of these tests have no log, and no gateway to read one from. */
function noLog(): Promise<never> {
  return Promise.reject(new NamedError('unreachable', 'there is no gateway here', { transient: true }));
}
