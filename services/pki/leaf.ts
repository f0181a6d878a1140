/** What makes a certificate a leaf: it signs nothing, and says what it is for and under which names. */
import type { KeyObject } from 'node:crypto';

import type { IssuedCertificate } from '../schema/types.generated.ts';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  type Extension,
  type JsonGeneralNames,
} from './peculiar.ts';

/** What a certificate is for. */
export type Profile = IssuedCertificate['profile'];

/** The extensions of a leaf for `key`. */
export function leafExtensions(key: KeyObject, profile: Profile, names: JsonGeneralNames): readonly Extension[] {
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(usages(key), true),
    new ExtendedKeyUsageExtension([...purposes[profile]]),
    ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
  ];
}

const { serverAuth, clientAuth } = ExtendedKeyUsage;

const purposes: Readonly<Record<Profile, readonly ExtendedKeyUsage[]>> = {
  server: [serverAuth],
  client: [clientAuth],
  both: [serverAuth, clientAuth],
};

/** TLS 1.2 with RSA key exchange needs keyEncipherment (RFC 5246 7.4.2); everything newer only signs. */
function usages(key: KeyObject): KeyUsageFlags {
  const { digitalSignature, keyEncipherment } = KeyUsageFlags;
  // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- these are bits, meant to be joined
  return key.asymmetricKeyType === 'rsa' ? digitalSignature | keyEncipherment : digitalSignature;
}
