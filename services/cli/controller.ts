/** Every operation of the API by name: the one place of the command line that spells routes. */
import type * as Shape from '../schema/types.generated.ts';
import { path, type Client, type ServerEvent } from './client.ts';

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
    health: () => client.json({ method: 'GET', path: '/health' }) as Promise<Shape.Health>,

    machines: (all = false) => get<Shape.MachineList>(all ? '/machines?all=true' : '/machines'),
    archives: () => get<Shape.ArchiveList>('/archives'),
    archive: (id: string) => get<Shape.Archive>(path('archives', id)),
    compareArchive: (id: string, to: Shape.ComparisonQuery) =>
      get<Shape.ArchiveComparison>(path('archives', id, 'comparison'), { ...to }),
    archivedFiles: (id: string) => get<Shape.ArchivedFiles>(path('archives', id, 'files')),
    forgetMachine: (machine: string) => client.json({ method: 'DELETE', path: api + path('machines', machine) }),
    deleteArchive: (id: string) => client.json({ method: 'DELETE', path: api + path('archives', id) }),
    machine: (name: string) => get<Shape.MachineView>(path('machines', name)),
    hostKey: (at: Shape.HostKeyRequest) => post<Shape.HostKey>('/machines/host-key', at),
    planJoin: (request: Shape.JoinRequest) => post<Shape.JoinPlan>('/join-plans', request),
    joinPlan: (id: string) => get<Shape.JoinPlan>(path('join-plans', id)),
    join: (request: Shape.AcceptedJoin) => post<Shape.Joined>('/machines', request),
    effective: (machine: string, revision?: number) =>
      get<Shape.EffectiveView>(path('machines', machine, 'effective'), { revision }),
    explain: (machine: string, pointer: string, revision?: number) =>
      get<Shape.Explanation>(path('machines', machine, 'explain'), { path: pointer, revision }),
    explainSender: (machine: string, query: Shape.SenderQuery) =>
      get<Shape.SenderExplanation>(path('machines', machine, 'explain-sender'), { ...query }),
    manifest: (machine: string, revision?: number) =>
      get<Shape.Manifest>(path('machines', machine, 'manifest'), { revision }),
    status: (machine: string) => get<Shape.MachineStatus>(path('machines', machine, 'status')),
    probe: (machine: string) => post<Shape.MachineStatus>(path('machines', machine, 'probe')),
    disconnect: (name: string, options: Shape.DisconnectOptions) =>
      post<Shape.Disconnected>(path('machines', name, 'disconnect'), options),
    planReconnect: (name: string, look: Shape.ReconnectLook) =>
      post<Shape.ReconnectPlan>(path('machines', name, 'reconnect-plan'), look),
    reconnect: (name: string, options: Shape.ReconnectOptions) =>
      post<Shape.Reconnected>(path('machines', name, 'reconnect'), options),
    planLeave: (machine: string) => get<Shape.LeavePlan>(path('machines', machine, 'leave-plan')),
    leave: (machine: string, options: Shape.LeaveOptions) =>
      post<Shape.Left>(path('machines', machine, 'leave'), options),

    groups: () => get<Shape.GroupList>('/groups'),
    pins: (revision?: number) => get<Shape.PinList>('/pins', { revision }),
    overrides: (query: Shape.OverrideQuery) => get<Shape.OverrideList>('/overrides', { ...query }),
    layer: (name: string) => get<Shape.LayerView>(`/layers${level(name)}`),

    draft: () => get<Shape.DraftView>('/drafts/me'),
    amend: (operations: readonly Shape.DraftChange[]) => post<Shape.DraftView>('/drafts/me/operations', { operations }),
    planDraft: (operations: readonly Shape.DraftChange[]) => post<Shape.DraftPlan>('/drafts/me/plan', { operations }),
    discard: () => client.json({ method: 'DELETE', path: `${api}/drafts/me` }),
    rebase: (keep: Shape.RebaseOptions['keep']) => post<Shape.DraftView>('/drafts/me/rebase', { keep }),
    diffDraft: () => get<Shape.DraftDiff>('/drafts/me/diff'),
    commit: (request: Shape.CommitOptions, expected?: number) =>
      post<Shape.Committed>(
        '/drafts/me/commit',
        request,
        expected === undefined ? {} : { 'if-match': `"r${expected}"` },
      ),

    revisions: (query: { readonly before?: number | undefined; readonly limit?: number | undefined }) =>
      get<Shape.RevisionList>('/revisions', query),
    revision: (n: number) => get<Shape.RevisionView>(path('revisions', n)),
    diffRevisions: (from: number, to: number, machine?: string) =>
      get<Shape.RevisionDiff>(path('revisions', from, 'diff', to), { machine }),
    rollback: (n: number, request: Shape.CommitOptions) =>
      post<Shape.RolledBack>(path('revisions', n, 'rollback'), request),

    rollouts: () => get<Shape.RolloutList>('/rollouts'),
    rollout: (id: number) => get<Shape.RolloutView>(path('rollouts', id)),
    startRollout: (request: Shape.RolloutOptions) => post<Shape.RolloutView>('/rollouts', request),
    stopRollout: (id: number) => post<Shape.RolloutView>(path('rollouts', id, 'stop')),
    revertRollout: (id: number) => post<Shape.RolloutView>(path('rollouts', id, 'revert')),
    rolloutEvents: (id: number, signal: AbortSignal): AsyncGenerator<ServerEvent> =>
      client.events({ method: 'GET', path: api + path('rollouts', id, 'events'), signal }),

    certificates: () => get<Shape.CertificateList>('/certificates'),
    certificate: (at: string, name: string) => get<Shape.CertificateDetail>(`/certificates${level(at)}${path(name)}`),
    bindCertificate: (at: string, name: string, source: Shape.CertificateSource) =>
      post<Shape.CertificateAdded>(`/certificates${level(at)}${path(name)}`, source),
    signingRequests: () => get<Shape.SigningRequestList>('/signing-requests'),
    withdrawSigningRequest: (key: string) =>
      client.json({ method: 'DELETE', path: api + path('signing-requests', key) }),
    requestCertificate: (at: string, name: string, options: Shape.SigningRequestOptions) =>
      post<Shape.SigningRequestMade>(`/certificates${level(at)}${path(name, 'requests')}`, options),
    answerCertificate: (at: string, name: string, answer: Shape.CertificateAnswer) =>
      post<Shape.CertificateAdded>(`/certificates${level(at)}${path(name, 'answers')}`, answer),
    renewCertificate: (at: string, name: string, options: Shape.RenewalOptions) =>
      post<Shape.CertificateAdded>(`/certificates${level(at)}${path(name, 'renewals')}`, options),
    exportPkcs12: (at: string, name: string, options: Shape.Pkcs12Options) =>
      post<Shape.Pkcs12File>(`/certificates${level(at)}${path(name, 'pkcs12')}`, options),
    exportKey: (at: string, name: string, options: Shape.KeyOptions) =>
      post<Shape.PrivateKey>(`/certificates${level(at)}${path(name, 'key')}`, options),
    authorities: () => get<Shape.AuthorityList>('/authorities'),
    authority: (name: string) => get<Shape.AuthorityView>(path('authorities', name)),
    createAuthority: (request: Shape.AuthorityRequest) => post<Shape.AuthorityView>('/authorities', request),
    renewAuthority: (name: string, request: Shape.AuthorityRenewal) =>
      post<Shape.AuthorityView>(path('authorities', name, 'renewals'), request),
    authorityBundle: (name: string) => client.text({ method: 'GET', path: api + path('authorities', name, 'bundle') }),
    issuedCertificates: (name: string, after?: string) =>
      get<Shape.IssuedList>(path('authorities', name, 'certificates'), { after }),
    signRequest: (name: string, request: Shape.CertificateSigning) =>
      post<Shape.SignedCertificate>(path('authorities', name, 'certificates'), request),
    revokeCertificate: (name: string, serial: string, request: Shape.Revocation) =>
      post<Shape.IssuedCertificate>(path('authorities', name, 'certificates', serial, 'revocation'), request),
    revocationList: (name: string) => client.bytes({ method: 'GET', path: path('crl', `${name}.crl`) }),

    trustLists: () => get<Shape.TrustLists>('/trust-lists'),
    trustBundle: (bundle: string) => get<Shape.TrustBundleDetail>(path('trust-bundles', bundle)),
    storeBundle: (pem: string) => post<Shape.TrustBundle>('/trust-bundles', { pem }),

    saveConfiguration: (options: Shape.SaveOptions) =>
      client.text({ method: 'POST', path: `${api}/configuration-files`, body: options }),
    loadConfiguration: (options: Shape.LoadOptions) => post<Shape.LoadResult>('/configuration-files/load', options),
    planLoad: (options: Shape.LoadOptions) => post<Shape.LoadPlan>('/configuration-files/plan', options),
    verifyConfiguration: (options: Shape.VerifyOptions) =>
      post<Shape.FileVerification>('/configuration-files/verify', options),
    takeOver: (options: Shape.TakeOverOptions) => post<Shape.TakeOver>('/configuration-files/take-over', options),
    saveSchedule: () => get<Shape.SaveScheduleView>('/configuration-files/schedule'),
    setSaveSchedule: (request: Shape.SaveScheduleRequest) =>
      post<Shape.SaveScheduleView>('/configuration-files/schedule', request),
    runSaveSchedule: () => post<Shape.SavedFile>('/configuration-files/schedule/run'),
    endSaveSchedule: () => client.json({ method: 'DELETE', path: `${api}/configuration-files/schedule` }),

    testTls: (request: Shape.TLSTestRequest) => post<Shape.TLSTestReport>('/tls-tests', request),
    probeServers: (request: Shape.ProbeRequest) => post<Shape.ProbeReport>('/probes', request),
    alerts: () => get<Shape.AlertList>('/alerts'),
    acknowledgeAlert: (id: string) => post<Shape.AlertView>(path('alerts', id, 'acknowledgement')),
    silenceAlert: (id: string, until: string) => post<Shape.AlertView>(path('alerts', id, 'silence'), { until }),
    testAlerts: () => post<Shape.AlertTest>('/alerts/test'),
    mailSessions: (query: Shape.MailSessionQuery) => get<Shape.MailSessionList>('/mail-sessions', { ...query }),
    mailSessionCounts: (query: Shape.SessionCountQuery) =>
      get<Shape.SessionCountList>('/mail-sessions/counts', { ...query }),
    readMailLogs: (request: Shape.LogReadingRequest) => post<Shape.LogReadingList>('/mail-sessions/readings', request),
    audit: (query: { readonly before?: string | undefined; readonly limit?: number | undefined }) =>
      get<Shape.AuditList>('/audit', query),
    verifyAudit: (query: { readonly noted?: string | undefined }) =>
      get<Shape.AuditVerification>('/audit/verification', query),
    tokens: () => get<Shape.TokenList>('/tokens'),
    createToken: (request: Shape.TokenRequest) => post<Shape.TokenCreated>('/tokens', request),
    revokeToken: (id: string) => client.json({ method: 'DELETE', path: api + path('tokens', id) }),
  } as const;
}

type Query = Readonly<Record<string, string | number | undefined>>;

function search(query: Query): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, String(value));
  return given.size === 0 ? '' : `?${given.toString()}`;
}
