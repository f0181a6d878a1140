/** The certificate of a server or a client, signed by an issuing certificate. */
import type { KeyObject } from 'node:crypto';

import type { Finding } from '../../errors.ts';
import type { Certificate } from '../certificate.ts';
import { certify, day } from '../certify.ts';
import { leafExtensions, type Profile } from '../leaf.ts';
import { CRLDistributionPointsExtension, type JsonGeneralNames, type Name } from '../peculiar.ts';
import { authorityKey, notBeyond, subjectOfIssuer } from './certificates.ts';

export interface Leaf {
  readonly issuer: Certificate;
  readonly signer: KeyObject;
  /** The key that is certified; its public half is enough. */
  readonly key: KeyObject;
  readonly subject: Name;
  readonly names: JsonGeneralNames;
  readonly profile: Profile;
  readonly days: number;
  /** Where the revocation list of the issuer is; none is named without it. */
  readonly crl: string | undefined;
  readonly now: Date;
  readonly random: Uint8Array;
}

export interface Certified {
  readonly certificate: Certificate;
  readonly findings: readonly Finding[];
}

/** Signs a leaf that is valid no longer than its issuer, with a finding when that is shorter than what was asked for. */
export async function certifyLeaf(asked: Leaf): Promise<Certified> {
  const { issuer, signer, key, subject, names, profile, days, crl, now, random } = asked;
  const wanted = new Date(now.getTime() + days * day);
  const notAfter = notBeyond(issuer, wanted);
  const certificate = await certify({
    ...{ subject, issuer: subjectOfIssuer(issuer), key, signer, now, notAfter, random },
    extensions: [
      ...leafExtensions(key, profile, names),
      await authorityKey(issuer),
      ...(crl === undefined ? [] : [new CRLDistributionPointsExtension([crl])]),
    ],
  });
  return { certificate, findings: notAfter < wanted ? [shortened(notAfter, days)] : [] };
}

function shortened(notAfter: Date, days: number): Finding {
  return {
    severity: 'warning',
    rule: 'shortened',
    detail: `it is valid until ${notAfter.toISOString()}, not for ${days} days, since its issuer expires then; renew the authority first for one that lasts longer`,
  };
}
