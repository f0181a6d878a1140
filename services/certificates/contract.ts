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
  KeyOptions,
  Pkcs12File,
  Pkcs12Options,
  PrivateKey,
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

export interface Exports {
  /** Key and chain as a PKCS#12 file, from the author's draft or the head; not-found. */
  pkcs12(author: string, level: string, name: string, options: Pkcs12Options): Promise<Pkcs12File>;
  /** The private key in PEM, encrypted when there is a passphrase, and its chain; not-found. */
  key(author: string, level: string, name: string, options: KeyOptions): Promise<PrivateKey>;
}

export interface CertificateService extends Inventory, Adding, Exports {}
