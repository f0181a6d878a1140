/* Made by `npm run generate` from schemas/. Do not edit. */

/**
 * One change of a draft.
 */
export type Operation =
  | SetOperation
  | UnsetOperation
  | RemoveOperation
  | CreateGroupOperation
  | DescribeGroupOperation
  | RenameGroupOperation
  | DeleteGroupOperation
  | MoveOperation
  | AdmitOperation
  | DismissOperation;
/**
 * One operation, or a change that stands for several and is stored as those.
 */
export type DraftChange =
  Operation | DissolveGroupChange | CopySettingsChange | MoveSettingsChange | LiftSettingsChange;
/**
 * Either the list the machine's system keeps, or a bundle uploaded to Signet.
 */
export type TrustList = SystemTrustList | CustomTrustList;

/**
 * Every shape by its file.
 */
export interface Shapes {
  readonly 'alert-notice': AlertNotice;
  readonly 'alert-record': AlertRecord;
  readonly alert: Alert;
  readonly 'alternative-names': AlternativeNames;
  readonly 'accepted-join': AcceptedJoin;
  readonly 'alert-list': AlertList;
  readonly 'alert-test': AlertTest;
  readonly 'alert-view': AlertView;
  readonly 'archive-comparison': ArchiveComparison;
  readonly 'archive-list': ArchiveList;
  readonly 'archived-files': ArchivedFiles;
  readonly 'audit-entry': AuditEntry;
  readonly 'audit-list': AuditList;
  readonly 'audit-query': AuditQuery;
  readonly 'audit-verification-query': AuditVerificationQuery;
  readonly 'audit-verification': AuditVerification;
  readonly 'authority-certificate-view': AuthorityCertificateView;
  readonly 'authority-list': AuthorityList;
  readonly 'authority-renewal': AuthorityRenewal;
  readonly 'authority-request': AuthorityRequest;
  readonly 'authority-view': AuthorityView;
  readonly 'certificate-added': CertificateAdded;
  readonly 'certificate-answer': CertificateAnswer;
  readonly 'certificate-detail': CertificateDetail;
  readonly 'certificate-list': CertificateList;
  readonly 'certificate-signing': CertificateSigning;
  readonly 'certificate-source': CertificateSource;
  readonly 'certificate-standing': CertificateStanding;
  readonly 'certificate-view': CertificateView;
  readonly 'chain-link': ChainLink;
  readonly 'commit-options': CommitOptions;
  readonly committed: Committed;
  readonly 'comparison-query': ComparisonQuery;
  readonly 'diff-query': DiffQuery;
  readonly 'disconnect-options': DisconnectOptions;
  readonly disconnected: Disconnected;
  readonly 'draft-change': DraftChange;
  readonly 'draft-diff': DraftDiff;
  readonly 'draft-operations': DraftOperations;
  readonly 'draft-plan': DraftPlan;
  readonly 'draft-view': DraftView;
  readonly 'effective-change': EffectiveChange;
  readonly 'effective-view': EffectiveView;
  readonly 'explain-query': ExplainQuery;
  readonly explanation: Explanation;
  readonly 'file-verification': FileVerification;
  readonly finding: Finding;
  readonly 'group-list': GroupList;
  readonly health: Health;
  readonly 'history-query': HistoryQuery;
  readonly 'host-key-request': HostKeyRequest;
  readonly 'host-key': HostKey;
  readonly 'issued-list': IssuedList;
  readonly 'issued-query': IssuedQuery;
  readonly 'join-plan': JoinPlan;
  readonly 'join-request': JoinRequest;
  readonly joined: Joined;
  readonly 'key-options': KeyOptions;
  readonly 'layer-view': LayerView;
  readonly 'leave-options': LeaveOptions;
  readonly 'leave-plan': LeavePlan;
  readonly left: Left;
  readonly 'load-options': LoadOptions;
  readonly 'load-plan': LoadPlan;
  readonly 'load-result': LoadResult;
  readonly 'log-reading-list': LogReadingList;
  readonly 'log-reading-request': LogReadingRequest;
  readonly 'log-reading': LogReading;
  readonly 'machine-change': MachineChange;
  readonly 'machine-diff': MachineDiff;
  readonly 'machine-list-query': MachineListQuery;
  readonly 'machine-list': MachineList;
  readonly 'machine-view': MachineView;
  readonly 'mail-session-list': MailSessionList;
  readonly 'mail-session-query': MailSessionQuery;
  readonly 'mail-session-view': MailSessionView;
  readonly 'mapped-machine': MappedMachine;
  readonly 'no-query': NoQuery;
  readonly 'override-list': OverrideList;
  readonly 'override-query': OverrideQuery;
  readonly 'path-parameters': PathParameters;
  readonly 'peer-count': PeerCount;
  readonly 'pin-list': PinList;
  readonly 'pin-view': PinView;
  readonly 'pkcs12-file': Pkcs12File;
  readonly 'pkcs12-options': Pkcs12Options;
  readonly 'private-key': PrivateKey;
  readonly 'probe-report': ProbeReport;
  readonly 'probe-request': ProbeRequest;
  readonly 'probe-view': Probe;
  readonly problem: Problem;
  readonly 'rebase-options': RebaseOptions;
  readonly 'reconnect-look': ReconnectLook;
  readonly 'reconnect-options': ReconnectOptions;
  readonly 'reconnect-plan': ReconnectPlan;
  readonly reconnected: Reconnected;
  readonly 'renewal-options': RenewalOptions;
  readonly 'revision-diff': RevisionDiff;
  readonly 'revision-list': RevisionList;
  readonly 'revision-query': RevisionQuery;
  readonly 'revision-view': RevisionView;
  readonly revocation: Revocation;
  readonly 'rolled-back': RolledBack;
  readonly 'rollout-list': RolloutList;
  readonly 'rollout-options': RolloutOptions;
  readonly 'rollout-view': RolloutView;
  readonly 'rollouts-query': RolloutsQuery;
  readonly 'save-options': SaveOptions;
  readonly 'save-schedule-request': SaveScheduleRequest;
  readonly 'save-schedule-view': SaveScheduleView;
  readonly 'sender-explanation': SenderExplanation;
  readonly 'sender-query': SenderQuery;
  readonly 'session-count-list': SessionCountList;
  readonly 'session-count-query': SessionCountQuery;
  readonly 'settings-change': SettingsChange;
  readonly 'signed-certificate': SignedCertificate;
  readonly 'signing-request-list': SigningRequestList;
  readonly 'signing-request-made': SigningRequestMade;
  readonly 'signing-request-options': SigningRequestOptions;
  readonly 'signing-request-view': SigningRequestView;
  readonly 'silence-request': SilenceRequest;
  readonly 'take-over-options': TakeOverOptions;
  readonly 'take-over': TakeOver;
  readonly 'tls-test-report': TLSTestReport;
  readonly 'tls-test-request': TLSTestRequest;
  readonly 'token-created': TokenCreated;
  readonly 'token-list': TokenList;
  readonly 'token-record': TokenRecord;
  readonly 'token-request': TokenRequest;
  readonly 'token-view': TokenView;
  readonly 'trust-bundle-detail': TrustBundleDetail;
  readonly 'trust-bundle-source': TrustBundleSource;
  readonly 'trust-bundle': TrustBundle;
  readonly 'trust-lists': TrustLists;
  readonly 'verify-options': VerifyOptions;
  readonly archive: Archive;
  readonly 'audit-seal': AuditSeal;
  readonly 'audit-trail': AuditTrail;
  readonly 'authority-certificate': AuthorityCertificate;
  readonly authority: Authority;
  readonly 'certificate-place': CertificatePlace;
  readonly 'certificate-request': CertificateRequest;
  readonly 'configuration-file': ConfigurationFile;
  readonly 'configuration-history': ConfigurationHistory;
  readonly 'configuration-parts': ConfigurationParts;
  readonly 'configuration-secrets': ConfigurationSecrets;
  readonly configuration: Configuration;
  readonly 'day-counts': DayCounts;
  readonly disconnection: Disconnection;
  readonly draft: Draft;
  readonly facts: Facts;
  readonly 'issued-certificate': IssuedCertificate;
  readonly 'kept-plan': KeptPlan;
  readonly 'kept-sessions': SessionRecord;
  readonly 'log-gap': LogGap;
  readonly 'mail-log': MailLog;
  readonly 'mail-session': MailSession;
  readonly manifest: Manifest;
  readonly 'open-session': OpenSession;
  readonly operation: Operation;
  readonly outcome: Outcome;
  readonly pin: Pin;
  readonly pins: Pins;
  readonly registration: Registration;
  readonly revision: Revision;
  readonly rollout: Rollout;
  readonly 'save-problem': SaveProblem;
  readonly 'save-schedule': SaveSchedule;
  readonly 'save-target': SaveTarget;
  readonly 'saved-file': SavedFile;
  readonly 'session-count': SessionCount;
  readonly 'session-peer': SessionPeer;
  readonly settings: Settings;
  readonly alerts: Alerts;
  readonly certificates: Certificates;
  readonly destinations: Destinations;
  readonly interfaces: Interfaces;
  readonly ldap: LDAP;
  readonly listeners: Listeners;
  readonly 'mail-flow-policies': MailFlowPolicies;
  readonly outbound: Outbound;
  readonly protocols: Protocols;
  readonly 'sender-groups': SenderGroups;
  readonly services: Services;
  readonly trust: Trust;
  readonly 'url-filtering': URLFiltering;
  readonly 'signing-request': SigningRequest;
  readonly status: MachineStatus;
  readonly subject: Subject;
}
/**
 * What a webhook gets: every alert that it is to know of now, in one message.
 */
export interface AlertNotice {
  /**
   * Of what is told: a notice that is sent again, because it is not known whether it arrived, has the same.
   */
  readonly id: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly time: string;
  /**
   * True: sent by hand, to see whether it arrives.
   */
  readonly test: boolean;
  /**
   * New ones, and those that came to their next rung.
   */
  readonly alerts: readonly Alert[];
  /**
   * Those that are over.
   */
  readonly cleared: readonly Alert[];
}
/**
 * One thing that needs a person.
 */
export interface Alert {
  /**
   * Of the certificate, the machine or the destination, whatever its names and levels: the same thing is one alert.
   */
  readonly id: string;
  /**
   * expiry: a certificate ends. not-served: a machine has not had, for an hour, what the newest revision wants. tls-required: mail waits, as its destination requires TLS and cannot have it. save-failed: the configuration is not saved as scheduled. save-overdue: its last good save is two intervals old.
   */
  readonly kind: 'expiry' | 'not-served' | 'tls-required' | 'save-failed' | 'save-overdue';
  /**
   * When the certificate expires, when the machine had not had it for an hour, when mail began to wait, when saving first failed, or when two intervals were over without a good save.
   */
  readonly due: string;
  /**
   * How far it has come: the days left of the last rung that was reached; 0 when it is due, and -7, -14 and so on for the weeks after.
   */
  readonly rung: number;
  /**
   * When it was raised first.
   */
  readonly since: string;
  /**
   * What is the matter, in one sentence.
   */
  readonly summary: string;
  /**
   * What to do about it.
   */
  readonly remedy: string;
  readonly certificate?: ExpiringCertificate;
  /**
   * The machine that is not served.
   */
  readonly machine?: string;
  /**
   * The domain that cannot have the TLS it requires.
   */
  readonly destination?: string;
  /**
   * The settings that fail with it, on which machines.
   */
  readonly breaks: readonly AlertUse[];
}
/**
 * The certificate that expires.
 */
export interface ExpiringCertificate {
  /**
   * SHA-256 of its DER.
   */
  readonly fingerprint: string;
  readonly subject: string;
  readonly issuer: string;
  /**
   * leaf: served or shown. intermediate: sent along with one. trusted: in a trust list. authority: of Signet's own.
   */
  readonly role: 'leaf' | 'intermediate' | 'trusted' | 'authority';
  /**
   * Where it is set.
   */
  readonly bound: readonly AlertPlace[];
}
export interface AlertPlace {
  readonly level: string;
  /**
   * RFC 6901.
   */
  readonly pointer: string;
}
export interface AlertUse {
  /**
   * RFC 6901.
   */
  readonly pointer: string;
  /**
   * The first few of them.
   *
   * Items: Like a host name, dots allowed.
   */
  readonly machines: readonly string[];
  /**
   * How many there are in all.
   */
  readonly count: number;
}
/**
 * What is kept of one alert: a record of the store.
 */
export interface AlertRecord {
  readonly alert: Alert;
  /**
   * It may become an alert, and is none yet.
   */
  readonly pending?: true;
  /**
   * By recipient, the rung it was told last.
   */
  readonly told: {
    readonly [k: string]: number;
  };
  /**
   * By recipient, why it could not be told last time.
   */
  readonly failed: {
    readonly [k: string]: string;
  };
  readonly acknowledged?: Acknowledgement;
  readonly silenced?: Silence;
  /**
   * When it was over; kept until those who were told of it know.
   */
  readonly cleared?: string;
}
/**
 * Who has seen it, and at which rung; the next rung ends it.
 */
export interface Acknowledgement {
  readonly by: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly time: string;
  readonly rung: number;
}
/**
 * Nobody is told until then.
 */
export interface Silence {
  readonly by: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly until: string;
}
/**
 * The names a certificate is for; peers compare with nothing else (RFC 9525 6.2).
 */
export interface AlternativeNames {
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  readonly email?: readonly string[];
}
/**
 * A machine that is to become a member: as a plan says that was shown and is accepted with this, or with the host key that was shown and accepted.
 */
export interface AcceptedJoin {
  /**
   * The plan that is accepted. Name, address, group, claim and host key are the plan's, and may be left out; a machine that is no longer as it says is refused with plan-outdated, and nothing is changed.
   */
  readonly accept?: string;
  /**
   * Like a host name, dots allowed.
   */
  readonly name?: string;
  /**
   * A host name or an IP address.
   */
  readonly host?: string;
  readonly port?: number;
  /**
   * Defaults to `main`, the group that is there from the start.
   */
  readonly group?: string;
  /**
   * What a machine is that cannot be told for sure. replace: it takes the place of the machine that has its name or its identity, with settings and certificates, as after it was reinstalled; new: it is a machine of its own, as a copy of another is, and gets an identity of its own.
   */
  readonly claim?: 'replace' | 'new';
  readonly bootstrap: Bootstrap;
  /**
   * As ssh-keygen -l prints it; another one is refused.
   */
  readonly hostKey?: string;
  /**
   * For a machine that was a member before: bring its archived layer back, or start afresh.
   */
  readonly archive?: 'restore' | 'discard';
  /**
   * Make the TLS settings it has its machine layer, its certificates and keys included, so that nothing changes on it. Defaults to false: the settings of cluster and group apply.
   */
  readonly adopt?: boolean;
  /**
   * Defaults to true: push to it at once.
   */
  readonly rollout?: boolean;
}
/**
 * How to log in once, to install the script and the key of the controller. Never stored.
 */
export interface Bootstrap {
  readonly user: string;
  readonly password?: string;
  /**
   * A private key in OpenSSH or PEM form.
   */
  readonly privateKey?: string;
  readonly passphrase?: string;
}
/**
 * Every alert that is not over, the most urgent first.
 */
export interface AlertList {
  readonly alerts: readonly AlertView[];
}
/**
 * An alert and what was done about it.
 */
export interface AlertView {
  readonly alert: Alert;
  readonly state: 'open' | 'acknowledged' | 'silenced';
  readonly acknowledged?: Acknowledgement1;
  readonly silenced?: Silence1;
  /**
   * The recipients that know of it.
   */
  readonly told: readonly string[];
  /**
   * The recipients that could not be told; it is tried again.
   */
  readonly undelivered: readonly Undelivered[];
}
/**
 * Who has seen it, and at which rung; the next rung ends it.
 */
export interface Acknowledgement1 {
  readonly by: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly time: string;
  readonly rung: number;
}
/**
 * Nobody is told until then.
 */
export interface Silence1 {
  readonly by: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly until: string;
}
export interface Undelivered {
  readonly recipient: string;
  readonly detail: string;
}
/**
 * What became of a test notice.
 */
export interface AlertTest {
  readonly recipients: readonly TestDelivery[];
}
export interface TestDelivery {
  readonly recipient: string;
  readonly delivered: boolean;
  /**
   * Which server took it, or why none did.
   */
  readonly detail: string;
}
/**
 * What a machine that left had of its own, held against what one gets without it.
 */
export interface ArchiveComparison {
  /**
   * The group it would be in, or the machine it is held against: group/main, machine/mx1.
   */
  readonly against: string;
  /**
   * The effective settings that differ: before without the archive, after with it.
   */
  readonly changes: readonly EffectiveChange[];
  /**
   * The archived certificates as they stand today.
   */
  readonly certificates: readonly ArchivedCertificate[];
  /**
   * What the settings refer to and would not be there, in words.
   */
  readonly missing: readonly string[];
}
/**
 * One effective setting that differs; an absent side is not there.
 */
export interface EffectiveChange {
  readonly pointer: string;
  /**
   * Any JSON value.
   */
  readonly before?: unknown;
  /**
   * Any JSON value.
   */
  readonly after?: unknown;
}
export interface ArchivedCertificate {
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly name: string;
  readonly subject?: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly expires?: string;
  /**
   * That it has expired, expires soon, was revoked by an authority of this controller, or is not stored.
   */
  readonly trouble?: string;
}
/**
 * The archives of machines that left, the newest first.
 */
export interface ArchiveList {
  readonly archives: readonly Archive[];
}
/**
 * What a machine that left had of its own, kept under its identity until it joins again.
 */
export interface Archive {
  readonly id: string;
  /**
   * Like a host name, dots allowed.
   */
  readonly name: string;
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly group: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly left: string;
  /**
   * Its machine-level settings.
   */
  readonly layer: {
    readonly [k: string]: unknown;
  };
}
/**
 * The files of a machine that left as they were before it first joined; none where that is not on record.
 */
export interface ArchivedFiles {
  readonly files: readonly ArchivedFile[];
}
export interface ArchivedFile {
  readonly path: string;
  readonly text: string;
}
/**
 * Who did what to what, and how it ended. Never holds a secret.
 */
export interface AuditEntry {
  /**
   * Place in the trail; give it as `before` to page on.
   */
  readonly id: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly time: string;
  /**
   * The name of a token.
   */
  readonly actor: string;
  /**
   * The operationId of the request.
   */
  readonly action: string;
  /**
   * What was acted on.
   */
  readonly object: string;
  /**
   * ok, or the code of the problem.
   */
  readonly outcome: string;
  readonly detail?: string;
}
/**
 * The audit trail, newest first.
 */
export interface AuditList {
  readonly entries: readonly AuditEntry[];
}
/**
 * Which page of the audit trail is wanted.
 */
export interface AuditQuery {
  /**
   * Only entries before this time, or before the entry with this id.
   */
  readonly before?: string;
  readonly limit?: number;
}
/**
 * What was noted of the trail before.
 */
export interface AuditVerificationQuery {
  /**
   * A seal that was noted elsewhere, NUMBER:DIGEST; it must still be there.
   */
  readonly noted?: string;
}
/**
 * Whether the audit trail is as it was written.
 */
export interface AuditVerification {
  /**
   * Entries whose seal holds.
   */
  readonly entries: number;
  /**
   * Entries that have no seal yet; the leading controller seals every minute.
   */
  readonly unsealed: number;
  readonly newest?: NotedSeal;
  /**
   * What is not as it was written; empty when all is well. At most 100.
   */
  readonly faults: readonly string[];
}
/**
 * The newest seal. Who notes it somewhere else can prove later that everything up to it is still there.
 */
export interface NotedSeal {
  readonly number: number;
  /**
   * Lower-case hexadecimal.
   */
  readonly digest: string;
}
/**
 * A certificate of an authority: whose it is, and how long it is valid.
 */
export interface AuthorityCertificateView {
  readonly subject: string;
  /**
   * Lower-case hexadecimal.
   */
  readonly key: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly notBefore: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly notAfter: string;
  /**
   * SHA-256 of its DER.
   */
  readonly fingerprint: string;
}
/**
 * Every private authority.
 */
export interface AuthorityList {
  readonly authorities: readonly AuthorityView[];
}
/**
 * A private authority: what it is called, and how long its certificates are valid.
 */
export interface AuthorityView {
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly name: string;
  readonly root: AuthorityCertificateView;
  readonly issuing: AuthorityCertificateView;
  /**
   * The root as a trust bundle, for trust lists to name.
   */
  readonly bundle: string;
  /**
   * Where the revocation list is published: this address with /crl/NAME.crl after it, named in every certificate that is issued. Absent: certificates name none.
   */
  readonly crlUrl?: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly created: string;
  readonly author: string;
}
/**
 * A new issuing certificate for the same key, under the same root.
 */
export interface AuthorityRenewal {
  /**
   * How long it is valid, the root permitting.
   */
  readonly days?: number;
}
/**
 * A private authority to be made: a root for ten years unless told, and the issuing certificate under it.
 */
export interface AuthorityRequest {
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly name: string;
  readonly subject: Subject;
  /**
   * The kind of a private key that is made.
   */
  readonly key?: 'rsa-2048' | 'rsa-3072' | 'rsa-4096' | 'ec-p256' | 'ec-p384';
  /**
   * How long the root is valid.
   */
  readonly rootDays?: number;
  /**
   * How long the issuing certificate is valid, the root permitting.
   */
  readonly days?: number;
  /**
   * Where the revocation list is published: this address with /crl/NAME.crl after it, named in every certificate that is issued. Absent: certificates name none.
   */
  readonly crlUrl?: string;
}
/**
 * Whom a certificate is for.
 */
export interface Subject {
  readonly commonName: string;
  readonly organization?: string;
  readonly organizationalUnit?: string;
  readonly locality?: string;
  readonly state?: string;
  readonly country?: string;
  readonly emailAddress?: string;
}
/**
 * A certificate that was bound in the draft.
 */
export interface CertificateAdded {
  readonly certificate: CertificateView;
  readonly findings: readonly Finding[];
  readonly draft: Draft;
}
/**
 * A certificate bound to a name at a level.
 */
export interface CertificateView {
  /**
   * defaults, or where it is bound.
   */
  readonly level: string;
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly name: string;
  /**
   * Lower-case hexadecimal.
   */
  readonly key: string;
  /**
   * Lower-case hexadecimal.
   */
  readonly chain: string;
  readonly subject: string;
  readonly issuer: string;
  /**
   * DNS names and IP addresses of the leaf.
   */
  readonly names: readonly string[];
  readonly notBefore: string;
  readonly notAfter: string;
  readonly selfSigned: boolean;
  /**
   * Made by Signet for the first start; nobody can verify it.
   */
  readonly demonstration: boolean;
  /**
   * SHA-256 of the leaf.
   */
  readonly fingerprint: string;
  readonly usedBy: readonly CertificateUse[];
  readonly standing?: CertificateStanding;
}
export interface CertificateUse {
  /**
   * Like a host name, dots allowed.
   */
  readonly machine: string;
  /**
   * The setting that names it.
   */
  readonly pointer: string;
}
/**
 * How a bound certificate stands in the fleet: whether its chain holds, which levels it is hidden by or hides, and where it is served.
 */
export interface CertificateStanding {
  /**
   * rsa-2048, ec-p256 and so on.
   */
  readonly keyKind: string;
  readonly verdict: ChainVerdict;
  /**
   * Levels whose certificate of this name it replaces.
   */
  readonly shadows: readonly ShadowedLevel[];
  /**
   * Levels whose word on this name counts instead.
   */
  readonly shadowedBy: readonly ShadowingLevel[];
  /**
   * The listeners that should serve it, and those that were last seen doing so.
   */
  readonly served: readonly CertificateServed[];
}
/**
 * Whether the chain holds for whoever verifies it; a known root is one of this system's list, of a trust list, or of a private authority.
 */
export interface ChainVerdict {
  readonly state: 'complete' | 'self-signed' | 'incomplete' | 'expired' | 'not-yet-valid' | 'demonstration';
  readonly detail: string;
}
/**
 * A level whose binding does not take effect on some machines.
 */
export interface ShadowedLevel {
  /**
   * The other level.
   */
  readonly level: string;
  /**
   * The machines on which it is so.
   *
   * Items: Like a host name, dots allowed.
   */
  readonly machines: readonly string[];
}
/**
 * A level that binds the same name, or removes it, for some machines.
 */
export interface ShadowingLevel {
  /**
   * The other level.
   */
  readonly level: string;
  /**
   * The machines on which it is so.
   *
   * Items: Like a host name, dots allowed.
   */
  readonly machines: readonly string[];
  /**
   * It binds nothing: the name is removed there.
   */
  readonly removes?: boolean;
}
/**
 * One listener of one machine.
 */
export interface CertificateServed {
  /**
   * Like a host name, dots allowed.
   */
  readonly machine: string;
  /**
   * What a probe looks at: the name of a listener, services/NAME or interfaces/NAME/https.
   */
  readonly listener: string;
  /**
   * The head asks for it there.
   */
  readonly wanted: boolean;
  /**
   * What the last probe saw: this certificate, another one, none at all; or there was no probe.
   */
  readonly seen: 'yes' | 'other' | 'nothing' | 'never';
  /**
   * When; absent when there was no probe.
   */
  readonly time?: string;
}
/**
 * One thing that is wrong or worth knowing, and where.
 */
export interface Finding {
  readonly detail: string;
  /**
   * A JSON Pointer (RFC 6901) into the document that was given, or into the settings.
   */
  readonly pointer?: string;
  readonly machine?: string;
  readonly level?: string;
  /**
   * Worth knowing, or already put right; nothing is refused for either. Absent: it is wrong.
   */
  readonly severity?: 'warning' | 'repaired';
  /**
   * The rule that it is about, such as missing-intermediate.
   */
  readonly rule?: string;
}
/**
 * An administrator's uncommitted changes against a base revision.
 */
export interface Draft {
  readonly author: string;
  readonly base: number;
  readonly operations: readonly Operation[];
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly updated: string;
}
export interface SetOperation {
  readonly op: 'set';
  /**
   * Where a setting is held: cluster, group/NAME or machine/NAME.
   */
  readonly level: string;
  /**
   * RFC 6901.
   */
  readonly path: string;
  /**
   * Any JSON value but null.
   */
  readonly value: unknown;
}
export interface UnsetOperation {
  readonly op: 'unset';
  /**
   * Where a setting is held: cluster, group/NAME or machine/NAME.
   */
  readonly level: string;
  /**
   * RFC 6901.
   */
  readonly path: string;
}
export interface RemoveOperation {
  readonly op: 'remove';
  /**
   * Where a setting is held: cluster, group/NAME or machine/NAME.
   */
  readonly level: string;
  /**
   * RFC 6901.
   */
  readonly path: string;
}
export interface CreateGroupOperation {
  readonly op: 'create-group';
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly group: string;
  readonly description?: string;
}
export interface DescribeGroupOperation {
  readonly op: 'describe-group';
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly group: string;
  /**
   * Left out: it has none any more.
   */
  readonly description?: string;
}
/**
 * Its members and its settings move along, and so does what others change of it meanwhile.
 */
export interface RenameGroupOperation {
  readonly op: 'rename-group';
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly group: string;
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly to: string;
}
export interface DeleteGroupOperation {
  readonly op: 'delete-group';
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly group: string;
}
export interface MoveOperation {
  readonly op: 'move';
  /**
   * Like a host name, dots allowed.
   */
  readonly machine: string;
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly group: string;
}
export interface AdmitOperation {
  readonly op: 'admit';
  /**
   * Like a host name, dots allowed.
   */
  readonly machine: string;
  readonly id: string;
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly group: string;
  readonly layer: {
    readonly [k: string]: unknown;
  };
}
export interface DismissOperation {
  readonly op: 'dismiss';
  /**
   * Like a host name, dots allowed.
   */
  readonly machine: string;
}
/**
 * What an authority sent back: the certificate and its issuers, in any order, in one or several files.
 */
export interface CertificateAnswer {
  /**
   * @minItems 1
   * @maxItems 32
   *
   * Items: PEM, DER or PKCS#7 (PEM or DER), base64.
   */
  readonly files: readonly string[];
  /**
   * Keep nothing; only tell what would be repaired and what to know.
   */
  readonly check?: boolean;
}
/**
 * A certificate with its chain.
 */
export interface CertificateDetail {
  /**
   * defaults, or where it is bound.
   */
  readonly level: string;
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly name: string;
  /**
   * Lower-case hexadecimal.
   */
  readonly key: string;
  /**
   * Lower-case hexadecimal.
   */
  readonly chain: string;
  readonly subject: string;
  readonly issuer: string;
  /**
   * DNS names and IP addresses of the leaf.
   */
  readonly names: readonly string[];
  readonly notBefore: string;
  readonly notAfter: string;
  readonly selfSigned: boolean;
  /**
   * Made by Signet for the first start; nobody can verify it.
   */
  readonly demonstration: boolean;
  /**
   * SHA-256 of the leaf.
   */
  readonly fingerprint: string;
  readonly usedBy: readonly CertificateUse1[];
  /**
   * The chain, PEM, leaf first.
   */
  readonly pem: string;
  readonly standing: CertificateStanding;
  /**
   * The chain one by one, leaf first, and the root it leads to when that is known here.
   */
  readonly links: readonly ChainLink[];
}
export interface CertificateUse1 {
  /**
   * Like a host name, dots allowed.
   */
  readonly machine: string;
  /**
   * The setting that names it.
   */
  readonly pointer: string;
}
/**
 * One certificate of a chain, or the root it leads to.
 */
export interface ChainLink {
  readonly role: 'leaf' | 'intermediate' | 'root';
  readonly subject: string;
  readonly issuer: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly notBefore: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly notAfter: string;
  readonly keyKind: string;
  /**
   * Lower-case hexadecimal.
   */
  readonly fingerprint: string;
  /**
   * Of a root: who trusts it.
   */
  readonly source?: string;
  /**
   * What peers will mind.
   */
  readonly findings: readonly string[];
}
/**
 * Every certificate that the head binds, and the defaults.
 */
export interface CertificateList {
  readonly certificates: readonly CertificateView[];
}
/**
 * A signing request (PKCS#10) made elsewhere, for an authority to sign.
 */
export interface CertificateSigning {
  /**
   * PEM.
   */
  readonly csr: string;
  /**
   * What a certificate is for: a server (serverAuth), a client (clientAuth), or both.
   */
  readonly profile: 'server' | 'client' | 'both';
  /**
   * How long the certificate is valid, the issuing certificate permitting.
   */
  readonly days?: number;
}
/**
 * Where a certificate comes from: made here, or issued by an authority of ours, or from a PKCS#12 file, or from PEM text.
 */
export interface CertificateSource {
  readonly create?: CertificateRequest;
  readonly issue?: Issue;
  /**
   * A PKCS#12 file, base64.
   */
  readonly pkcs12?: string;
  /**
   * Of the PKCS#12 file.
   */
  readonly password?: string;
  /**
   * A private key and its chain in one text, in any order.
   */
  readonly pem?: string;
  /**
   * Of the private key in the PEM text.
   */
  readonly passphrase?: string;
  /**
   * For what is imported: keep nothing; only tell what would be repaired and what to know.
   */
  readonly check?: boolean;
}
/**
 * A certificate to be made or asked for.
 */
export interface CertificateRequest {
  /**
   * The kind of a private key that is made.
   */
  readonly key?: 'rsa-2048' | 'rsa-3072' | 'rsa-4096' | 'ec-p256' | 'ec-p384';
  readonly subject: Subject;
  readonly alternativeNames?: AlternativeNames;
  readonly days?: number;
}
/**
 * A new key, certified by a private authority.
 */
export interface Issue {
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly authority: string;
  /**
   * What a certificate is for: a server (serverAuth), a client (clientAuth), or both.
   */
  readonly profile: 'server' | 'client' | 'both';
  readonly request: CertificateRequest;
}
/**
 * What goes with a commit.
 */
export interface CommitOptions {
  readonly comment: string;
  /**
   * Defaults to true; false: commit without pushing.
   */
  readonly rollout?: boolean;
}
/**
 * The revision that was made, and the rollout that was started for it.
 */
export interface Committed {
  readonly revision: Revision;
  readonly rollout?: number;
  /**
   * Warnings: what would have become of the mail of the last days, when destinations changed.
   */
  readonly findings?: readonly Finding[];
}
/**
 * An immutable, numbered, committed configuration. Number 0 is the empty one.
 */
export interface Revision {
  readonly number: number;
  readonly author: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly time: string;
  readonly comment: string;
  /**
   * False: committed with "do not roll out".
   */
  readonly rollout: boolean;
  /**
   * The revision this one rolls back to.
   */
  readonly restores?: number;
  /**
   * The blob with groups and machines.
   */
  readonly roster: string;
  /**
   * The blob that maps each level to the blob of its layer.
   */
  readonly layers: string;
  /**
   * It concerns these alone: a machine that joined is brought up to date without touching the others.
   *
   * Items: Like a host name, dots allowed.
   */
  readonly machines?: readonly string[];
}
/**
 * What an archive is held against; without either, the group that its machine was in.
 */
export interface ComparisonQuery {
  /**
   * A machine of this group without settings of its own.
   */
  readonly group?: string;
  /**
   * This machine, as it is.
   */
  readonly machine?: string;
}
/**
 * Which machines the difference is wanted for.
 */
export interface DiffQuery {
  /**
   * Only this machine; defaults to all.
   */
  readonly machine?: string;
}
/**
 * Why a machine is to be left alone.
 */
export interface DisconnectOptions {
  /**
   * Shown wherever the machine is, and in the audit trail.
   */
  readonly reason?: string;
}
/**
 * A machine that was disconnected.
 */
export interface Disconnected {
  readonly machine: MachineView;
  /**
   * What to know of it.
   */
  readonly notes: readonly string[];
}
/**
 * A machine: where it belongs, how it is reached, what it is and how it fares.
 */
export interface MachineView {
  /**
   * Like a host name, dots allowed.
   */
  readonly name: string;
  /**
   * Absent until it is in the roster.
   */
  readonly group?: string;
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly state: 'waiting' | 'joining' | 'member' | 'left';
  readonly facts?: MachineFacts;
  readonly status: MachineStatus;
  /**
   * Since when it has left without being let go: Signet's key and script are still on it, and go when it comes back.
   */
  readonly unfinished?: string;
  /**
   * Since when it has what it was adopted with; left out for one that was not, and once something was pushed to it.
   */
  readonly asFound?: string;
}
export interface MachineFacts {
  readonly os: string;
  readonly hostname: string;
  readonly postfix?: FoundPostfix;
  readonly nginx?: FoundNginx;
  readonly bootHook: 'systemd' | 'cron' | 'none';
}
export interface FoundPostfix {
  readonly version: string;
  readonly running: boolean;
}
export interface FoundNginx {
  readonly version: string;
  readonly running: boolean;
}
/**
 * Three facts about one machine, kept apart.
 */
export interface MachineStatus {
  /**
   * Like a host name, dots allowed.
   */
  readonly machine: string;
  readonly wanted?: Wanted;
  readonly deployed?: Deployed;
  readonly served: readonly Served[];
  readonly reached?: Reached;
  /**
   * Since when it is known that its disk was put back to an earlier state; nothing is pushed to it until a rollout overwrites drift there.
   */
  readonly setBack?: string;
  /**
   * Why the last attempt did not succeed; absent when it did.
   */
  readonly problem?: string;
  readonly disconnected?: DisconnectedSince;
  readonly bootHook?: 'systemd' | 'cron' | 'none';
}
/**
 * What the newest rolled-out revision asks for.
 */
export interface Wanted {
  readonly revision: number;
  /**
   * Lower-case hexadecimal.
   */
  readonly digest: string;
}
/**
 * What the gateway said it has.
 */
export interface Deployed {
  readonly digest: string | '';
  readonly generation: number;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly seen: string;
  /**
   * What was changed by hand in what Signet owns.
   */
  readonly drift: readonly string[];
  /**
   * The revision it was rendered from, when this controller pushed it.
   */
  readonly revision?: number;
}
/**
 * What a probe from outside saw on one listener.
 */
export interface Served {
  /**
   * What a probe looks at: the name of a listener, services/NAME or interfaces/NAME/https.
   */
  readonly listener: string;
  readonly address: string;
  readonly port: number;
  readonly verdict: 'match' | 'differs' | 'refused' | 'unreachable' | 'unproven';
  readonly detail: string;
  /**
   * SHA-256 of the served leaf; empty when none was seen.
   */
  readonly fingerprint: string;
  readonly expires: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly seen: string;
}
/**
 * The newest generation and the highest epoch that the gateway is known to have had. Both only grow there: less than this is an earlier state.
 */
export interface Reached {
  readonly generation: number;
  readonly epoch: number;
}
/**
 * Set while the machine is disconnected: what is said of it was seen before.
 */
export interface DisconnectedSince {
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly since: string;
  readonly by: string;
  readonly reason?: string;
}
/**
 * Moves the members to another group, and deletes the group.
 */
export interface DissolveGroupChange {
  readonly op: 'dissolve-group';
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly group: string;
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly to: string;
}
/**
 * What one level says at a path, said at another level too; removals as well.
 */
export interface CopySettingsChange {
  readonly op: 'copy-settings';
  /**
   * RFC 6901.
   */
  readonly path: string;
  /**
   * Where a setting is held: cluster, group/NAME or machine/NAME.
   */
  readonly from: string;
  /**
   * Where a setting is held: cluster, group/NAME or machine/NAME.
   */
  readonly to: string;
  /**
   * Replace what the target says otherwise, instead of being refused.
   */
  readonly replace?: boolean;
}
/**
 * The same, and unset where it came from.
 */
export interface MoveSettingsChange {
  readonly op: 'move-settings';
  /**
   * RFC 6901.
   */
  readonly path: string;
  /**
   * Where a setting is held: cluster, group/NAME or machine/NAME.
   */
  readonly from: string;
  /**
   * Where a setting is held: cluster, group/NAME or machine/NAME.
   */
  readonly to: string;
  /**
   * Replace what the target says otherwise, instead of being refused.
   */
  readonly replace?: boolean;
}
/**
 * What the layers of several machines say alike, said at the level above instead, where no machine gets anything else by it.
 */
export interface LiftSettingsChange {
  readonly op: 'lift-settings';
  /**
   * cluster or group/NAME.
   */
  readonly to: string;
  /**
   * group/NAME: its machines. Left out: all machines below the level it goes to.
   */
  readonly from?: string;
  /**
   * These machines.
   *
   * @minItems 1
   *
   * Items: Like a host name, dots allowed.
   */
  readonly machines?: readonly string[];
}
/**
 * What a commit of this draft would change.
 */
export interface DraftDiff {
  /**
   * The revision the draft was begun on.
   */
  readonly base: number;
  readonly head: number;
  /**
   * What was changed since by others; a commit is refused.
   */
  readonly conflicts: readonly Finding[];
  /**
   * What is wrong with the result; a commit is refused.
   */
  readonly findings: readonly Finding[];
  readonly settings: readonly SettingsChange[];
  /**
   * Changes of groups and of the roster, in words.
   */
  readonly structure: readonly string[];
  /**
   * Only machines on which something changes.
   */
  readonly machines: readonly MachineDiff[];
}
/**
 * One setting that differs; an absent side is not set there.
 */
export interface SettingsChange {
  readonly level: string;
  readonly pointer: string;
  /**
   * Any JSON value.
   */
  readonly before?: unknown;
  /**
   * Any JSON value.
   */
  readonly after?: unknown;
}
/**
 * What changes on one machine, as a unified diff of files and parameters; without secrets.
 */
export interface MachineDiff {
  /**
   * Like a host name, dots allowed.
   */
  readonly machine: string;
  readonly diff: string;
}
/**
 * Changes to add to a draft, in order.
 */
export interface DraftOperations {
  /**
   * @minItems 1
   * @maxItems 10000
   */
  readonly operations: readonly DraftChange[];
}
/**
 * What changes would do when added to a draft; nothing was changed.
 */
export interface DraftPlan {
  /**
   * The revision the draft was begun on.
   */
  readonly base: number;
  /**
   * What would be added to the draft.
   */
  readonly operations: readonly Operation[];
  /**
   * What would be wrong with the result, and what is worth knowing.
   */
  readonly findings: readonly Finding[];
  /**
   * Changes of groups and of the roster, in words.
   */
  readonly structure: readonly string[];
  /**
   * The machines on which an effective setting changes.
   */
  readonly machines: readonly MachineChange[];
  /**
   * The machines on which none does.
   *
   * Items: Like a host name, dots allowed.
   */
  readonly unchanged: readonly string[];
}
/**
 * What becomes of one machine: effective settings, and files and parameters as a unified diff without secrets.
 */
export interface MachineChange {
  /**
   * Like a host name, dots allowed.
   */
  readonly machine: string;
  readonly settings: readonly EffectiveChange[];
  /**
   * Empty when no file changes, and when nothing is known of the machine.
   */
  readonly diff: string;
}
/**
 * A draft, and the head it would be committed on.
 */
export interface DraftView {
  readonly draft: Draft;
  readonly head: number;
}
/**
 * The effective settings of one machine, and the level each value comes from.
 */
export interface EffectiveView {
  /**
   * Like a host name, dots allowed.
   */
  readonly machine: string;
  readonly revision: number;
  readonly settings: {
    readonly [k: string]: unknown;
  };
  /**
   * By JSON Pointer: defaults, cluster, group/NAME or machine/NAME.
   */
  readonly origins: {
    readonly [k: string]: string;
  };
  /**
   * The pins that bind this machine.
   */
  readonly pins: readonly PinView[];
}
/**
 * A pin and the level that holds it.
 */
export interface PinView {
  /**
   * Where a setting is held: cluster, group/NAME or machine/NAME.
   */
  readonly level: string;
  /**
   * The setting; * stands for every entry of a table.
   */
  readonly pointer: string;
  readonly rule: 'fixed' | 'floor' | 'perMachine';
  /**
   * Of a floor that names one: the least strict value.
   */
  readonly lowest?: unknown;
}
/**
 * Which setting is to be explained.
 */
export interface ExplainQuery {
  /**
   * A JSON Pointer into the settings; the leading slash may be left out.
   */
  readonly path: string;
  /**
   * Defaults to the head.
   */
  readonly revision?: number;
}
/**
 * Where one effective value comes from, and what it shadows.
 */
export interface Explanation {
  /**
   * Like a host name, dots allowed.
   */
  readonly machine: string;
  readonly pointer: string;
  /**
   * The effective value.
   */
  readonly value: unknown;
  /**
   * defaults, or where it is held.
   */
  readonly level: string;
  /**
   * The revision that set it; absent for a default.
   */
  readonly revision?: number;
  readonly author?: string;
  readonly time?: string;
  readonly comment?: string;
  /**
   * Values of upper levels that do not count, most specific first.
   */
  readonly shadows: readonly ShadowedValue[];
  /**
   * The pins that bind this setting; absent when none does.
   */
  readonly pins?: readonly PinView[];
}
export interface ShadowedValue {
  readonly level: string;
  /**
   * What that level holds.
   */
  readonly value: unknown;
}
/**
 * What came of restoring a configuration file into a store of its own.
 */
export interface FileVerification {
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly saved: string;
  readonly revision: number;
  readonly certificates: number;
  /**
   * Machines in the file and members here, by name.
   */
  readonly machines: readonly MachineVerification[];
  readonly trail?: AuditVerification;
}
export interface MachineVerification {
  /**
   * Like a host name, dots allowed.
   */
  readonly machine: string;
  /**
   * in-sync: a restore would give it what this controller has on record as deployed, or else as wanted; disconnected: it would give it other files, and it is left alone here; waiting: no member in the file, as it came with another file and has not joined; no-record: nothing is on record here to compare with; missing: a member here that the file does not have as one; departed: a member in the file that left here. The first three are no fault of the file.
   */
  readonly verdict:
    'in-sync' | 'disconnected' | 'waiting' | 'other-files' | 'cannot-render' | 'no-record' | 'missing' | 'departed';
  /**
   * Why, when it is not in sync.
   */
  readonly detail?: string;
  /**
   * What would be other than it is, by path; main.cf, master.cf and probes for what Signet owns there. Absent when it cannot be told.
   */
  readonly files?: readonly string[];
}
/**
 * Every group and its members.
 */
export interface GroupList {
  readonly groups: readonly GroupView[];
}
export interface GroupView {
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly name: string;
  readonly description?: string;
  /**
   * Items: Like a host name, dots allowed.
   */
  readonly machines: readonly string[];
}
/**
 * That the controller is up, and what it is.
 */
export interface Health {
  readonly status: 'ok';
  readonly version: string;
  /**
   * The head.
   */
  readonly revision: number;
  /**
   * Whether this controller is the one that pushes.
   */
  readonly leader: boolean;
  readonly store: 'embedded' | 'etcd';
  /**
   * How scheduled saves go: failing when the last one failed, else overdue when the last good one is two intervals old; left out when none are scheduled.
   */
  readonly saves?: 'ok' | 'failing' | 'overdue';
}
/**
 * Which page of the history is wanted.
 */
export interface HistoryQuery {
  /**
   * Only revisions with a smaller number.
   */
  readonly before?: number;
  readonly limit?: number;
}
/**
 * A machine whose host key is to be looked at.
 */
export interface HostKeyRequest {
  /**
   * A host name or an IP address.
   */
  readonly host: string;
  readonly port?: number;
}
/**
 * What a machine shows before anyone logs in.
 */
export interface HostKey {
  /**
   * SHA256:..., as ssh-keygen -l prints it.
   */
  readonly hostKey: string;
}
/**
 * Certificates of an authority, by serial number.
 */
export interface IssuedList {
  readonly certificates: readonly IssuedCertificate[];
  /**
   * Ask for what is after this one; absent: there is no more.
   */
  readonly next?: string;
}
/**
 * One certificate that an authority issued, and whether it was revoked.
 */
export interface IssuedCertificate {
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly authority: string;
  /**
   * Of a certificate of ours: 16 bytes, lower-case hexadecimal.
   */
  readonly serial: string;
  /**
   * What a certificate is for: a server (serverAuth), a client (clientAuth), or both.
   */
  readonly profile: 'server' | 'client' | 'both';
  readonly subject: string;
  /**
   * DNS names and IP addresses.
   */
  readonly names: readonly string[];
  /**
   * The id of the key it certifies. Signet holds that key unless the certificate was signed from a request.
   */
  readonly key: string;
  /**
   * The chain it is the leaf of.
   */
  readonly chain: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly issued: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly notAfter: string;
  readonly request?: CertificateRequest;
  readonly revoked?: Revoked;
}
export interface Revoked {
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly time: string;
  /**
   * RFC 5280 5.3.1, without those that suspend and reinstate.
   */
  readonly reason:
    | 'unspecified'
    | 'keyCompromise'
    | 'cACompromise'
    | 'affiliationChanged'
    | 'superseded'
    | 'cessationOfOperation'
    | 'privilegeWithdrawn'
    | 'aACompromise';
}
/**
 * Which page of an authority's certificates is wanted.
 */
export interface IssuedQuery {
  /**
   * Only certificates after this one.
   */
  readonly after?: string;
  readonly limit?: number;
}
/**
 * What joining would do, before anything is done; a join accepts it by its id.
 */
export interface JoinPlan {
  /**
   * The id of the plan of a join.
   */
  readonly id: string;
  /**
   * Until when it can be accepted.
   */
  readonly expires: string;
  /**
   * The revision it was held against.
   */
  readonly revision: number;
  /**
   * Like a host name, dots allowed.
   */
  readonly name: string;
  /**
   * Where it is reached.
   */
  readonly host: string;
  readonly port: number;
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly group: string;
  /**
   * SHA256:..., as ssh-keygen -l prints it.
   */
  readonly hostKey: string;
  readonly facts: PlannedFacts;
  /**
   * The machine layer it would start with.
   */
  readonly layer: {
    readonly [k: string]: unknown;
  };
  /**
   * The TLS settings the machine has now, and what becomes of each.
   */
  readonly present: readonly PlannedSetting[];
  /**
   * The certificates it shows now, which adopting imports with their keys.
   */
  readonly certificates: readonly FoundCertificate[];
  /**
   * The machine layer it would start with when it is adopted; left out where that cannot be.
   */
  readonly adopted?: {
    readonly [k: string]: unknown;
  };
  readonly known?: KnownMachine;
  readonly replaces?: ReplacedMachine;
  /**
   * What stands in the way; empty when it can join.
   */
  readonly findings: readonly Finding[];
  readonly faults?: PlannedFaults;
  /**
   * What to know.
   */
  readonly notes: readonly string[];
}
export interface PlannedFacts {
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly collected: string;
  readonly script: string;
  readonly identity: string;
  readonly hostname: string;
  readonly os: string;
  readonly addresses: readonly string[];
  readonly bootId: string;
  readonly clockSkewSeconds?: number;
  readonly bootHook: 'systemd' | 'cron' | 'none';
  readonly freeKilobytes: number;
  readonly postfix?: FoundPostfix1;
  readonly nginx?: FoundNginx1;
}
export interface FoundPostfix1 {
  readonly version: string;
  readonly running: boolean;
}
export interface FoundNginx1 {
  readonly version: string;
  readonly running: boolean;
}
export interface PlannedSetting {
  /**
   * main.cf, a service of master.cf, a server of nginx, or the file of an LDAP table.
   */
  readonly place: string;
  readonly name: string;
  readonly value: string;
  readonly adopted: VerdictWhenAdopted;
  readonly applied: VerdictWhenApplied;
}
export interface VerdictWhenAdopted {
  readonly verdict: 'kept' | 'replaced' | 'lost';
  /**
   * The path of the setting that holds it, or that takes its place; left out where it stays the machine's own affair.
   */
  readonly setting?: string;
  /**
   * The level whose value takes its place.
   */
  readonly level?: string;
  /**
   * What takes its place.
   */
  readonly value?: string;
  /**
   * Why it is lost.
   */
  readonly reason?: string;
}
export interface VerdictWhenApplied {
  readonly verdict: 'kept' | 'replaced' | 'lost';
  /**
   * The path of the setting that holds it, or that takes its place; left out where it stays the machine's own affair.
   */
  readonly setting?: string;
  /**
   * The level whose value takes its place.
   */
  readonly level?: string;
  /**
   * What takes its place.
   */
  readonly value?: string;
  /**
   * Why it is lost.
   */
  readonly reason?: string;
}
export interface FoundCertificate {
  readonly path: string;
  readonly subject: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly expires: string;
  /**
   * Lower-case hexadecimal.
   */
  readonly fingerprint: string;
}
/**
 * Set when this machine was a member before.
 */
export interface KnownMachine {
  readonly name: string;
  readonly left: string;
  readonly settings: readonly string[];
  readonly comparison: ArchiveComparison;
}
/**
 * Set when it takes the place of a machine in the configuration: with its settings.
 */
export interface ReplacedMachine {
  readonly name: string;
  readonly settings: readonly string[];
}
/**
 * What the configuration would refuse, by whether it is adopted or its archive restored; left out where what stands in the way comes first.
 */
export interface PlannedFaults {
  /**
   * Of the settings it has.
   */
  readonly adopted?: readonly Finding[];
  /**
   * Of those that cluster and group give it, with those of a member whose place it takes.
   */
  readonly applied: readonly Finding[];
  /**
   * Of these with what was archived, where there is an archive for it.
   */
  readonly restored?: readonly Finding[];
}
/**
 * A machine that may become a member.
 */
export interface JoinRequest {
  /**
   * Like a host name, dots allowed.
   */
  readonly name: string;
  /**
   * A host name or an IP address.
   */
  readonly host: string;
  readonly port?: number;
  /**
   * Defaults to `main`, the group that is there from the start.
   */
  readonly group?: string;
  /**
   * The fingerprint that is expected. A machine that shows another is sent nothing: neither user nor password.
   */
  readonly hostKey?: string;
  /**
   * What a machine is that cannot be told for sure. replace: it takes the place of the machine that has its name or its identity, with settings and certificates, as after it was reinstalled; new: it is a machine of its own, as a copy of another is, and gets an identity of its own.
   */
  readonly claim?: 'replace' | 'new';
  readonly bootstrap: Bootstrap1;
}
/**
 * How to log in once, to install the script and the key of the controller. Never stored.
 */
export interface Bootstrap1 {
  readonly user: string;
  readonly password?: string;
  /**
   * A private key in OpenSSH or PEM form.
   */
  readonly privateKey?: string;
  readonly passphrase?: string;
}
/**
 * A machine that has become a member.
 */
export interface Joined {
  readonly machine: MachineView;
  readonly revision: RevisionNumber;
  /**
   * The rollout that pushes to it.
   */
  readonly rollout?: number;
  /**
   * What is wrong with what it has back or has taken over; left out when nothing is.
   */
  readonly notes?: readonly string[];
}
export interface RevisionNumber {
  readonly number: number;
}
/**
 * What a private key is encrypted with, or that it is wanted in clear: one of the two.
 */
export interface KeyOptions {
  /**
   * What the key is encrypted with.
   */
  readonly passphrase?: string;
  /**
   * The key is not encrypted; the audit trail says so.
   */
  readonly clear?: true;
}
/**
 * The settings held at one level.
 */
export interface LayerView {
  /**
   * Where a setting is held: cluster, group/NAME or machine/NAME.
   */
  readonly level: string;
  readonly revision: number;
  readonly layer: {
    readonly [k: string]: unknown;
  };
}
/**
 * How a machine is to leave.
 */
export interface LeaveOptions {
  /**
   * Put the files back that were there before it joined.
   */
  readonly restoreOriginal?: boolean;
  /**
   * Let it go although it cannot be reached; the key of the controller stays on it.
   */
  readonly force?: boolean;
}
/**
 * What leaving would take from the configuration.
 */
export interface LeavePlan {
  /**
   * Like a host name, dots allowed.
   */
  readonly machine: string;
  /**
   * Paths of the machine-level settings that leave the configuration.
   */
  readonly settings: readonly string[];
  /**
   * Names of machine-level certificates among them.
   */
  readonly certificates: readonly string[];
  /**
   * The id of the archive that keeps them; absent when the machine is out of the configuration already.
   */
  readonly archive?: string;
  /**
   * Whether the gateway answers the controller.
   */
  readonly reachable: boolean;
  /**
   * Why it may only leave by force, and what else can be done; absent when nothing stands in the way.
   */
  readonly obstacle?: string;
}
/**
 * A machine that has left.
 */
export interface Left {
  readonly revision: RevisionNumber1;
  readonly plan: LeavePlan;
  readonly notes: readonly string[];
}
export interface RevisionNumber1 {
  readonly number: number;
}
/**
 * A configuration file, what its secrets are encrypted with, and what was decided about its machines.
 */
export interface LoadOptions {
  /**
   * The text of the file.
   */
  readonly file: string;
  /**
   * Of a file with secrets; left out for one that was saved without.
   */
  readonly passphrase?: string;
  /**
   * By the names of machines in the file: the machine here that gets its settings, or null to leave them out. All others are told by identity.
   */
  readonly map?: {
    readonly [k: string]: string | null;
  };
  /**
   * True: load it although another controller saved it.
   */
  readonly foreign?: boolean;
  /**
   * True: also when the audit trail in it is not as it was written.
   */
  readonly damagedTrail?: boolean;
}
/**
 * What loading a configuration file would do; nothing was changed.
 */
export interface LoadPlan {
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly saved: string;
  /**
   * The revision it was saved from.
   */
  readonly revision: number;
  /**
   * Which controller saved it, by its SSH key; unknown for files of format 1.
   */
  readonly origin: 'own' | 'another' | 'unknown';
  /**
   * The machines of the file, and which they are here.
   */
  readonly machines: readonly MappedMachine[];
  /**
   * Members here that the file does not have. Nothing of their own changes, and none is dismissed.
   *
   * Items: Like a host name, dots allowed.
   */
  readonly stay: readonly string[];
  readonly certificates: number;
  /**
   * Private authorities in it.
   *
   * Items: A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly authorities: readonly string[];
  /**
   * What machines that left had of their own.
   */
  readonly archives: number;
  /**
   * What the load would be refused for.
   */
  readonly obstacles: readonly Finding[];
  readonly change: DraftPlan;
  readonly parts?: ConfigurationParts;
  /**
   * How many earlier revisions the file has; only a take-over brings them back.
   */
  readonly history: number;
}
/**
 * Which machine here a machine of a configuration file is.
 */
export interface MappedMachine {
  /**
   * Its name in the file.
   */
  readonly machine: string;
  /**
   * same: it is here under this name; renamed: it is here, by its identity, under another one; by-hand: the machine that the options name gets its settings; waiting: it is not here, and waits until it joins; left-out: nothing of its own is loaded.
   */
  readonly becomes: 'same' | 'renamed' | 'by-hand' | 'waiting' | 'left-out';
  /**
   * Its name here; absent for one that waits or is left out.
   */
  readonly here?: string;
}
/**
 * Which parts of a configuration a file holds, when it does not hold the whole.
 */
export interface ConfigurationParts {
  /**
   * Levels with all that they say.
   *
   * Items: Where a setting is held: cluster, group/NAME or machine/NAME.
   */
  readonly levels: readonly string[];
  /**
   * Single certificates.
   */
  readonly certificates: readonly CertificatePlace[];
  /**
   * Entries of other levels that the parts refer to; a load sets them only where nothing has their name.
   */
  readonly along: readonly PartAlong[];
}
/**
 * A certificate by its name and the level it is held at.
 */
export interface CertificatePlace {
  /**
   * Where a setting is held: cluster, group/NAME or machine/NAME.
   */
  readonly level: string;
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly name: string;
}
export interface PartAlong {
  /**
   * Where a setting is held: cluster, group/NAME or machine/NAME.
   */
  readonly level: string;
  readonly section: string;
  readonly name: string;
}
/**
 * What a configuration file brought into the draft.
 */
export interface LoadResult {
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly saved: string;
  /**
   * The revision it was saved from.
   */
  readonly revision: number;
  /**
   * Which controller saved it, by its SSH key; unknown for files of format 1.
   */
  readonly origin: 'own' | 'another' | 'unknown';
  /**
   * The machines of the file, and which they are here.
   */
  readonly machines: readonly MappedMachine[];
  /**
   * Members here that the file does not have. Nothing of their own changes, and none is dismissed.
   *
   * Items: Like a host name, dots allowed.
   */
  readonly stay: readonly string[];
  readonly certificates: number;
  /**
   * Private authorities in it.
   *
   * Items: A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly authorities: readonly string[];
  /**
   * What machines that left had of their own.
   */
  readonly archives: number;
  readonly operations: readonly Operation[];
  /**
   * Machines that wait from now on, until they join.
   */
  readonly unknownMachines: readonly string[];
  readonly parts?: ConfigurationParts;
  /**
   * How many earlier revisions the file has; only a take-over brings them back.
   */
  readonly history: number;
}
/**
 * How far the mail logs were read.
 */
export interface LogReadingList {
  readonly readings: readonly LogReading[];
}
/**
 * How far the mail log of a machine was read.
 */
export interface LogReading {
  /**
   * Like a host name, dots allowed.
   */
  readonly machine: string;
  /**
   * The path of the log, or journal.
   */
  readonly log?: string;
  /**
   * When it was read last, or failed to be; left out when it never was.
   */
  readonly read?: string;
  readonly gaps: readonly LogGap[];
  /**
   * Why it could not be read last time.
   */
  readonly problem?: string;
}
/**
 * A part of a log that was gone before it was read.
 */
export interface LogGap {
  /**
   * When the log was read before.
   */
  readonly from: string;
  /**
   * When the gap was seen.
   */
  readonly until: string;
}
/**
 * Whose mail logs are to be read now.
 */
export interface LogReadingRequest {
  /**
   * Left out: those of all members.
   */
  readonly machine?: string;
}
/**
 * Which machines to list.
 */
export interface MachineListQuery {
  /**
   * Also those that left.
   */
  readonly all?: 'true' | 'false';
}
/**
 * Every machine, by name.
 */
export interface MachineList {
  readonly machines: readonly MachineView[];
}
/**
 * Sessions, the newest first, and what is wrong with the logs that they are from.
 */
export interface MailSessionList {
  readonly sessions: readonly MailSessionView[];
  /**
   * Only those with gaps, with a problem, or never read.
   */
  readonly readings: readonly LogReading[];
}
/**
 * A session, and whose log it is from.
 */
export interface MailSessionView {
  /**
   * For the next page.
   */
  readonly id: string;
  /**
   * Like a host name, dots allowed.
   */
  readonly machine: string;
  readonly session: MailSession;
}
/**
 * A message that left, or a client that brought some, as the mail log of a gateway tells it: over TLS, in clear, or not at all for want of TLS.
 */
export interface MailSession {
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly time: string;
  readonly direction: 'in' | 'out';
  /**
   * Over TLS to a peer whose certificate holds and carries the right name (verified), whose chain holds (trusted), does not (untrusted), or that showed none (anonymous); in clear; or failed for want of TLS.
   */
  readonly result: 'verified' | 'trusted' | 'untrusted' | 'anonymous' | 'clear' | 'failed';
  /**
   * How many were sent or taken; 0 when it failed.
   */
  readonly messages: number;
  /**
   * The other end: `unknown` where its address has no name. Left out where no server was reached.
   */
  readonly host?: string;
  readonly address?: string;
  /**
   * Of a server.
   */
  readonly port?: number;
  /**
   * Of a message that leaves: the domain of its recipient.
   */
  readonly destination?: string;
  /**
   * Of the message, or of the first that a client brought.
   */
  readonly queueId?: string;
  readonly protocol?: string;
  readonly cipher?: string;
  /**
   * not-offered: no STARTTLS, or no ESMTP at all. refused: STARTTLS was answered with an error. handshake: none came about. verification: the certificate does not hold. dane: its TLSA records are missing, unusable or not signed, or could not be looked up. gateway: a fault of the gateway itself. A message in clear has one when TLS was tried before.
   */
  readonly failure?: 'not-offered' | 'refused' | 'handshake' | 'verification' | 'dane' | 'gateway';
  /**
   * In the words of the log.
   */
  readonly reason?: string;
}
/**
 * Which sessions are wanted.
 */
export interface MailSessionQuery {
  /**
   * Like a host name, dots allowed.
   */
  readonly machine?: string;
  readonly direction?: 'in' | 'out';
  /**
   * The name or address of the other end; with a leading dot every name below it.
   */
  readonly peer?: string;
  /**
   * The domain that mail went to; with a leading dot every domain below it.
   */
  readonly destination?: string;
  /**
   * One or more results, with commas.
   */
  readonly result?: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly since?: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly until?: string;
  /**
   * Only sessions older than the one with this id.
   */
  readonly before?: string;
  readonly limit?: number;
}
/**
 * For requests that take no query.
 */
export interface NoQuery {}
/**
 * What groups and machines set over the levels above them.
 */
export interface OverrideList {
  readonly revision: number;
  readonly overrides: readonly OverrideView[];
}
export interface OverrideView {
  /**
   * Where a setting is held: cluster, group/NAME or machine/NAME.
   */
  readonly level: string;
  readonly pointer: string;
  /**
   * What the level says; null removes what the levels above set.
   */
  readonly value: unknown;
  /**
   * effective: it changes a value; redundant: the levels above say the same; void: it removes what nothing above sets, or no machine inherits it.
   */
  readonly effect: 'effective' | 'redundant' | 'void';
  /**
   * The revision that set it.
   */
  readonly since: number;
  readonly author: string;
  readonly inherited?: InheritedValue;
  /**
   * What it hides was changed after it was set.
   */
  readonly outdated: boolean;
}
/**
 * What would hold without it; absent when nothing would.
 */
export interface InheritedValue {
  readonly level: string;
  readonly value: unknown;
  /**
   * The revision that set it; absent for a default.
   */
  readonly since?: number;
}
/**
 * Which overrides are wanted.
 */
export interface OverrideQuery {
  /**
   * Only those of this level.
   */
  readonly level?: string;
  /**
   * At this revision instead of the newest.
   */
  readonly revision?: number;
}
/**
 * Every name that stands in a path.
 */
export interface PathParameters {
  /**
   * The name of a machine.
   */
  readonly machine?: string;
  /**
   * The name of a group.
   */
  readonly group?: string;
  /**
   * The name of a certificate at that level.
   */
  readonly certificate?: string;
  /**
   * The id of a trust bundle.
   */
  readonly bundle?: string;
  /**
   * The id of an alert.
   */
  readonly alert?: string;
  /**
   * The name of a token, or `me`: the token of this request.
   */
  readonly author?: string;
  /**
   * The number of a revision.
   */
  readonly revision?: number;
  /**
   * The number of the revision to compare with.
   */
  readonly other?: number;
  /**
   * The id of a rollout.
   */
  readonly rollout?: number;
  /**
   * The id of a token.
   */
  readonly token?: string;
  /**
   * The name of a private authority.
   */
  readonly authority?: string;
  /**
   * The serial number of a certificate that an authority issued.
   */
  readonly serial?: string;
  /**
   * The id of a key.
   */
  readonly key?: string;
  /**
   * The identity of the machine that left.
   */
  readonly archive?: string;
  /**
   * The id of the plan of a join.
   */
  readonly plan?: string;
}
/**
 * What went to one destination, or came from one client.
 */
export interface PeerCount {
  readonly direction: 'in' | 'out';
  /**
   * The domain of the recipients of what left, the name (or address) of the client of what came in; `*` for all that are not counted one by one.
   */
  readonly peer: string;
  readonly messages: number;
  readonly results: Results;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly last: string;
  /**
   * Of the last one.
   */
  readonly failure?: 'not-offered' | 'refused' | 'handshake' | 'verification' | 'dane' | 'gateway';
  readonly reason?: string;
  /**
   * Whose logs it is from.
   *
   * Items: Like a host name, dots allowed.
   */
  readonly machines: readonly string[];
}
/**
 * Messages by result; of failed ones, sessions.
 */
export interface Results {
  readonly [k: string]: number;
}
/**
 * Every pin at a revision, by level and setting.
 */
export interface PinList {
  readonly revision: number;
  readonly pins: readonly PinView[];
}
/**
 * A certificate with its chain and its private key, encrypted under the password of the request.
 */
export interface Pkcs12File {
  /**
   * The id of the key in it.
   */
  readonly key: string;
  /**
   * The id of the chain in it.
   */
  readonly chain: string;
  /**
   * The file (RFC 7292), base64.
   */
  readonly pkcs12: string;
}
/**
 * How a certificate and its private key are to be exported.
 */
export interface Pkcs12Options {
  /**
   * What the file is encrypted with.
   */
  readonly password: string;
  /**
   * 3DES and SHA-1, for appliances and Windows from before about 2018, which open nothing else; without it AES-256 and SHA-256.
   */
  readonly legacy?: boolean;
  /**
   * What programs call the entry; the name of the certificate when left out.
   */
  readonly friendlyName?: string;
}
/**
 * A private key and the certificates that go with it.
 */
export interface PrivateKey {
  /**
   * The id of the key.
   */
  readonly key: string;
  /**
   * The id of the chain.
   */
  readonly chain: string;
  /**
   * PKCS#8: encrypted (PBES2 with AES-256 and PBKDF2 over HMAC-SHA-256), or in clear when that was asked for.
   */
  readonly pem: string;
  /**
   * The chain in PEM, leaf first.
   */
  readonly certificates: string;
}
/**
 * What probes have shown, worst news included.
 */
export interface ProbeReport {
  /**
   * A domain name in its ASCII form (IDNA A-labels), lower case.
   */
  readonly domain?: string;
  /**
   * Of a domain: how its servers were found; null-mx: it takes no mail (RFC 7505).
   */
  readonly found?: 'mx' | 'address' | 'null-mx';
  readonly probes: readonly Probe[];
  /**
   * The average of all.
   */
  readonly score: number;
  /**
   * Whether no step of any failed.
   */
  readonly well: boolean;
}
/**
 * What one connection to one server has shown, step by step.
 */
export interface Probe {
  /**
   * Whose listener it is, where it is one of ours.
   */
  readonly machine?: string;
  /**
   * What a probe looks at: the name of a listener, services/NAME or interfaces/NAME/https.
   */
  readonly listener?: string;
  /**
   * controller, or the machine it was taken from.
   */
  readonly from: string;
  /**
   * The name or address that was connected to.
   */
  readonly server: string;
  readonly port: number;
  /**
   * Of the MX record; the lowest is tried first.
   */
  readonly preference?: number;
  readonly service: 'smtp' | 'smtps' | 'https' | 'ldaps' | 'ldap-starttls';
  /**
   * The names that the certificate must carry; none: nothing was compared.
   */
  readonly names: readonly string[];
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly seen: string;
  /**
   * How the server greeted.
   */
  readonly greeting?: string;
  /**
   * The version of TLS that was agreed on.
   */
  readonly protocol?: string;
  readonly cipher?: string;
  /**
   * One for each thing that must go well, in order.
   */
  readonly steps: readonly ProbeStep[];
  /**
   * How far mail can be trusted to arrive over verified TLS: the weights of the steps that passed, half of those with a warning.
   */
  readonly score: number;
  /**
   * The certificates as they were served, and the root they lead to where that is known and was not.
   */
  readonly chain: readonly ChainLink[];
}
export interface ProbeStep {
  /**
   * certificate: the chain; name: whether it is for the server; secure: EHLO once more, in TLS; from: whether the sender of a message is taken.
   */
  readonly step:
    'connect' | 'greeting' | 'ehlo' | 'starttls' | 'handshake' | 'certificate' | 'name' | 'secure' | 'from';
  /**
   * skipped: an earlier step failed.
   */
  readonly result: 'passed' | 'warning' | 'failed' | 'skipped';
  /**
   * How long the server took; absent where nothing was asked of it.
   */
  readonly milliseconds?: number;
  readonly findings: readonly ProbeFinding[];
}
export interface ProbeFinding {
  /**
   * docs/verify.md explains each.
   */
  readonly rule: string;
  readonly result: 'warning' | 'failed';
  /**
   * What is the matter and what comes of it, in words.
   */
  readonly detail: string;
}
/**
 * What to look at: the listeners of machines, of all when nothing is said; or one server; or the servers that take the mail of a domain.
 */
export interface ProbeRequest {
  /**
   * Whose listeners; those of every member when left out.
   *
   * @minItems 1
   * @maxItems 100
   *
   * Items: Like a host name, dots allowed.
   */
  readonly machines?: readonly string[];
  /**
   * Only the listener of this name.
   */
  readonly listener?: string;
  /**
   * A server, by name or IP address.
   */
  readonly host?: string;
  /**
   * Its port; the usual one of the service when left out.
   */
  readonly port?: number;
  /**
   * What it speaks: SMTP with STARTTLS, or TLS from the first byte, or HTTPS, LDAP over TLS, LDAP with StartTLS; told by the port when left out.
   */
  readonly service?: 'smtp' | 'smtps' | 'https' | 'ldaps' | 'ldap-starttls';
  /**
   * The name to ask for (SNI), which its certificate must carry; its own when left out.
   */
  readonly name?: string;
  /**
   * A mail domain: the hosts of its MX records, else its own address (RFC 5321 5.1).
   */
  readonly domain?: string;
  /**
   * Look from this machine, over its SSH connection, instead of from the controller.
   */
  readonly from?: string;
}
/**
 * Why a request was refused or failed (RFC 9457).
 */
export interface Problem {
  /**
   * urn:signet:problem:CODE; the codes are part of the interface.
   */
  readonly type: string;
  /**
   * The status in words; the same for every problem of this status.
   */
  readonly title: string;
  readonly status: number;
  /**
   * What happened, to what, and what to do next; absent for an unexpected error.
   */
  readonly detail?: string;
  /**
   * Names this request; the same id stands in the log of the controller.
   */
  readonly instance: string;
  /**
   * Several things wrong at once, each with its place.
   */
  readonly errors?: readonly Finding[];
  /**
   * Plain facts for programs.
   */
  readonly facts?: {
    readonly [k: string]: string | number | boolean;
  };
}
/**
 * Whose side stays where both changed the same.
 */
export interface RebaseOptions {
  readonly keep: 'mine' | 'theirs';
}
/**
 * How a machine that is disconnected is looked at.
 */
export interface ReconnectLook {
  readonly bootstrap?: Bootstrap2;
}
/**
 * A login as root, or through sudo, to read files that only root may read there. Never stored.
 */
export interface Bootstrap2 {
  readonly user: string;
  readonly password?: string;
  /**
   * A private key in OpenSSH or PEM form.
   */
  readonly privateKey?: string;
  readonly passphrase?: string;
}
/**
 * What becomes of each difference on a machine that is reconnected.
 */
export interface ReconnectOptions {
  /**
   * The id of the plan that was shown; refused when it is not the same any more.
   */
  readonly accept?: string;
  readonly bootstrap?: Bootstrap3;
  /**
   * Paths of differences at which the machine gets what the configuration has.
   */
  readonly keep?: readonly string[];
  /**
   * Paths of differences at which the machine's layer gets what the machine has.
   */
  readonly take?: readonly string[];
  /**
   * What becomes of all else that was changed on the machine; without it, each needs a decision.
   */
  readonly rest?: 'keep' | 'take';
  /**
   * Defaults to true: push to it at once. Without, what was kept out is drift on it, and is not overwritten by a later rollout unless that is asked to.
   */
  readonly rollout?: boolean;
}
/**
 * A login as root, or through sudo, to read files that only root may read there. Never stored.
 */
export interface Bootstrap3 {
  readonly user: string;
  readonly password?: string;
  /**
   * A private key in OpenSSH or PEM form.
   */
  readonly privateKey?: string;
  readonly passphrase?: string;
}
/**
 * What is different on a machine that is disconnected, and in the configuration for it.
 */
export interface ReconnectPlan {
  /**
   * Like a host name, dots allowed.
   */
  readonly machine: string;
  /**
   * Stands for all that is shown: a reconnect that accepts it is refused when anything of it has changed.
   */
  readonly id: string;
  /**
   * The newest revision.
   */
  readonly revision: number;
  /**
   * The revision that it was given last: changes of the configuration are those since then.
   */
  readonly since?: number;
  readonly disconnected?: DisconnectedSince1;
  readonly differences: readonly ReconnectDifference[];
  /**
   * How many of them need a decision.
   */
  readonly open: number;
  /**
   * What to know.
   */
  readonly notes: readonly string[];
}
export interface DisconnectedSince1 {
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly since: string;
  readonly by: string;
}
export interface ReconnectDifference {
  /**
   * The path of the setting; where Signet has none for it, what was changed, by file and name or in words.
   */
  readonly path: string;
  /**
   * Where it was changed.
   */
  readonly changed: 'configuration' | 'machine' | 'both';
  /**
   * What the machine had been given.
   */
  readonly before?: unknown;
  /**
   * What the configuration has for it now.
   */
  readonly configuration?: unknown;
  /**
   * What the machine has.
   */
  readonly machine?: unknown;
  /**
   * Set when the configuration says by now what the machine has: nobody has to decide.
   */
  readonly same?: true;
  /**
   * Why the machine's value cannot be taken; absent where it can.
   */
  readonly obstacle?: string;
  /**
   * What was changed on the machine, in words.
   */
  readonly edits: readonly string[];
  /**
   * Whether the machine had been changed so before it was disconnected; absent where that is not known.
   */
  readonly earlier?: boolean;
}
/**
 * A machine that is connected again.
 */
export interface Reconnected {
  readonly machine: MachineView;
  readonly revision: RevisionNumber2;
  /**
   * Brings the machine what the configuration has for it.
   */
  readonly rollout?: number;
}
export interface RevisionNumber2 {
  readonly number: number;
}
/**
 * How the certificate that is bound there is made anew; what is left out stays as it is.
 */
export interface RenewalOptions {
  /**
   * same, or the kind of a new key. Left out: the same.
   */
  readonly key?: 'same' | ('rsa-2048' | 'rsa-3072' | 'rsa-4096' | 'ec-p256' | 'ec-p384');
  /**
   * Left out: as long as the present one.
   */
  readonly days?: number;
  readonly subject?: Subject;
  readonly alternativeNames?: AlternativeNames;
}
/**
 * The difference between two revisions.
 */
export interface RevisionDiff {
  readonly from: number;
  readonly to: number;
  readonly settings: readonly SettingsChange[];
  /**
   * Changes of groups and of the roster, in words.
   */
  readonly structure: readonly string[];
  /**
   * Only machines on which something changes.
   */
  readonly machines: readonly MachineDiff[];
}
/**
 * The history, newest first.
 */
export interface RevisionList {
  readonly revisions: readonly Revision[];
}
/**
 * Which revision is meant.
 */
export interface RevisionQuery {
  /**
   * Defaults to the head.
   */
  readonly revision?: number;
}
/**
 * One revision and its whole configuration.
 */
export interface RevisionView {
  readonly revision: Revision;
  readonly configuration: Configuration;
}
/**
 * The one typed tree that is versioned: groups, roster and the layer of every level.
 */
export interface Configuration {
  readonly groups: {
    readonly [k: string]: Group;
  };
  readonly machines: Roster;
  /**
   * By level; a level without settings has no entry.
   */
  readonly layers: {
    readonly [k: string]: Layer;
  };
}
export interface Group {
  readonly description?: string;
}
export interface Roster {
  readonly [k: string]: RosterEntry;
}
export interface RosterEntry {
  /**
   * The machine's identity; it outlives names and addresses.
   */
  readonly id: string;
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly group: string;
}
/**
 * Checked against the derived layer schema.
 */
export interface Layer {
  readonly [k: string]: unknown;
}
/**
 * Why a certificate is to be trusted no longer.
 */
export interface Revocation {
  /**
   * RFC 5280 5.3.1, without those that suspend and reinstate.
   */
  readonly reason?:
    | 'unspecified'
    | 'keyCompromise'
    | 'cACompromise'
    | 'affiliationChanged'
    | 'superseded'
    | 'cessationOfOperation'
    | 'privilegeWithdrawn'
    | 'aACompromise';
}
/**
 * The revision that brings another one back.
 */
export interface RolledBack {
  readonly revision: Revision;
  /**
   * Levels that were not brought back, since their machine has left.
   */
  readonly leftOut: readonly string[];
  readonly rollout?: number;
  /**
   * Warnings: what would have become of the mail of the last days, when destinations changed.
   */
  readonly findings?: readonly Finding[];
}
/**
 * Rollouts, newest first.
 */
export interface RolloutList {
  readonly rollouts: readonly Rollout[];
}
/**
 * One revision going out to machines in waves.
 */
export interface Rollout {
  readonly id: number;
  readonly revision: number;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly started: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly finished?: string;
  readonly state: 'running' | 'stopped' | 'succeeded' | 'failed' | 'superseded';
  /**
   * Why it ended as it did.
   */
  readonly reason?: string;
  readonly by: string;
  readonly waves: readonly (readonly string[])[];
  /**
   * It stops when more than this many machines failed; unreachable counts.
   */
  readonly budget: number;
  /**
   * Also put back the machines that had succeeded.
   */
  readonly revertOnFailure: boolean;
  /**
   * Machines that go to another revision than the rest.
   */
  readonly revisions?: {
    readonly [k: string]: number;
  };
  /**
   * Take back what was changed by hand.
   */
  readonly overwriteDrift: boolean;
  /**
   * Changes by hand that someone has decided on, in words, by machine: these alone are taken back.
   */
  readonly decided?: {
    readonly [k: string]: readonly string[];
  };
  /**
   * The rollout this one takes back.
   */
  readonly reverts?: number;
}
/**
 * What is to go out, to whom and how.
 */
export interface RolloutOptions {
  /**
   * Defaults to the head.
   */
  readonly revision?: number;
  /**
   * Defaults to every member.
   *
   * @minItems 1
   *
   * Items: Like a host name, dots allowed.
   */
  readonly machines?: readonly string[];
  /**
   * How many machines may fail before it stops; unreachable counts.
   */
  readonly budget?: number;
  /**
   * Machines in the first wave.
   */
  readonly canary?: number;
  /**
   * Machines in each later wave.
   */
  readonly waveSize?: number;
  /**
   * When it fails, also put back the machines that had succeeded.
   */
  readonly revertOnFailure?: boolean;
  /**
   * Take back what was changed by hand instead of refusing.
   */
  readonly overwriteDrift?: boolean;
}
/**
 * A rollout and how each of its machines fares.
 */
export interface RolloutView {
  readonly rollout: Rollout;
  readonly outcomes: readonly Outcome[];
}
/**
 * How one machine fared in one rollout.
 */
export interface Outcome {
  /**
   * Like a host name, dots allowed.
   */
  readonly machine: string;
  readonly state:
    | 'waiting'
    | 'pushing'
    | 'unchanged'
    | 'confirmed'
    | 'unproven'
    | 'reverted'
    | 'refused'
    | 'unreachable'
    | 'unknown'
    | 'skipped';
  readonly detail?: string;
  readonly digest?: string | '';
  /**
   * The revision the machine had before.
   */
  readonly previous?: number;
  readonly generation?: number;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly updated: string;
}
/**
 * How many rollouts are wanted, newest first.
 */
export interface RolloutsQuery {
  readonly limit?: number;
}
/**
 * What to save, and what becomes of its secrets: a passphrase, or withoutSecrets.
 */
export interface SaveOptions {
  /**
   * What the secrets are encrypted with.
   */
  readonly passphrase?: string;
  /**
   * Instead of a passphrase: private keys are left out.
   */
  readonly withoutSecrets?: true;
  /**
   * Defaults to the head.
   */
  readonly revision?: number;
  /**
   * Only these levels, and the certificates named, with what they refer to; the whole configuration when neither is given.
   *
   * @minItems 1
   *
   * Items: Where a setting is held: cluster, group/NAME or machine/NAME.
   */
  readonly levels?: readonly string[];
  /**
   * @minItems 1
   */
  readonly certificates?: readonly CertificatePlace[];
  /**
   * True: with the revisions before, the keys and chains that only they name, and the audit trail.
   */
  readonly history?: boolean;
}
/**
 * When and where to save the configuration by itself.
 */
export interface SaveScheduleRequest {
  /**
   * Hours or days, such as 24h or 7d, or a time of day (UTC), such as 03:30.
   */
  readonly every: string;
  /**
   * How many proven files stay.
   */
  readonly keep: number;
  /**
   * Where the files go; it must be there already. Absolute, unless it is on another host.
   */
  readonly folder: string;
  readonly sftp?: SFTPHost;
  /**
   * What the files are encrypted with; kept sealed. Left out: as before.
   */
  readonly passphrase?: string;
}
/**
 * The host that the directory is on; left out: the controller's own.
 */
export interface SFTPHost {
  readonly user: string;
  readonly host: string;
  readonly port?: number;
  /**
   * Fingerprint of its host key, as ssh-keygen -l prints it.
   */
  readonly hostKey: string;
}
/**
 * When and where the configuration is saved by itself, and what came of it.
 */
export interface SaveScheduleView {
  /**
   * Hours or days, such as 24h or 7d, or a time of day (UTC), such as 03:30.
   */
  readonly every: string;
  /**
   * How many proven files stay.
   */
  readonly keep: number;
  readonly target: SaveTarget;
  readonly set: ScheduleAuthor;
  /**
   * What the controller logs in with: a line for authorized_keys of the SFTP host.
   */
  readonly publicKey?: string;
  /**
   * When it is due.
   */
  readonly next: string;
  readonly running: boolean;
  /**
   * Those that are still there, the newest first.
   */
  readonly files: readonly SavedFile[];
  readonly lastGood?: SavedFile;
  /**
   * Since when a good save is missing: two intervals after the last one. Left out when none is.
   */
  readonly overdue?: string;
  readonly problem?: SaveProblem;
}
/**
 * Where scheduled saves go.
 */
export interface SaveTarget {
  /**
   * Where the files go; it must be there already. Absolute, unless it is on another host.
   */
  readonly folder: string;
  readonly sftp?: SFTPTarget;
}
/**
 * The host that the directory is on; left out: the controller's own.
 */
export interface SFTPTarget {
  readonly user: string;
  readonly host: string;
  readonly port: number;
  /**
   * Pinned; TYPE BASE64, as in known_hosts(5).
   */
  readonly hostKey: string;
}
export interface ScheduleAuthor {
  readonly by: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly time: string;
}
/**
 * A configuration file that the schedule made.
 */
export interface SavedFile {
  readonly name: string;
  /**
   * The controller's host on whose disk it is; left out for one on the SFTP host.
   */
  readonly host?: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly time: string;
  readonly revision: number;
  readonly bytes: number;
  /**
   * Lower-case hexadecimal.
   */
  readonly sha256: string;
  /**
   * Whether it was read back as it was written, and restored aside with all its machines.
   */
  readonly proven: boolean;
  /**
   * Those it restores.
   */
  readonly machines?: number;
  /**
   * Of those, how many a restore would give exactly what they have.
   */
  readonly inSync?: number;
}
/**
 * Why the schedule does not do what it should.
 */
export interface SaveProblem {
  /**
   * Of the first failure in a row.
   */
  readonly since: string;
  /**
   * Of the last one.
   */
  readonly time: string;
  readonly failures: number;
  readonly detail: string;
}
/**
 * Which sender group a client of a listener is in, the mail flow policy it gets, and what follows for its mail (docs/inbound.md).
 */
export interface SenderExplanation {
  /**
   * Like a host name, dots allowed.
   */
  readonly machine: string;
  readonly revision: number;
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly listener: string;
  /**
   * In its one spelling.
   */
  readonly address: string;
  /**
   * In its one spelling; absent for a client without one.
   */
  readonly name?: string;
  readonly match?: SenderMatch;
  readonly policy: PolicyOfASender;
  /**
   * What the policy says.
   */
  readonly settings: readonly SettingOfASenderSPolicy[];
  readonly outcome: OutcomeForASender;
  /**
   * No name was given, and a sender that goes by name comes first: a client with such a name gets something else.
   */
  readonly nameMayMatter: boolean;
}
/**
 * The first entry that matches; absent where none does, and the listener's own policy counts.
 */
export interface SenderMatch {
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly group: string;
  readonly sender: string;
  /**
   * Where the group's list of senders is held.
   */
  readonly level: string;
}
export interface PolicyOfASender {
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly name: string;
  /**
   * The setting that names it.
   */
  readonly pointer: string;
  /**
   * Where that is held.
   */
  readonly level: string;
}
export interface SettingOfASenderSPolicy {
  /**
   * RFC 6901.
   */
  readonly pointer: string;
  /**
   * The effective value.
   */
  readonly value: unknown;
  readonly level: string;
}
export interface OutcomeForASender {
  /**
   * How TLS starts.
   */
  readonly tls: 'withheld' | 'offered' | 'implicit';
  /**
   * Mail without TLS.
   */
  readonly clear: 'taken' | 'refused';
  readonly overTls?: OutcomeOverTLS;
}
/**
 * Mail over TLS, by the client's certificate; absent where TLS is withheld.
 */
export interface OutcomeOverTLS {
  readonly none: 'taken' | 'refused';
  readonly valid: 'taken' | 'refused';
  readonly invalid: 'taken' | 'refused';
}
/**
 * Which client of which listener is meant.
 */
export interface SenderQuery {
  /**
   * The name of a listener of the machine.
   */
  readonly listener: string;
  /**
   * The client's IP address.
   */
  readonly address: string;
  /**
   * The host name that its address resolves to and that resolves to its address. Left out: it has none. Nothing is looked up.
   */
  readonly name?: string;
  /**
   * Defaults to the head.
   */
  readonly revision?: number;
}
/**
 * Counts by destination and client, the largest first, and what is wrong with the logs that they are from.
 */
export interface SessionCountList {
  /**
   * How many there are in all.
   */
  readonly total: number;
  readonly counts: readonly PeerCount[];
  /**
   * Only those with gaps, with a problem, or never read.
   */
  readonly readings: readonly LogReading[];
}
/**
 * What is to be counted; since and until are days here, whatever their time.
 */
export interface SessionCountQuery {
  /**
   * Like a host name, dots allowed.
   */
  readonly machine?: string;
  readonly direction?: 'in' | 'out';
  /**
   * The name or address of the other end; with a leading dot every name below it.
   */
  readonly peer?: string;
  /**
   * The domain that mail went to; with a leading dot every domain below it.
   */
  readonly destination?: string;
  /**
   * One or more results, with commas.
   */
  readonly result?: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly since?: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly until?: string;
  /**
   * How many to leave out from the beginning.
   */
  readonly offset?: number;
  readonly limit?: number;
}
/**
 * What an authority made of a signing request.
 */
export interface SignedCertificate {
  readonly certificate: IssuedCertificate;
  /**
   * The certificate and the issuing certificate, PEM.
   */
  readonly pem: string;
  readonly findings: readonly Finding[];
}
/**
 * Every request that was made and not withdrawn.
 */
export interface SigningRequestList {
  readonly requests: readonly SigningRequestView[];
}
/**
 * A request to have signed by an authority, and whether its answer is bound.
 */
export interface SigningRequestView {
  /**
   * The id of the key that is to be certified; Signet holds it.
   */
  readonly key: string;
  /**
   * Where a setting is held: cluster, group/NAME or machine/NAME.
   */
  readonly level: string;
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly name: string;
  readonly subject: Subject;
  readonly alternativeNames?: AlternativeNames;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly created: string;
  readonly author: string;
  /**
   * answered: a certificate made for it is bound there in the head.
   */
  readonly state: 'pending' | 'answered';
  /**
   * The request, PEM.
   */
  readonly pem: string;
  /**
   * The request, DER in base64.
   */
  readonly der: string;
}
/**
 * A request to have signed, and what was repaired in it.
 */
export interface SigningRequestMade {
  readonly request: SigningRequestView;
  readonly findings: readonly Finding[];
}
/**
 * What to ask an authority for; what is left out is taken from the certificate that is bound there, else from an earlier request.
 */
export interface SigningRequestOptions {
  /**
   * same: the key that is bound there, or that an earlier request was made for; else the kind of a new one. Left out: the same if there is one.
   */
  readonly key?: 'same' | ('rsa-2048' | 'rsa-3072' | 'rsa-4096' | 'ec-p256' | 'ec-p384');
  readonly subject?: Subject;
  readonly alternativeNames?: AlternativeNames;
}
/**
 * How long nobody is to be told of an alert.
 */
export interface SilenceRequest {
  /**
   * A time that is past ends a silence.
   */
  readonly until: string;
}
/**
 * The configuration file of a lost controller, and what its secrets are encrypted with.
 */
export interface TakeOverOptions {
  /**
   * The text of the file.
   */
  readonly file: string;
  /**
   * Of a file with secrets; left out for one that was saved without.
   */
  readonly passphrase?: string;
  /**
   * True: only say what would be taken over.
   */
  readonly plan?: boolean;
  /**
   * True: also when the audit trail in it is not as it was written.
   */
  readonly damagedTrail?: boolean;
}
/**
 * What an empty controller takes, or took, over from a lost one.
 */
export interface TakeOver {
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly saved: string;
  /**
   * Becomes the head here, under the same number.
   */
  readonly revision: number;
  /**
   * Members at once.
   *
   * Items: Like a host name, dots allowed.
   */
  readonly machines: readonly string[];
  /**
   * Machines of the revision that the file has no login for, or that were not members; they wait until they join.
   *
   * Items: Like a host name, dots allowed.
   */
  readonly waiting: readonly string[];
  readonly certificates: number;
  /**
   * Items: A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly authorities: readonly string[];
  readonly archives: number;
  /**
   * Machines that have seen it refuse the controller the file came from.
   */
  readonly epoch: number;
  /**
   * Tells the machines, and finds out whether they have what the revision gives them. Absent in a plan, and when the revision was committed without a rollout.
   */
  readonly rollout?: number;
  /**
   * How many earlier revisions the file has; only a take-over brings them back.
   */
  readonly history: number;
  readonly trail?: AuditVerification;
}
/**
 * What would become of mail for a domain, from each machine, by the same rules as delivery.
 */
export interface TLSTestReport {
  /**
   * A domain name in its ASCII form (IDNA A-labels), lower case.
   */
  readonly domain: string;
  /**
   * How its servers were found; null-mx: it takes no mail (RFC 7505).
   */
  readonly found: 'mx' | 'address' | 'null-mx';
  /**
   * Whether every machine would deliver now.
   */
  readonly delivered: boolean;
  readonly machines: readonly TLSTest[];
}
export interface TLSTest {
  /**
   * Like a host name, dots allowed.
   */
  readonly machine: string;
  readonly destination: AppliedDestination;
  /**
   * In the order in which they are tried.
   */
  readonly hosts: readonly TestedHost[];
  /**
   * What becomes of mail that is sent now: delivered without TLS, over TLS, over TLS to a server that was verified as the level demands, or kept in the queue; docs/outcomes.md. unknown: it depends on what cannot be seen.
   */
  readonly verdict: 'clear' | 'unverified' | 'verified' | 'deferred' | 'unknown';
  /**
   * What becomes of it once it has waited for minimal_backoff_time, where that is something else.
   */
  readonly later?: 'clear' | 'unverified' | 'verified' | 'deferred';
  /**
   * Why, by the server that decides.
   */
  readonly reason: string;
  /**
   * What could make it end otherwise.
   */
  readonly notes: readonly string[];
}
/**
 * The setting that applies, and where it comes from.
 */
export interface AppliedDestination {
  /**
   * default, or the domain.
   */
  readonly name: string;
  readonly tls: string;
  readonly match?: readonly string[];
  /**
   * The level that sets it, or defaults.
   */
  readonly level: string;
  /**
   * Since when it does.
   */
  readonly revision?: number;
  /**
   * What it is to Postfix on the machine, as in smtp_tls_policy_maps.
   */
  readonly policy: string;
}
export interface TestedHost {
  /**
   * What becomes of mail that is sent now: delivered without TLS, over TLS, over TLS to a server that was verified as the level demands, or kept in the queue; docs/outcomes.md. unknown: it depends on what cannot be seen.
   */
  readonly verdict: 'clear' | 'unverified' | 'verified' | 'deferred' | 'unknown';
  /**
   * What becomes of it once it has waited for minimal_backoff_time, where that is something else.
   */
  readonly later?: 'clear' | 'unverified' | 'verified' | 'deferred';
  readonly reason: string;
  readonly probe: Probe;
}
/**
 * Which destination to test, and from where.
 */
export interface TLSTestRequest {
  /**
   * The domain of recipients.
   */
  readonly domain: string;
  /**
   * The machines to send from; every member when left out.
   *
   * @minItems 1
   * @maxItems 20
   *
   * Items: Like a host name, dots allowed.
   */
  readonly machines?: readonly string[];
}
/**
 * A new token, whose secret is shown this once.
 */
export interface TokenCreated {
  readonly id: string;
  /**
   * The author of the drafts and commits made with it.
   */
  readonly name: string;
  readonly role: 'viewer' | 'operator' | 'admin';
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly created: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly expires?: string;
  /**
   * signet_ID_SECRET
   */
  readonly token: string;
}
/**
 * Every token.
 */
export interface TokenList {
  readonly tokens: readonly TokenView[];
}
/**
 * A bearer token without its secret.
 */
export interface TokenView {
  readonly id: string;
  /**
   * The author of the drafts and commits made with it.
   */
  readonly name: string;
  readonly role: 'viewer' | 'operator' | 'admin';
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly created: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly expires?: string;
}
/**
 * A bearer token as it is stored: only the digest of its secret.
 */
export interface TokenRecord {
  readonly id: string;
  /**
   * The author of the drafts and commits made with it.
   */
  readonly name: string;
  readonly role: 'viewer' | 'operator' | 'admin';
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly created: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly expires?: string;
  /**
   * Lower-case hexadecimal.
   */
  readonly digest: string;
}
/**
 * A token to be made.
 */
export interface TokenRequest {
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly name: string;
  readonly role: 'viewer' | 'operator' | 'admin';
  /**
   * Left out: it does not expire.
   */
  readonly days?: number;
}
/**
 * What a bundle of certificate authorities holds, in order.
 */
export interface TrustBundleDetail {
  /**
   * Lower-case hexadecimal.
   */
  readonly bundle: string;
  readonly authorities: readonly TrustedAuthority[];
  readonly pem: string;
}
/**
 * One authority of a bundle.
 */
export interface TrustedAuthority {
  readonly subject: string;
  readonly issuer: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly notBefore: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly notAfter: string;
  readonly keyKind: string;
  /**
   * Lower-case hexadecimal.
   */
  readonly fingerprint: string;
  /**
   * What peers will mind.
   */
  readonly findings: readonly string[];
}
/**
 * Certificates of authorities, PEM.
 */
export interface TrustBundleSource {
  readonly pem: string;
}
/**
 * A bundle that trust lists can name.
 */
export interface TrustBundle {
  /**
   * Lower-case hexadecimal.
   */
  readonly bundle: string;
  readonly certificates: number;
  readonly findings: readonly Finding[];
}
/**
 * Every trust list that the head binds, and the built-in one.
 */
export interface TrustLists {
  readonly lists: readonly TrustListView[];
}
/**
 * A trust list bound to a name at a level.
 */
export interface TrustListView {
  /**
   * defaults, or where it is bound.
   */
  readonly level: string;
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly name: string;
  readonly source: 'system' | 'bundle';
  /**
   * Of a custom list: what it holds.
   */
  readonly bundle?: string;
  /**
   * Of a custom list: how many it holds. A system's own differ by machine.
   */
  readonly authorities?: number;
  /**
   * Of a custom list: how many of them have expired.
   */
  readonly expired?: number;
  /**
   * Of a custom list: when the next of its authorities ends; absent when all have.
   */
  readonly expires?: string;
  readonly usedBy: readonly TrustListUse[];
}
export interface TrustListUse {
  /**
   * Like a host name, dots allowed.
   */
  readonly machine: string;
  /**
   * The setting that names it.
   */
  readonly pointer: string;
}
/**
 * A configuration file, and what its secrets are encrypted with.
 */
export interface VerifyOptions {
  /**
   * The text of the file.
   */
  readonly file: string;
  /**
   * Of a file with secrets; left out for one that was saved without.
   */
  readonly passphrase?: string;
}
/**
 * A link of the chain over the audit trail: the digests of some of its entries, and of the seal before.
 */
export interface AuditSeal {
  readonly number: number;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly time: string;
  /**
   * The digest of the seal before; zeros in the first.
   */
  readonly previous: string;
  readonly entries: readonly SealedEntry[];
  /**
   * SHA-256 over the canonical JSON of everything else here.
   */
  readonly digest: string;
}
export interface SealedEntry {
  /**
   * Its place in the trail.
   */
  readonly id: string;
  /**
   * SHA-256 of its text in the store.
   */
  readonly digest: string;
}
/**
 * Who did what, up to the save, with the chain of seals over it. The last seals are the file's own, over what had none yet.
 */
export interface AuditTrail {
  readonly seals: readonly AuditSeal[];
  /**
   * The text of each entry as the seals are over it, by its place in the trail: JSON, as the API answers it.
   */
  readonly entries: {
    readonly [k: string]: string;
  };
}
/**
 * A certificate of an authority, and the key it is for.
 */
export interface AuthorityCertificate {
  /**
   * Lower-case hexadecimal.
   */
  readonly key: string;
  readonly pem: string;
}
/**
 * A private certificate authority as it is kept: a root, and the issuing certificate under it. Their keys are sealed apart.
 */
export interface Authority {
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly name: string;
  readonly root: AuthorityCertificate;
  readonly issuing: AuthorityCertificate;
  /**
   * The root as a trust bundle, for trust lists to name.
   */
  readonly bundle: string;
  /**
   * Where the revocation list is published: this address with /crl/NAME.crl after it, named in every certificate that is issued. Absent: certificates name none.
   */
  readonly crlUrl?: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly created: string;
  readonly author: string;
}
/**
 * The whole configuration in one file: settings, certificates and private authorities in readable text, private keys encrypted under a passphrase (age, scrypt) or left out.
 */
export interface ConfigurationFile {
  /**
   * Version of this format; files of older versions are read too.
   */
  readonly signet: 3;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly saved: string;
  /**
   * The revision it was saved from.
   */
  readonly revision: number;
  readonly committed?: Committed1;
  readonly controller?: SavedController;
  readonly parts?: ConfigurationParts;
  readonly configuration: Configuration;
  readonly registrations: readonly Registration[];
  /**
   * What machines were before Signet changed them, by identity, for a leave that restores it.
   */
  readonly originals?: {
    readonly [k: string]: Facts;
  };
  readonly history?: ConfigurationHistory;
  readonly trail?: AuditTrail;
  /**
   * Certificate chains by id: PEM, leaf first.
   */
  readonly chains: {
    /**
     * @minItems 1
     */
    readonly [k: string]: readonly string[];
  };
  /**
   * Trust bundles by id, PEM.
   */
  readonly bundles: {
    readonly [k: string]: string;
  };
  /**
   * Private authorities; absent in files of a controller without any.
   */
  readonly authorities?: readonly Authority[];
  /**
   * What they issued and is still valid.
   */
  readonly issued?: readonly IssuedCertificate[];
  /**
   * What machines that left had of their own, for when they come back; absent when there is nothing.
   */
  readonly archives?: readonly Archive[];
  /**
   * An age file in its armored form, inside which is what configuration-secrets.schema.json describes; or that the secrets were left out.
   */
  readonly secrets: string | SecretsLeftOut;
}
/**
 * How that revision came about; absent for revision 0.
 */
export interface Committed1 {
  readonly author: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly time: string;
  readonly comment: string;
  /**
   * False: committed with "do not roll out".
   */
  readonly rollout: boolean;
}
/**
 * What another controller needs to take this one's place; absent in files of format 1.
 */
export interface SavedController {
  /**
   * The key it logs in to machines with, as a line of authorized_keys(5); its private half is in the encrypted part.
   */
  readonly publicKey: string;
  /**
   * The newest with which it led; gateways refuse a lower one than they have seen.
   */
  readonly epoch: number;
  readonly demonstration: DemonstrationBinding;
}
/**
 * Its demonstration certificate: listeners without another serve it.
 */
export interface DemonstrationBinding {
  /**
   * Lower-case hexadecimal.
   */
  readonly key: string;
  /**
   * Lower-case hexadecimal.
   */
  readonly chain: string;
}
/**
 * How a machine is reached and recognised. It is not configuration: it has no revisions.
 */
export interface Registration {
  readonly id: string;
  /**
   * Like a host name, dots allowed.
   */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /**
   * root, or a user who may run the gateway script through sudo.
   */
  readonly user: string;
  /**
   * The pinned host key: type and base64, as in known_hosts(5).
   */
  readonly hostKey: string;
  /**
   * waiting: came with a configuration file, and is taken over when it joins again; left: dismissed, the archive of its layer is kept under its identity.
   */
  readonly state: 'joining' | 'member' | 'waiting' | 'left';
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly joined?: string;
  readonly adopted?: Adoption;
  readonly disconnected?: Disconnection;
  readonly facts?: Facts;
  /**
   * Since when it has left without being let go, since it could not be reached: Signet's key and script are still on it.
   */
  readonly unfinished?: string;
}
/**
 * Set when the machine joined with the TLS settings it was found with: until it should have something else, nothing is pushed to it.
 */
export interface Adoption {
  /**
   * Digest of what Signet would render for the settings that were found.
   */
  readonly manifest: string;
  /**
   * The present settings that Signet would own, by file and name.
   */
  readonly found: {
    readonly [k: string]: string;
  };
  /**
   * Digests of what those settings name: of the certificates in a file, and of the rows of a table.
   */
  readonly files?: {
    readonly [k: string]: string;
  };
}
/**
 * Set on a member that is disconnected: it stays in the configuration, and nothing is done to it until it is reconnected.
 */
export interface Disconnection {
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly since: string;
  /**
   * Who disconnected it: the name of a token.
   */
  readonly by: string;
  readonly reason?: string;
  /**
   * The newest revision at that time.
   */
  readonly revision: number;
  /**
   * The settings that Signet owns as the machine had them then, by file and name; absent when it could not be asked.
   */
  readonly found?: {
    readonly [k: string]: string;
  };
}
/**
 * What a machine was found to be; read by the gateway script, never configuration.
 */
export interface Facts {
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly collected: string;
  /**
   * Version of the gateway script; empty when it is not installed.
   */
  readonly script: string;
  /**
   * The identity on the machine; empty when it never joined.
   */
  readonly identity: string;
  readonly hostname: string;
  /**
   * PRETTY_NAME of os-release(5).
   */
  readonly os: string;
  readonly addresses: readonly string[];
  readonly bootId: string;
  /**
   * How far its clock is ahead of the controller's; left out where the script is too old to say.
   */
  readonly clockSkewSeconds?: number;
  /**
   * What reverts an unconfirmed change after a reboot; none: revert not reboot-safe.
   */
  readonly bootHook: 'systemd' | 'cron' | 'none';
  /**
   * Space left where generations are kept.
   */
  readonly freeKilobytes: number;
  /**
   * The commands that the machine's administrator allows, by name; left out where the script is too old to say.
   */
  readonly reloads?: readonly string[];
  /**
   * What stands at the path of each link of the current generation.
   */
  readonly links?: {
    readonly [k: string]: 'placed' | 'gone' | 'foreign';
  };
  readonly nginx?: NginxFacts;
  readonly postfix?: PostfixFacts;
}
export interface NginxFacts {
  readonly version: string;
  readonly running: boolean;
  /**
   * What servers that are not Signet's listen on, as their settings say it; none while it does not run.
   */
  readonly listens: readonly string[];
}
export interface PostfixFacts {
  /**
   * postconf mail_version
   */
  readonly version: string;
  readonly running: boolean;
  readonly configDirectory: string;
  readonly queueDirectory: string;
  /**
   * postconf output for the parameters that Signet reads: myhostname, inet_interfaces, inet_protocols, relayhost, transport_maps, default_transport, smtp_dns_support_level, smtp_tls_policy_maps, mail_owner.
   */
  readonly parameters: {
    readonly [k: string]: string;
  };
  /**
   * Port numbers of the service names in master.cf, from services(5).
   */
  readonly services: {
    readonly [k: string]: number;
  };
  /**
   * Whom the delivery process asks for names, from the resolv.conf it reads, in order.
   */
  readonly resolvers?: readonly Resolver[];
  /**
   * Text of main.cf.
   */
  readonly mainCf: string;
  /**
   * Text of master.cf.
   */
  readonly masterCf: string;
}
export interface Resolver {
  readonly address: string;
  /**
   * Whether it says that it proved a signed answer (the AD bit); failed: it answered with an error; silent: it did not answer; untried: the machine lacks perl, or its script is older.
   */
  readonly validates: 'yes' | 'no' | 'failed' | 'silent' | 'untried';
}
/**
 * The revisions before the saved one, oldest first.
 */
export interface ConfigurationHistory {
  readonly revisions: readonly PackedRevision[];
  /**
   * Rosters and layers, by the SHA-256 of their canonical JSON.
   */
  readonly blobs: {
    readonly [k: string]: {
      readonly [k: string]: unknown;
    };
  };
  readonly gone?: GoneFromHistory;
}
export interface PackedRevision {
  readonly revision: Revision;
  /**
   * The levels that are other than in the revision before: the digest of the layer, or null where the level says nothing any more.
   */
  readonly changed: {
    readonly [k: string]: string | null;
  };
}
/**
 * What these revisions name and the controller had no longer, such as a key that was purged; a rollback to one that names it is refused. Absent when nothing is.
 */
export interface GoneFromHistory {
  /**
   * Items: Lower-case hexadecimal.
   */
  readonly keys: readonly string[];
  /**
   * Items: Lower-case hexadecimal.
   */
  readonly chains: readonly string[];
  /**
   * Items: Lower-case hexadecimal.
   */
  readonly bundles: readonly string[];
}
export interface SecretsLeftOut {
  readonly leftOut: true;
  /**
   * SHA-256 of the rest of the file as canonical JSON: it shows damage, and not what somebody changed on purpose.
   */
  readonly contents: string;
}
/**
 * What is inside the encrypted part of a configuration file.
 */
export interface ConfigurationSecrets {
  /**
   * SHA-256 of the rest of the file as canonical JSON: the passphrase that encrypts the keys also seals everything else.
   */
  readonly contents: string;
  /**
   * The controller's own SSH key, in OpenSSH's format; absent in files of format 1.
   */
  readonly sshKey?: string;
  /**
   * Private keys by id, PKCS#8 PEM.
   */
  readonly keys: {
    readonly [k: string]: string;
  };
}
/**
 * What one machine's log had on one day (UTC): a record of the store.
 */
export interface DayCounts {
  readonly counts: readonly SessionCount[];
}
/**
 * How many sessions of one day had one result with one peer, over one protocol and cipher.
 */
export interface SessionCount {
  readonly direction: 'in' | 'out';
  /**
   * The domain of the recipients of what left, the name (or address) of the client of what came in; `*` for all that are not counted one by one.
   */
  readonly peer: string;
  /**
   * Of a client that has a name.
   */
  readonly address?: string;
  readonly result: 'verified' | 'trusted' | 'untrusted' | 'anonymous' | 'clear' | 'failed';
  /**
   * Of what went over TLS. Counts of early versions have none.
   */
  readonly protocol?: string;
  /**
   * Not of those that are not counted one by one.
   */
  readonly cipher?: string;
  readonly sessions: number;
  readonly messages: number;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly first: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly last: string;
  /**
   * Of the last one.
   */
  readonly failure?: 'not-offered' | 'refused' | 'handshake' | 'verification' | 'dane' | 'gateway';
  readonly reason?: string;
}
/**
 * The plan of a join as it is kept until it is accepted or expires, with what was asked besides: all but how to log in.
 */
export interface KeptPlan {
  readonly plan: JoinPlan;
  /**
   * Who logs in.
   */
  readonly user: string;
  readonly claim?: 'replace' | 'new';
  /**
   * Of the settings that the machine would get without any of its own.
   */
  readonly upper: string;
}
/**
 * Sessions of one reading: a record of the store.
 */
export interface SessionRecord {
  readonly sessions: readonly MailSession[];
}
/**
 * How far the mail log of a machine was read, and what is kept of it: a record of the store.
 */
export interface MailLog {
  /**
   * Where the last reading ended, in the gateway's words.
   */
  readonly cursor: string;
  /**
   * Where it was read.
   */
  readonly log?: string;
  /**
   * When it was read last, or failed to be.
   */
  readonly read: string;
  /**
   * The number of the next record of sessions.
   */
  readonly next: number;
  /**
   * The records of sessions, the oldest first.
   */
  readonly kept: readonly KeptSessions[];
  /**
   * The days that have counts.
   *
   * Items: A calendar day, UTC.
   */
  readonly days: readonly string[];
  readonly open: readonly OpenSession[];
  readonly gaps: readonly LogGap[];
  /**
   * Why it could not be read last time.
   */
  readonly problem?: string;
}
export interface KeptSessions {
  readonly number: number;
  readonly count: number;
  /**
   * The time of the newest of them.
   */
  readonly until: string;
}
/**
 * What one process of Postfix has said of a session that is not over.
 */
export interface OpenSession {
  readonly process: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly time: string;
  readonly tls?: EstablishedTLS;
  readonly broken?: SessionPeer;
  readonly why?: string;
  readonly givenUp?: string;
  readonly queueId?: string;
  readonly domain?: string;
  readonly messages?: number;
}
export interface EstablishedTLS {
  readonly peer: SessionPeer;
  readonly trust: 'anonymous' | 'untrusted' | 'trusted' | 'verified';
  readonly protocol: string;
  readonly cipher: string;
}
/**
 * One end of a connection, as Postfix writes it: HOST[ADDRESS]:PORT.
 */
export interface SessionPeer {
  readonly host: string;
  readonly address: string;
  readonly port?: number;
}
/**
 * Every file and parameter one machine must have at one revision. Secrets are referred to, never held, so it can be shown.
 */
export interface Manifest {
  /**
   * Like a host name, dots allowed.
   */
  readonly machine: string;
  /**
   * Over everything but the machine and the digest itself.
   */
  readonly digest: string;
  /**
   * Files of the generation, by path.
   */
  readonly files: readonly ManifestFile[];
  readonly postfix?: PostfixIntent;
  /**
   * What must be seen from outside.
   */
  readonly probes: readonly ProbeTarget[];
}
export interface ManifestFile {
  /**
   * Relative to the generation.
   */
  readonly path: string;
  /**
   * Contents, one after the other.
   */
  readonly parts: readonly (TextPart | KeyPart | ChainPart | LeafPart | BundlePart | SystemTrustPart)[];
  readonly access?: FileAccess;
  /**
   * Absolute path of a link to it.
   */
  readonly link?: string;
  /**
   * Who is told when it changes: nginx; reload/NAME, the command of that name that the machine's administrator allows; or nobody; left out: Postfix.
   */
  readonly reader?: string;
  /**
   * What the gateway must be able to read it as: ldap, a table for ldap_table(5); nginx, a part of its settings; left out: nothing else.
   */
  readonly kind?: 'ldap' | 'nginx';
}
export interface TextPart {
  readonly text: string;
}
/**
 * A private key, PKCS#8 PEM.
 */
export interface KeyPart {
  /**
   * Lower-case hexadecimal.
   */
  readonly key: string;
}
/**
 * A certificate chain, PEM, leaf first.
 */
export interface ChainPart {
  /**
   * Lower-case hexadecimal.
   */
  readonly chain: string;
}
/**
 * The first certificate of a chain alone, PEM.
 */
export interface LeafPart {
  /**
   * Lower-case hexadecimal.
   */
  readonly leaf: string;
}
/**
 * CA certificates, PEM.
 */
export interface BundlePart {
  /**
   * Lower-case hexadecimal.
   */
  readonly bundle: string;
}
/**
 * The CA certificates that the machine's system keeps in this file, PEM; added there, at the end of the file.
 */
export interface SystemTrustPart {
  readonly system: string;
}
/**
 * Who may read it; left out: root alone.
 */
export interface FileAccess {
  readonly owner: string;
  readonly group: string;
  readonly mode: string;
}
/**
 * What Signet owns in main.cf and master.cf.
 */
export interface PostfixIntent {
  /**
   * main.cf parameters.
   */
  readonly parameters: {
    readonly [k: string]: string;
  };
  /**
   * Delivery services beside the machine's own; none of an older manifest.
   */
  readonly transports?: readonly PostfixTransport[];
  readonly services: readonly PostfixService[];
}
/**
 * A master.cf service that delivers as the machine's smtp does, but for its options.
 */
export interface PostfixTransport {
  readonly name: string;
  /**
   * -o options of smtp(8).
   */
  readonly options: {
    readonly [k: string]: string;
  };
}
/**
 * A master.cf service, identified by address and port.
 */
export interface PostfixService {
  /**
   * `all` or an IP address.
   */
  readonly address: string;
  readonly port: number;
  /**
   * -o options of smtpd(8).
   */
  readonly options: {
    readonly [k: string]: string;
  };
}
export interface ProbeTarget {
  /**
   * What a probe looks at: the name of a listener, services/NAME or interfaces/NAME/https.
   */
  readonly listener: string;
  /**
   * `all` or an IP address; all: the address the machine is reached at.
   */
  readonly address: string;
  readonly port: number;
  readonly tls: 'starttls' | 'implicit' | 'off';
  /**
   * STARTTLS is withheld from some clients, who looks may be one of them: then nothing is proven.
   */
  readonly mayBeWithheld?: true;
  readonly serverName: string;
  /**
   * The chain that must be served.
   */
  readonly chain: string;
  readonly from: 'controller' | 'gateway' | 'none';
}
/**
 * fixed: the value that holds at this level may not be changed or removed below. floor: what machines get is at least as strict. perMachine: every machine sets it itself.
 */
export interface Pin {
  readonly rule: 'fixed' | 'floor' | 'perMachine';
  /**
   * Only with floor: the least strict value that is allowed; left out, the one that holds at this level.
   */
  readonly lowest?: string | boolean;
}
/**
 * What a level demands of the levels below it, by the JSON Pointer of the setting; * stands for every entry of a table. A layer holds them beside its settings; they are not merged, each of them counts.
 */
export interface Pins {
  readonly [k: string]: Pin;
}
/**
 * When and where the configuration is saved by itself, and what came of it: a record of the store.
 */
export interface SaveSchedule {
  /**
   * Hours or days, such as 24h or 7d, or a time of day (UTC), such as 03:30.
   */
  readonly every: string;
  /**
   * How many proven files stay.
   */
  readonly keep: number;
  readonly target: SaveTarget;
  /**
   * The id of the secret.
   */
  readonly passphrase: string;
  readonly set: ScheduleAuthor1;
  /**
   * When the last save began.
   */
  readonly last?: string;
  readonly started?: StartedSave;
  /**
   * Those that are still there, the newest first.
   */
  readonly files: readonly SavedFile[];
  readonly problem?: SaveProblem;
  /**
   * Files whose writing broke off: part of each may be there beside the others.
   */
  readonly unfinished?: readonly string[];
}
export interface ScheduleAuthor1 {
  readonly by: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly time: string;
}
/**
 * There while one is under way.
 */
export interface StartedSave {
  readonly id: string;
  readonly name: string;
}
/**
 * The effective settings of one machine. The schema of a layer is derived from this one: nothing is required outside units, and null removes what an upper level set.
 */
export interface Settings {
  readonly certificates: Certificates;
  readonly trust: Trust;
  readonly protocols: Protocols;
  readonly interfaces: Interfaces;
  readonly listeners: Listeners;
  readonly mailFlowPolicies: MailFlowPolicies;
  readonly senderGroups: SenderGroups;
  readonly destinations: Destinations;
  readonly outbound: Outbound;
  readonly ldap: LDAP;
  readonly services: Services;
  readonly urlFiltering: URLFiltering;
  readonly alerts: Alerts;
}
/**
 * Certificates by the name that policy refers to; which key pair a name means on a machine is a matter of precedence.
 */
export interface Certificates {
  readonly [k: string]: CertificateBinding;
}
/**
 * A name bound to a private key and a chain, always as a whole.
 */
export interface CertificateBinding {
  /**
   * SHA-256 of the public key (SubjectPublicKeyInfo, RFC 5280 4.1.2.7).
   */
  readonly key: string;
  /**
   * SHA-256 over the DER of the chain, leaf first.
   */
  readonly chain: string;
}
/**
 * Lists of certificate authorities by name.
 */
export interface Trust {
  readonly [k: string]: TrustList;
}
export interface SystemTrustList {
  readonly source: 'system';
}
export interface CustomTrustList {
  readonly source: 'bundle';
  /**
   * SHA-256 over the DER of the CA certificates, in order.
   */
  readonly bundle: string;
}
/**
 * Lowest TLS version and ciphers, per direction.
 */
export interface Protocols {
  readonly inbound: ProtocolSettings;
  readonly outbound: ProtocolSettings1;
  readonly https: HTTPSProtocolSettings;
}
/**
 * Mail that machines accept.
 */
export interface ProtocolSettings {
  readonly minimum: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  /**
   * Postfix's grades (postconf smtpd_tls_mandatory_ciphers); they do not concern TLS 1.3.
   */
  readonly ciphers: 'low' | 'medium' | 'high';
  /**
   * OpenSSL cipher or cipher-type names (postconf smtpd_tls_exclude_ciphers).
   */
  readonly exclude: readonly string[];
}
/**
 * Mail that machines deliver.
 */
export interface ProtocolSettings1 {
  readonly minimum: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  /**
   * Postfix's grades (postconf smtpd_tls_mandatory_ciphers); they do not concern TLS 1.3.
   */
  readonly ciphers: 'low' | 'medium' | 'high';
  /**
   * OpenSSL cipher or cipher-type names (postconf smtpd_tls_exclude_ciphers).
   */
  readonly exclude: readonly string[];
}
/**
 * What nginx serves.
 */
export interface HTTPSProtocolSettings {
  readonly minimum: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  /**
   * OpenSSL's cipher list, as nginx takes it (ssl_ciphers); it does not concern TLS 1.3. Left out: nginx's own.
   */
  readonly ciphers?: string;
}
/**
 * Network addresses by name. Each machine has its own addresses under the same names, so that one listener serves them all.
 */
export interface Interfaces {
  readonly [k: string]: Interface;
}
export interface Interface {
  /**
   * An IP address of the machine, or `all` for every address that Postfix listens on (postconf inet_interfaces).
   */
  readonly address: 'all' | string;
  /**
   * The name peers know this interface by: banner, EHLO, and the name its certificate should carry.
   */
  readonly hostname: string;
  /**
   * The names under which MX records lead here, where they differ from the host name. The certificate of a public listener should carry them too.
   *
   * @maxItems 100
   */
  readonly mxNames?: readonly string[];
  readonly https?: HTTPSService;
}
/**
 * What nginx serves on this interface. Left out: nothing of Signet's.
 */
export interface HTTPSService {
  /**
   * The name of a certificate.
   */
  readonly certificate: string;
  /**
   * Left out: 443.
   */
  readonly port?: number;
  /**
   * Where the proof that it serves is taken, as for listeners. Left out: controller.
   */
  readonly probe?: 'controller' | 'gateway' | 'none';
}
/**
 * SMTP services by name.
 */
export interface Listeners {
  readonly [k: string]: Listener;
}
export interface Listener {
  /**
   * The name of an interface that every machine with this listener has.
   */
  readonly interface: string;
  readonly port: number;
  /**
   * public: takes mail from the world; private: from one's own systems.
   */
  readonly role: 'public' | 'private';
  /**
   * The name of a certificate.
   */
  readonly certificate: string;
  /**
   * starttls (RFC 3207) or implicit (RFC 8314).
   */
  readonly tls: 'starttls' | 'implicit';
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly policy: string;
  /**
   * Where the proof that it serves is taken: controller, gateway (through the gateway, for addresses the controller cannot reach), or none: the result is then unproven.
   */
  readonly probe: 'controller' | 'gateway' | 'none';
}
/**
 * What a listener asks of its clients, by name.
 */
export interface MailFlowPolicies {
  readonly [k: string]: MailFlowPolicy;
}
export interface MailFlowPolicy {
  /**
   * off: not offered; preferred: offered; required: no mail without it (docs/inbound.md gives the outcomes).
   */
  readonly tls: 'off' | 'preferred' | 'required';
  /**
   * ignore: left to the machine; ask: asked for, and one that does not verify is refused; require: no mail without one that verifies, which takes tls required.
   */
  readonly clientCertificate: 'ignore' | 'ask' | 'require';
  /**
   * The lists of certificate authorities that client certificates are checked against, together. Without ask or require it says nothing.
   *
   * Items: A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly trust: readonly string[];
  /**
   * Whether clients can log in only over TLS (postconf smtpd_tls_auth_only). Left out: what the machine's own configuration says.
   */
  readonly tlsBeforeAuth?: boolean;
}
/**
 * Which clients of a listener get another mail flow policy than its default, by listener and name of the group. The first match in the order of the groups counts.
 */
export interface SenderGroups {
  readonly [k: string]: SenderGroupsOfAListener;
}
export interface SenderGroupsOfAListener {
  readonly [k: string]: SenderGroup;
}
export interface SenderGroup {
  /**
   * Groups with smaller numbers are looked at first; of equal ones, the name that sorts first.
   */
  readonly order: number;
  /**
   * Whom it holds, always as a whole: IP addresses, networks (192.0.2.0/24, 2001:db8::/32), host names, .domain for every host below it, and unknown for clients without a verified host name, which only counts when nothing else matches.
   */
  readonly senders: readonly string[];
  /**
   * The name of the mail flow policy that these clients get.
   */
  readonly policy: string;
}
/**
 * TLS for outgoing mail by recipient domain (the next hop); `default` is for all others.
 */
export interface Destinations {
  readonly [k: string]: Destination;
}
/**
 * What is demanded of a destination, always as a whole.
 */
export interface Destination {
  /**
   * docs/destinations.md gives the outcome of each level.
   */
  readonly tls:
    'none' | 'preferred' | 'required' | 'preferred-verify' | 'required-verify' | 'dane' | 'dane-only' | 'fingerprint';
  /**
   * Names the certificate must carry, instead of the host name of the mail exchanger; a leading dot matches subdomains. Only with required-verify.
   *
   * @minItems 1
   */
  readonly match?: readonly string[];
  /**
   * Shown to the servers of this domain instead of outbound/certificate; not with none, nor for default.
   */
  readonly certificate?: string;
  /**
   * SHA-256 of acceptable certificates or public keys, lower-case hexadecimal. Only with fingerprint.
   *
   * @minItems 1
   *
   * Items: Lower-case hexadecimal.
   */
  readonly fingerprints?: readonly string[];
}
/**
 * How machines deliver mail.
 */
export interface Outbound {
  /**
   * The interface mail leaves from: bind address and EHLO name. Left out: the system decides.
   */
  readonly interface?: string;
  /**
   * Shown to servers that ask for one. Left out: none.
   */
  readonly certificate?: string;
  /**
   * The lists of certificate authorities that verification of destinations uses, together; none: nothing verifies. A name alone is a list of one.
   */
  readonly trust: string | readonly string[];
  /**
   * Whether an alert is raised for each destination that requires TLS and cannot have it (docs/alerts.md). Left out: yes.
   */
  readonly alertRequiredTls?: boolean;
}
/**
 * Lookups of Postfix in directories, by name; each becomes a table for ldap_table(5), over TLS in any case.
 */
export interface LDAP {
  readonly [k: string]: LDAPLookup;
}
export interface LDAPLookup {
  /**
   * Tried in order: ldaps://HOST[:PORT], or ldap://HOST[:PORT], which then is StartTLS (RFC 4511 4.14); one kind for all.
   *
   * @minItems 1
   * @maxItems 20
   */
  readonly servers: readonly string[];
  /**
   * Where in the directory the search begins (postconf ldap_table search_base).
   */
  readonly base: string;
  /**
   * RFC 4515; %s stands for the key, %u and %d for its local part and domain.
   */
  readonly filter: string;
  /**
   * The attribute whose values are the answer.
   */
  readonly result: string;
  /**
   * anonymous, or external: as whom the client certificate says (SASL EXTERNAL, RFC 4422 appendix A).
   */
  readonly bind: 'anonymous' | 'external';
  /**
   * The name of a certificate, shown to servers that ask for one. Left out: none.
   */
  readonly certificate?: string;
  /**
   * The lists of certificate authorities that the servers are verified with, together.
   *
   * @minItems 1
   *
   * Items: A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly trust: readonly string[];
  /**
   * For a server to connect and to answer.
   */
  readonly timeoutSeconds: number;
}
/**
 * Any other consumer of a certificate, by name: where its files go, who may read the key, and who is told when they change.
 */
export interface Services {
  readonly [k: string]: Service;
}
export interface Service {
  /**
   * The name of a certificate.
   */
  readonly certificate: string;
  readonly paths: Paths;
  /**
   * The user whom the file of the key belongs to.
   */
  readonly owner: string;
  /**
   * The group of the file of the key.
   */
  readonly group: string;
  /**
   * Who may read the file of the key: its owner, or its group too. Certificates are for all.
   */
  readonly mode: '0400' | '0440' | '0600' | '0640';
  /**
   * The name of a command that the administrator of the machine allows, in /etc/signet/reload.d; run when the files have changed. Left out: nobody is told.
   */
  readonly reload?: string;
  readonly probe?: ServiceProbe;
}
/**
 * Absolute paths where a link to each file is to be, in folders that are there. Left out: no link; the files are in /var/lib/signet/current/files all the same.
 */
export interface Paths {
  /**
   * The certificate alone, PEM.
   */
  readonly certificate?: string;
  /**
   * The certificate and those above it, PEM, leaf first.
   */
  readonly chain?: string;
  /**
   * The private key, PKCS#8 PEM.
   */
  readonly key?: string;
  /**
   * The private key, then the chain, in one file: no reader ever sees a mixed pair.
   */
  readonly combined?: string;
}
/**
 * Where the service itself serves TLS with the certificate, from the first byte. Left out: it is not looked at.
 */
export interface ServiceProbe {
  readonly port: number;
  /**
   * An IP address of the machine. Left out: the one that it is reached at.
   */
  readonly address?: string;
  /**
   * The name that is asked for (RFC 6066 3). Left out: none.
   */
  readonly serverName?: string;
  /**
   * controller, or gateway: through the gateway, for addresses that the controller cannot reach. Left out: controller.
   */
  readonly from?: 'controller' | 'gateway';
}
/**
 * The client certificate for the service that classifies addresses in mails; its files are delivered like those of a service.
 */
export interface URLFiltering {
  /**
   * Shown to the service that classifies addresses in mails. Left out: none.
   */
  readonly certificate?: string;
  readonly paths: Paths1;
  /**
   * The user whom the file of the key belongs to.
   */
  readonly owner: string;
  /**
   * The group of the file of the key.
   */
  readonly group: string;
  /**
   * Who may read the file of the key: its owner, or its group too. Certificates are for all.
   */
  readonly mode: '0400' | '0440' | '0600' | '0640';
  /**
   * The name of a command that the administrator of the machine allows, in /etc/signet/reload.d; run when the files have changed. Left out: nobody is told.
   */
  readonly reload?: string;
}
/**
 * Absolute paths where a link to each file is to be, in folders that are there. Left out: no link; the files are in /var/lib/signet/current/files all the same.
 */
export interface Paths1 {
  /**
   * The certificate alone, PEM.
   */
  readonly certificate?: string;
  /**
   * The certificate and those above it, PEM, leaf first.
   */
  readonly chain?: string;
  /**
   * The private key, PKCS#8 PEM.
   */
  readonly key?: string;
  /**
   * The private key, then the chain, in one file: no reader ever sees a mixed pair.
   */
  readonly combined?: string;
}
/**
 * Who is told what needs a person, and when. It concerns the fleet as a whole and is only set at the cluster level.
 */
export interface Alerts {
  readonly mail?: Mail;
  /**
   * URLs that get each notice as JSON (alert-notice.schema.json). A URL may hold a token: logs and answers show only where it leads.
   *
   * @maxItems 10
   */
  readonly webhooks: readonly string[];
  /**
   * How many days before it expires a certificate is told about. The day itself, and each week after it, always are.
   *
   * @maxItems 20
   */
  readonly ladder: readonly number[];
}
/**
 * Where alerts are mailed, always as a whole. Left out: nowhere.
 */
export interface Mail {
  /**
   * Mail servers as HOST:PORT, tried in this order. Better none of the gateways that Signet manages: when one is in trouble, so is the alert.
   *
   * @minItems 1
   * @maxItems 10
   */
  readonly servers: readonly string[];
  /**
   * starttls (RFC 3207) and implicit (RFC 8314) refuse a server without TLS, and take any certificate: one that has expired must not hold up the alert about it. Left out: starttls.
   */
  readonly tls?: 'none' | 'starttls' | 'implicit';
  /**
   * The sender, in the envelope as well.
   */
  readonly from: string;
  /**
   * @minItems 1
   * @maxItems 50
   */
  readonly to: readonly string[];
}
/**
 * A request (PKCS#10, RFC 2986) that waits for the answer of an authority, under the id of its key.
 */
export interface SigningRequest {
  /**
   * The id of the key that is to be certified; Signet holds it.
   */
  readonly key: string;
  /**
   * Where a setting is held: cluster, group/NAME or machine/NAME.
   */
  readonly level: string;
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly name: string;
  readonly request: CertificateRequest;
  /**
   * The chain of the same key that was bound when the request was made; it is answered once another one is.
   */
  readonly replaces?: string;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly created: string;
  readonly author: string;
  /**
   * The request, PEM.
   */
  readonly pem: string;
}
