/** The one place that spells the keys of the store. Names are checked by their schemas before they get here. */

const number = (n: number) => String(n).padStart(10, '0');

export const keys = {
  /** The newest revision's number; commits compare and set it. */
  head: 'config/head',
  revision: (n: number) => `config/revision/${number(n)}`,
  revisions: 'config/revision/',
  /** Content-addressed parts of revisions: rosters, layer indexes, layers. */
  blob: (sha256: string) => `config/blob/${sha256}`,
  blobs: 'config/blob/',
  draft: (author: string) => `config/draft/${encodeURIComponent(author)}`,
  drafts: 'config/draft/',

  /** A secret sealed under its own data key, and that data key wrapped under the master key. */
  sealed: (id: string) => `secret/sealed/${id}`,
  wrapped: (id: string) => `secret/wrapped/${id}`,
  allWrapped: 'secret/wrapped/',
  /** A known value sealed under the master key: tells a wrong key at start. */
  masterKeyCheck: 'secret/check',

  chain: (id: string) => `pki/chain/${id}`,
  chains: 'pki/chain/',
  bundle: (id: string) => `pki/bundle/${id}`,
  /** The binding of this installation's demonstration certificate. */
  demonstration: 'pki/demonstration',
  /** A request to have signed, by the id of its key. */
  request: (key: string) => `pki/request/${key}`,
  requests: 'pki/request/',
  authority: (name: string) => `pki/authority/${name}`,
  authorities: 'pki/authority/',
  /** What an authority issued, by serial number. */
  issued: (authority: string, serial: string) => `pki/issued/${authority}/${serial}`,
  allIssued: 'pki/issued/',
  issuedBy: (authority: string) => `pki/issued/${authority}/`,
  /** What of it was revoked. */
  revoked: (authority: string, serial: string) => `pki/revoked/${authority}/${serial}`,
  allRevoked: 'pki/revoked/',
  revokedBy: (authority: string) => `pki/revoked/${authority}/`,
  /** Written with every revocation: its revision tells whether a list has them all. */
  lastRevocation: (authority: string) => `pki/last-revocation/${authority}`,
  allLastRevocations: 'pki/last-revocation/',
  revocationList: (authority: string) => `pki/revocation-list/${authority}`,

  revocationLists: 'pki/revocation-list/',

  registration: (id: string) => `machine/registration/${id}`,
  registrations: 'machine/registration/',
  /** The identity of the machine that holds a name. */
  machineNames: 'machine/name/',
  machineName: (name: string) => `machine/name/${name}`,
  /** The layer of a machine that left, under its identity. */
  archive: (id: string) => `machine/archive/${id}`,
  archives: 'machine/archive/',
  /** The machine as it was found before Signet changed it. */
  original: (id: string) => `machine/original/${id}`,
  originals: 'machine/original/',

  /** The plan of a join, until it is accepted or expires. */
  plan: (id: string) => `membership/plan/${id}`,
  plans: 'membership/plan/',

  status: (id: string) => `push/status/${id}`,
  statuses: 'push/status/',
  /** The manifest a gateway confirmed last. */
  deployed: (id: string) => `push/deployed/${id}`,
  rollout: (n: number) => `push/rollout/${number(n)}`,
  rollouts: 'push/rollout/',
  /** The id of the newest rollout, the only one that may be running. */
  latestRollout: 'push/latest-rollout',
  /** Marks that a revision was rolled out, so that it is not a second time by itself. */
  rolledOut: (revision: number) => `push/rolled-out/${number(revision)}`,
  outcome: (rollout: number, machine: string) => `push/outcome/${number(rollout)}/${machine}`,
  outcomes: (rollout: number) => `push/outcome/${number(rollout)}/`,
  allOutcomes: 'push/outcome/',
  /** The fencing epoch that gateways compare; grows with every controller that takes the lead. */
  epoch: 'controller/epoch',
  leader: 'controller/leader',
  /** The id of the secret that is the controller's SSH key, once it was taken over from another controller. */
  sshKey: 'controller/ssh-key',
  /** There while a controller is being taken over: what came in so far is not to stay without the rest. */
  takingOver: 'controller/taking-over',
  /** There while the audit trail of a lost controller is put in the place of this one's. */
  inheriting: 'controller/inheriting',
  /** When and where the configuration is saved by itself. */
  saveSchedule: 'backup/save-schedule',
  alert: (id: string) => `observe/alert/${id}`,
  alerts: 'observe/alert/',
  /** How far the mail log of a machine was read. */
  mailLog: (id: string) => `observe/mail-log/${id}`,
  mailLogs: 'observe/mail-log/',
  /** Which destinations fail where, as of the last reading; written only when that changes. */
  failing: 'observe/failing',
  /** What it had in sessions, one record a reading, and in counts, one a day. */
  sessions: (id: string, n: number) => `observe/session/${id}/${number(n)}`,
  sessionsOf: (id: string) => `observe/session/${id}/`,
  dayCounts: (id: string, day: string) => `observe/day-count/${id}/${day}`,
  dayCountsOf: (id: string) => `observe/day-count/${id}/`,
  token: (id: string) => `api/token/${id}`,
  tokens: 'api/token/',
  /** An entry of the audit trail by its id, which begins with its time. */
  audit: (id: string) => `audit/${id}`,
  audits: 'audit/',
  /** Marks an entry that has no seal yet. */
  unsealed: (id: string) => `audit-unsealed/${id}`,
  allUnsealed: 'audit-unsealed/',
  seal: (n: number) => `audit-seal/${number(n)}`,
  seals: 'audit-seal/',
  /** The audit trail of a lost controller, until it counts here. */
  inheritedAudit: (id: string) => `inherited/audit/${id}`,
  inheritedAudits: 'inherited/audit/',
  inheritedSeal: (n: number) => `inherited/audit-seal/${number(n)}`,
  inheritedSeals: 'inherited/audit-seal/',
} as const;
