/** What membership is made of. */
import type { ConfigService } from '../config/service.ts';
import type { MachineService } from '../machines/service.ts';
import type { PlanService } from './plans/service.ts';
import type { AuthorityService } from '../pki/authority/contract.ts';
import type { PkiService } from '../pki/service.ts';
import type { PushService } from '../push/contract.ts';
import type { Pool } from '../push/pool.ts';
import type { Script } from '../push/script.ts';
import type { connect, readHostKey, SshKey } from '../push/ssh.ts';

export interface LeavingDeps {
  readonly config: ConfigService;
  readonly machines: MachineService;
  readonly push: PushService;
  readonly pool: Pool;
  /** How machines are reached that have no link in the pool. */
  readonly ssh: { readonly connect: typeof connect; readonly readHostKey: typeof readHostKey };
  /** The epoch of the controller that leads: gateways refuse a lower one than they have seen. */
  readonly epoch: () => Promise<number>;
  /** The controller's own SSH key, for the gateways' authorized_keys and to log in with. */
  readonly sshKey: () => Promise<SshKey>;
  readonly now: () => Date;
}

export interface MembershipDeps extends LeavingDeps {
  readonly script: Script;
  readonly plans: PlanService;
  readonly pki: Pick<PkiService, 'importPem' | 'putBundle' | 'demonstration' | 'facts'>;
  readonly authorities: Pick<AuthorityService, 'issuedAs'>;
}
