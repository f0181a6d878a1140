/** Everything the API is given: the services it speaks for, and the few things of the process that it needs. */
import type { AuditService } from '../audit/service.ts';
import type { BackupService } from '../backup/contract.ts';
import type { ScheduleService } from '../backup/schedule/contract.ts';
import type { CertificateService } from '../certificates/contract.ts';
import type { ConfigService } from '../config/service.ts';
import type { MachineService } from '../machines/service.ts';
import type { MembershipService } from '../membership/contract.ts';
import type { ProbeService } from '../observe/probe/service.ts';
import type { TlsTestService } from '../observe/tls-test/service.ts';
import type { AlertService } from '../observe/service.ts';
import type { SessionService } from '../observe/sessions/service.ts';
import type { AuthorityService } from '../pki/authority/contract.ts';
import type { PkiService } from '../pki/service.ts';
import type { PushService } from '../push/contract.ts';
import type { ApiService, ApiServiceDeps } from './service.ts';

export interface ApiDeps extends ApiServiceDeps {
  readonly audit: AuditService;
  readonly config: ConfigService;
  readonly pki: PkiService;
  readonly machines: MachineService;
  readonly push: PushService;
  readonly certificates: CertificateService;
  readonly authorities: AuthorityService;
  readonly membership: MembershipService;
  readonly backup: BackupService;
  readonly schedule: ScheduleService;
  readonly probes: ProbeService;
  readonly tlsTests: TlsTestService;
  readonly alerts: AlertService;
  readonly sessions: SessionService;
  readonly log: Log;
  readonly about: About;
  /** Aborts when the process is about to end: streams end, and connections are not kept. */
  readonly closing: AbortSignal;
  /** How often a silent event stream says that it is alive; 15 when left out. */
  readonly heartbeatSeconds?: number;
}

/** What a log is to the API; a pino logger is one. Fields are facts, never headers, bodies or secrets. */
export interface Log {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** What the process says about itself. */
export interface About {
  readonly version: string;
  readonly store: 'embedded' | 'etcd';
  /** Whether this controller is the one that pushes, now. */
  leader(): boolean;
}

/** What handlers are given: the dependencies, and the API's own service over the store. */
export interface Context extends ApiDeps {
  readonly service: ApiService;
}
