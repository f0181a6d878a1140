/** The two certificates of an authority: a root, which signs nothing else, and the issuing certificate under it. */
import type { KeyObject } from 'node:crypto';

import type { Subject } from '../../schema/types.generated.ts';
import type { Certificate } from '../certificate.ts';
import { certify, day, publicKeyOf } from '../certify.ts';
import { subjectName } from '../names.ts';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  ParsedCertificate,
  type Extension,
} from '../peculiar.ts';

export const defaultDays = { root: 3650, issuing: 1095 } as const;

export interface Root {
  readonly subject: Subject;
  readonly key: KeyObject;
  readonly days: number;
  readonly now: Date;
  readonly random: Uint8Array;
}

/** Signs a root that allows one authority below it (pathlen 1) and no more. */
export function certifyRoot({ subject, key, days, now, random }: Root): Promise<Certificate> {
  const name = subjectName(subject);
  return certify({
    ...{ subject: name, issuer: name, key, signer: key, now, random },
    notAfter: new Date(now.getTime() + days * day),
    extensions: authorityExtensions(1),
  });
}

export interface Issuing {
  readonly root: Certificate;
  readonly rootKey: KeyObject;
  /** The key of the issuing certificate; a renewal certifies the same one again. */
  readonly key: KeyObject;
  readonly days: number;
  readonly now: Date;
  readonly random: Uint8Array;
}

/**
 * Signs an issuing certificate that allows leaves only (pathlen 0), valid no longer than its root. Its name follows from the
 * root's, so that with the same key it takes the place of an earlier one in every chain.
 */
export async function certifyIssuing({ root, rootKey, key, days, now, random }: Issuing): Promise<Certificate> {
  const issuer = subjectOfIssuer(root);
  return certify({
    subject: issuingName(issuer),
    issuer,
    ...{ key, signer: rootKey, now, random },
    notAfter: notBeyond(root, new Date(now.getTime() + days * day)),
    extensions: [...authorityExtensions(0), await authorityKey(root)],
  });
}

/** `wanted`, or the end of `issuer` when that is earlier: what outlives its issuer does not verify. */
export function notBeyond({ notAfter }: Certificate, wanted: Date): Date {
  return wanted < notAfter ? wanted : notAfter;
}

/** The subject of an issuer, as the issuer field of what it signs. */
export function subjectOfIssuer({ x509 }: Certificate): Name {
  return new Name(new ParsedCertificate(x509.raw).subjectName.toArrayBuffer());
}

/** Names the key of `issuer` (RFC 5280 4.2.1.1), for certificates and revocation lists. */
export function authorityKey({ x509 }: Certificate): Promise<AuthorityKeyIdentifierExtension> {
  return AuthorityKeyIdentifierExtension.create(publicKeyOf(x509.publicKey));
}

function authorityExtensions(below: number): readonly Extension[] {
  const { keyCertSign, cRLSign } = KeyUsageFlags;
  return [new BasicConstraintsExtension(true, below, true), new KeyUsagesExtension(keyCertSign | cRLSign, true)];
}

/** 55 characters and this: a common name has 64 at most (RFC 5280 appendix A, ub-common-name). */
export const longestCommonName = 55;

function issuingName(root: Name): Name {
  return new Name(
    root.toJSON().map((part) => {
      const [common] = part['CN'] ?? [];
      return common === undefined ? part : { CN: [{ utf8String: `${common} Issuing` }] };
    }),
  );
}
