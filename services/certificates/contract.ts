/** What is done with named certificates: each workflow goes over the key material (pki) and the names that levels bind to it (config). */
import type { ConfigService } from '../config/service.ts';
import type { Anchors } from '../pki/anchors.ts';
import type { AuthorityService } from '../pki/authority/contract.ts';
import type { SigningRequests } from '../pki/requests/service.ts';
import type { PkiService } from '../pki/service.ts';
import type { PushService } from '../push/contract.ts';
import type {
  CertificateAdded,
  CertificateAnswer,
  CertificateDetail,
  CertificateSource,
  CertificateView,
  KeyOptions,
  Pkcs12File,
  Pkcs12Options,
  PrivateKey,
  RenewalOptions,
  SigningRequestMade,
  SigningRequestOptions,
  SigningRequestView,
  TrustBundleDetail,
  TrustList,
  TrustListView,
} from '../schema/types.generated.ts';

export interface CertificateDeps {
  readonly config: ConfigService;
  readonly pki: PkiService;
  readonly authorities: AuthorityService;
  readonly push: Pick<PushService, 'statuses'>;
  readonly now: () => Date;
  readonly requests: SigningRequests;
}

export interface Inventory {
  /** Every certificate that the head binds, and the built-in one, each with how it stands in the fleet. */
  list(): Promise<readonly CertificateView[]>;
  /** One of them with its chain; not-found. */
  show(level: string, name: string): Promise<CertificateDetail>;
}

export interface Rooting {
  /** The roots that verdicts on chains know: the system's, those of the trust lists that the head binds, private authorities. */
  roots(): Promise<Anchors>;
  /** Those of some trust lists alone; the system's are the controller's. */
  trusted(lists: readonly TrustList[]): Promise<Anchors>;
}

export interface Trusting {
  /** Every trust list that the head binds, and the built-in one. */
  trustLists(): Promise<readonly TrustListView[]>;
  /** What a bundle holds; not-found. */
  trustBundle(bundle: string): Promise<TrustBundleDetail>;
}

export interface Adding {
  /** Makes or imports a certificate, or has an authority issue one, and binds it to the name at that level, in the author's draft. */
  add(author: string, level: string, name: string, source: CertificateSource): Promise<CertificateAdded>;
}

export interface Requesting {
  /** Makes a request for that name, and the key it is for when none is there or a new one is asked for; not-found without the level. */
  request(author: string, level: string, name: string, options: SigningRequestOptions): Promise<SigningRequestMade>;
  /** Every request that was not withdrawn, oldest first. */
  requests(): Promise<readonly SigningRequestView[]>;
  /** Forgets a request, and its key unless a certificate of it was ever kept; not-found. */
  withdraw(key: string): Promise<void>;
}

export interface Answering {
  /** Binds what an authority sent back, in the author's draft; key-mismatch when it is for no key of that name there. */
  answer(author: string, level: string, name: string, answer: CertificateAnswer): Promise<CertificateAdded>;
}

export interface Renewing {
  /**
   * Makes the bound certificate anew and binds that in the author's draft; the old one serves until the commit. not-found
   * when nothing is bound there, invalid-input when others issued it.
   */
  renew(author: string, level: string, name: string, options: RenewalOptions): Promise<CertificateAdded>;
}

export interface Exports {
  /** Key and chain as a PKCS#12 file, from the author's draft or the head; not-found. */
  pkcs12(author: string, level: string, name: string, options: Pkcs12Options): Promise<Pkcs12File>;
  /** The private key in PEM, encrypted when there is a passphrase, and its chain; not-found. */
  key(author: string, level: string, name: string, options: KeyOptions): Promise<PrivateKey>;
}

export interface CertificateService
  extends Inventory, Rooting, Trusting, Adding, Exports, Requesting, Answering, Renewing {}
