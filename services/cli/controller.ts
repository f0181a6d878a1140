/** Every operation of the API by name: the one place of the command line that spells routes. */
import type {
  CertificateRequest,
  Manifest,
  MachineStatus,
  Operation,
  Revision,
  Rollout,
} from '../schema/types.generated.ts';
import type * as Answer from './answers.ts';
import { path, type Client, type ServerEvent } from './client.ts';

export type CertificateSource =
  | { readonly create: CertificateRequest }
  | { readonly pkcs12: string; readonly password: string }
  | { readonly pem: string; readonly passphrase?: string };

export interface CommitRequest {
  readonly comment: string;
  readonly rollout: boolean;
}

export type Controller = ReturnType<typeof controller>;

const api = '/api/v1';

export function controller(client: Client) {
  async function get<T>(route: string, query: Query = {}): Promise<T> {
    return (await client.json({ method: 'GET', path: api + route + search(query) })) as T;
  }
  async function post<T>(
    route: string,
    body: unknown = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<T> {
    return (await client.json({ method: 'POST', path: api + route, body, headers })) as T;
  }
  const level = (text: string) => path(...text.split('/'));
  return {
    health: () => client.json({ method: 'GET', path: '/health' }) as Promise<Answer.Health>,

    machines: () => get<{ readonly machines: readonly Answer.MachineView[] }>('/machines'),
    machine: (name: string) => get<Answer.MachineView>(path('machines', name)),
    planJoin: (request: Answer.JoinRequest) => post<Answer.JoinPlan>('/machines/plan', request),
    join: (request: Answer.AcceptedJoin) => post<Answer.Joined>('/machines', request),
    effective: (machine: string, revision?: number) =>
      get<Answer.EffectiveView>(path('machines', machine, 'effective'), { revision }),
    explain: (machine: string, pointer: string, revision?: number) =>
      get<Answer.Explanation>(path('machines', machine, 'explain'), { path: pointer, revision }),
    manifest: (machine: string, revision?: number) =>
      get<Manifest>(path('machines', machine, 'manifest'), { revision }),
    status: (machine: string) => get<MachineStatus>(path('machines', machine, 'status')),
    probe: (machine: string) => post<MachineStatus>(path('machines', machine, 'probe')),
    planLeave: (machine: string) => get<Answer.LeavePlan>(path('machines', machine, 'leave-plan')),
    leave: (machine: string, options: { readonly restoreOriginal: boolean; readonly force: boolean }) =>
      post<Answer.Left>(path('machines', machine, 'leave'), options),

    groups: () => get<{ readonly groups: readonly Answer.GroupView[] }>('/groups'),
    layer: (name: string) => get<Answer.LayerView>(`/layers${level(name)}`),

    draft: () => get<Answer.DraftView>('/drafts/me'),
    amend: (operations: readonly Operation[]) =>
      post<Pick<Answer.DraftView, 'draft'>>('/drafts/me/operations', { operations }),
    discard: () => client.json({ method: 'DELETE', path: `${api}/drafts/me` }),
    diffDraft: () => get<Answer.DiffView>('/drafts/me/diff'),
    commit: (request: CommitRequest, expected?: number) =>
      post<Answer.Committed>(
        '/drafts/me/commit',
        request,
        expected === undefined ? {} : { 'if-match': `"r${expected}"` },
      ),

    revisions: (query: { readonly before?: number | undefined; readonly limit?: number | undefined }) =>
      get<{ readonly revisions: readonly Revision[] }>('/revisions', query),
    revision: (n: number) => get<Answer.RevisionView>(path('revisions', n)),
    diffRevisions: (from: number, to: number, machine?: string) =>
      get<Answer.DiffView>(path('revisions', from, 'diff', to), { machine }),
    rollback: (n: number, request: CommitRequest) => post<Answer.RolledBack>(path('revisions', n, 'rollback'), request),

    rollouts: () => get<{ readonly rollouts: readonly Rollout[] }>('/rollouts'),
    rollout: (id: number) => get<Answer.RolloutView>(path('rollouts', id)),
    startRollout: (request: Answer.RolloutRequest) => post<Answer.RolloutView>('/rollouts', request),
    stopRollout: (id: number) => post<Answer.RolloutView>(path('rollouts', id, 'stop')),
    revertRollout: (id: number) => post<Answer.RolloutView>(path('rollouts', id, 'revert')),
    rolloutEvents: (id: number, signal: AbortSignal): AsyncGenerator<ServerEvent> =>
      client.events({ method: 'GET', path: api + path('rollouts', id, 'events'), signal }),

    certificates: () => get<{ readonly certificates: readonly Answer.CertificateView[] }>('/certificates'),
    certificate: (at: string, name: string) =>
      get<Answer.CertificateView & { readonly pem: string }>(`/certificates${level(at)}${path(name)}`),
    bindCertificate: (at: string, name: string, source: CertificateSource) =>
      post<Answer.CertificateBound>(`/certificates${level(at)}${path(name)}`, source),
    storeBundle: (pem: string) => post<Answer.BundleStored>('/trust-bundles', { pem }),

    saveConfiguration: (passphrase: string, revision?: number) =>
      client.text({ method: 'POST', path: `${api}/configuration-files`, body: { passphrase, revision } }),
    loadConfiguration: (file: string, passphrase: string) =>
      post<Answer.Loaded>('/configuration-files/load', { file, passphrase }),

    audit: (query: { readonly before?: string | undefined; readonly limit?: number | undefined }) =>
      get<{ readonly entries: readonly Answer.AuditEntry[] }>('/audit', query),
    tokens: () => get<{ readonly tokens: readonly Answer.TokenView[] }>('/tokens'),
    createToken: (request: { readonly name: string; readonly role: string; readonly days?: number }) =>
      post<Answer.TokenView & { readonly token: string }>('/tokens', request),
    revokeToken: (id: string) => client.json({ method: 'DELETE', path: api + path('tokens', id) }),
  } as const;
}

type Query = Readonly<Record<string, string | number | undefined>>;

function search(query: Query): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, String(value));
  return given.size === 0 ? '' : `?${given.toString()}`;
}
