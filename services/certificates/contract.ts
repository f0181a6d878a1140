/** What is done with named certificates: each workflow goes over the key material (pki) and the names that levels bind to it (config). */
import type { ConfigService } from '../config/service.ts';
import type { AuthorityService } from '../pki/authority/contract.ts';
import type { PkiService } from '../pki/service.ts';
import type { PushService } from '../push/contract.ts';
import type {
  CertificateAdded,
  CertificateDetail,
  CertificateSource,
  CertificateView,
} from '../schema/types.generated.ts';

export interface CertificateDeps {
  readonly config: ConfigService;
  readonly pki: PkiService;
  readonly authorities: AuthorityService;
  readonly push: Pick<PushService, 'statuses'>;
  readonly now: () => Date;
}

export interface Inventory {
  /** Every certificate that the head binds, and the built-in one, each with how it stands in the fleet. */
  list(): Promise<readonly CertificateView[]>;
  /** One of them with its chain; not-found. */
  show(level: string, name: string): Promise<CertificateDetail>;
}

export interface Adding {
  /** Makes or imports a certificate and binds it to the name at that level, in the author's draft. */
  add(author: string, level: string, name: string, source: CertificateSource): Promise<CertificateAdded>;
}

export interface CertificateService extends Inventory, Adding {}
