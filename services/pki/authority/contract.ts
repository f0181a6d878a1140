/** What private authorities offer: to be made, to issue, to take back, and to say what they took back. */
import type { KeyObject } from 'node:crypto';

import type { Finding } from '../../errors.ts';
import type {
  Authority,
  AuthorityRenewal,
  AuthorityRequest,
  AuthorityView,
  CertificateRequest,
  CertificateSigning,
  IssuedCertificate,
} from '../../schema/types.generated.ts';
import type { Profile } from '../leaf.ts';
import type { Issued } from '../service.ts';
import type { Reason } from './revocation-list.ts';

export interface Asked {
  readonly authority: string;
  readonly profile: Profile;
  readonly request: CertificateRequest;
  /** A key that is there already, for a renewal with the same key; a new one is made without it. */
  readonly key?: KeyObject;
}

export interface Signed {
  readonly certificate: IssuedCertificate;
  /** The certificate and the issuing certificate, PEM. */
  readonly pem: string;
  readonly findings: readonly Finding[];
}

/** Everything of the authorities but their keys: what a configuration file carries. */
export interface AuthorityRecords {
  readonly authorities: readonly Authority[];
  /** Those still valid. */
  readonly issued: readonly IssuedCertificate[];
}

/** Private keys by id, PKCS#8 PEM. */
type Keys = Readonly<Record<string, string>>;

export interface Founding {
  /** Makes a root and the issuing certificate under it, and stores the root as a trust bundle; already-exists. */
  create(author: string, request: AuthorityRequest): Promise<AuthorityView>;
  /** Every authority by name, with the dates of its certificates. */
  list(): Promise<readonly AuthorityView[]>;
  /** not-found. */
  show(authority: string): Promise<AuthorityView>;
  /**
   * Signs a new issuing certificate for the same key under the same root, so that what was issued before verifies under it
   * as well; precondition-failed when the root has expired.
   */
  renew(authority: string, options?: AuthorityRenewal): Promise<AuthorityView>;
}

export interface Issuing {
  /**
   * Issues a certificate and keeps its key; the chain ends with the issuing certificate. Valid no longer than that. Throws
   * not-found, and precondition-failed when the issuing certificate has expired.
   */
  issue(asked: Asked): Promise<Issued>;
  /** Signs a request whose key stays where it is; throws as `issue`, and bad-certificate for a request that is not in order. */
  sign(authority: string, request: CertificateSigning): Promise<Signed>;
  /** What an authority noted when it issued the leaf of that chain; undefined when none did; not-found without the chain. */
  issuedAs(chain: string): Promise<IssuedCertificate | undefined>;
  /** What an authority issued, by serial number; at most `limit`, after the serial number `after`. */
  issued(
    authority: string,
    page: { readonly after?: string; readonly limit: number },
  ): Promise<readonly IssuedCertificate[]>;
}

export interface Revoking {
  /**
   * Takes a certificate back; never lost, whoever revokes what at the same time. Again for the same reason changes nothing;
   * for another one it is precondition-failed. The list has it from the next time somebody asks for it.
   */
  revoke(authority: string, serial: string, reason: Reason): Promise<IssuedCertificate>;
  /** The revocation list in DER, not older than a day. */
  crl(authority: string): Promise<Uint8Array>;
}

export interface Carrying {
  records(): Promise<AuthorityRecords>;
  /**
   * Refuses records of an authority that is here under the same name with another root (precondition-failed), and keys that
   * are not what their ids say (bad-certificate).
   */
  checkRecords(records: AuthorityRecords, keys: Keys): Promise<void>;
  /** Brings in checked records and their keys; what is here already stays, but for revocations, which are added. */
  restore(records: AuthorityRecords, keys: Keys): Promise<void>;
}

export interface AuthorityService extends Founding, Issuing, Revoking, Carrying {}
