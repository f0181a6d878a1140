/** The list of what an authority takes back (CRL, RFC 5280 5): every revoked certificate until it would have expired anyway. */
import { sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

import type { Revocation } from '../../schema/types.generated.ts';
import type { Certificate } from '../certificate.ts';
import { day } from '../certify.ts';
import { authorityKey, subjectOfIssuer } from './certificates.ts';
import { bits, der, enumerated, integer, objectIdentifier, octets, sequence, time } from './der.ts';

export type Reason = NonNullable<Revocation['reason']>;

export interface Revoked {
  /** Hexadecimal. */
  readonly serial: string;
  readonly time: Date;
  readonly reason: Reason;
  /** When the certificate ends by itself. */
  readonly notAfter: Date;
}

export interface Listing {
  readonly issuer: Certificate;
  readonly key: KeyObject;
  /** Grows from list to list (RFC 5280 5.2.3). */
  readonly number: number;
  readonly revoked: readonly Revoked[];
  readonly now: Date;
}

/** How long a list may be relied on. */
export const validity = 7 * day;

/** Signs the list in DER, on a thread of libuv's pool. */
export async function revocationList({ issuer, key, number, revoked, now }: Listing): Promise<Uint8Array> {
  const algorithm = signatureAlgorithm(key);
  const entries = revoked
    // One that expired stays for one more list (RFC 5280 3.3), so that nobody misses the revocation.
    .filter(({ notAfter }) => notAfter.getTime() + validity > now.getTime())
    .map(entry);
  const extensions = sequence(
    Buffer.from((await authorityKey(issuer)).rawData),
    extension('2.5.29.20', integer(number.toString(16))),
  );
  const list = sequence(
    integer('01'),
    algorithm,
    Buffer.from(subjectOfIssuer(issuer).toArrayBuffer()),
    time(now),
    time(new Date(now.getTime() + validity)),
    // An empty list of entries must be left out (RFC 5280 5.1.2.6).
    ...(entries.length > 0 ? [sequence(...entries)] : []),
    der(0xa0, extensions),
  );
  return sequence(list, algorithm, bits(await signed(hashFor(key), list, key)));
}

const signed = promisify(sign) as (hash: string, bytes: Uint8Array, key: KeyObject) => Promise<Buffer>;

function entry({ serial, time: at, reason }: Revoked): Buffer {
  const code = reasons[reason];
  return sequence(
    integer(serial),
    time(at),
    // No reason is better said by saying nothing (RFC 5280 5.3.1).
    ...(code === 0 ? [] : [sequence(extension('2.5.29.21', enumerated(code)))]),
  );
}

const reasons: Readonly<Record<Reason, number>> = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  privilegeWithdrawn: 9,
  aACompromise: 10,
};

function extension(identifier: string, value: Buffer): Buffer {
  return sequence(objectIdentifier(identifier), octets(value));
}

function hashFor(key: KeyObject): string {
  return key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'sha384' : 'sha256';
}

/** RSA has parameters of NULL (RFC 4055 5), ECDSA has none (RFC 5758 3.2). */
function signatureAlgorithm(key: KeyObject): Buffer {
  if (key.asymmetricKeyType === 'rsa') return sequence(objectIdentifier('1.2.840.113549.1.1.11'), der(0x05));
  return sequence(objectIdentifier(hashFor(key) === 'sha384' ? '1.2.840.10045.4.3.3' : '1.2.840.10045.4.3.2'));
}
