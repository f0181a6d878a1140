/* Made by `npm run generate` from schemas/. Do not edit. */

/**
 * One change of a draft.
 */
export type Operation =
  | SetOperation
  | UnsetOperation
  | RemoveOperation
  | CreateGroupOperation
  | DeleteGroupOperation
  | MoveOperation
  | AdmitOperation
  | DismissOperation;
/**
 * Either the list the machine's system keeps, or a bundle uploaded to Signet.
 */
export type TrustList = SystemTrustList | CustomTrustList;

/**
 * Every shape by its file.
 */
export interface Shapes {
  readonly 'certificate-request': CertificateRequest;
  readonly configuration: Configuration;
  readonly draft: Draft;
  readonly facts: Facts;
  readonly manifest: Manifest;
  readonly operation: Operation;
  readonly outcome: Outcome;
  readonly registration: Registration;
  readonly revision: Revision;
  readonly rollout: Rollout;
  readonly settings: Settings;
  readonly certificates: Certificates;
  readonly destinations: Destinations;
  readonly interfaces: Interfaces;
  readonly listeners: Listeners;
  readonly 'mail-flow-policies': MailFlowPolicies;
  readonly outbound: Outbound;
  readonly protocols: Protocols;
  readonly trust: Trust;
  readonly status: MachineStatus;
}
/**
 * A self-signed certificate to be made.
 */
export interface CertificateRequest {
  readonly key?: 'rsa-2048' | 'rsa-3072' | 'rsa-4096' | 'ec-p256' | 'ec-p384';
  readonly subject: Subject;
  readonly alternativeNames?: AlternativeNames;
  readonly days?: number;
}
export interface Subject {
  readonly commonName: string;
  readonly organization?: string;
  readonly organizationalUnit?: string;
  readonly locality?: string;
  readonly state?: string;
  readonly country?: string;
  readonly emailAddress?: string;
}
export interface AlternativeNames {
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  readonly email?: readonly string[];
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
   * What reverts an unconfirmed change after a reboot; none: revert not reboot-safe.
   */
  readonly bootHook: 'systemd' | 'cron' | 'none';
  /**
   * Space left where generations are kept.
   */
  readonly freeKilobytes: number;
  readonly postfix?: PostfixFacts;
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
   * postconf output for the parameters that Signet reads: myhostname, inet_interfaces, inet_protocols, relayhost, transport_maps, default_transport, smtp_dns_support_level, smtp_tls_policy_maps.
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
   * Text of main.cf.
   */
  readonly mainCf: string;
  /**
   * Text of master.cf.
   */
  readonly masterCf: string;
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
  readonly parts: readonly (TextPart | KeyPart | ChainPart | BundlePart)[];
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
 * CA certificates, PEM.
 */
export interface BundlePart {
  /**
   * Lower-case hexadecimal.
   */
  readonly bundle: string;
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
  readonly services: readonly PostfixService[];
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
   * A name an administrator gives: lower-case letters, digits and hyphens.
   */
  readonly listener: string;
  /**
   * `all` or an IP address; all: the address the machine is reached at.
   */
  readonly address: string;
  readonly port: number;
  readonly tls: 'starttls' | 'implicit' | 'off';
  readonly serverName: string;
  /**
   * The chain that must be served.
   */
  readonly chain: string;
  readonly from: 'controller' | 'gateway' | 'none';
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
  readonly previous?: string | '';
  readonly generation?: number;
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly updated: string;
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
   * left: dismissed; the archive of its layer is kept under its identity.
   */
  readonly state: 'joining' | 'member' | 'left';
  /**
   * UTC, ISO 8601 with milliseconds.
   */
  readonly joined?: string;
  readonly facts?: Facts;
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
  readonly waves: string[][];
  /**
   * It stops when more than this many machines failed; unreachable counts.
   */
  readonly budget: number;
  /**
   * Also put back the machines that had succeeded.
   */
  readonly revertOnFailure: boolean;
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
  readonly destinations: Destinations;
  readonly outbound: Outbound;
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
   * off: not offered; preferred: offered; required: no mail without it (postconf smtpd_tls_security_level none, may, encrypt).
   */
  readonly tls: 'off' | 'preferred' | 'required';
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
   * The certificate authorities that verification of destinations uses.
   */
  readonly trust: string;
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
  /**
   * Why the last attempt did not succeed; absent when it did.
   */
  readonly problem?: string;
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
}
/**
 * What a probe from outside saw on one listener.
 */
export interface Served {
  /**
   * A name an administrator gives: lower-case letters, digits and hyphens.
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
