/** Builds the certificate that a key signs for itself: what a gateway can serve before any authority has signed one. */
import { createPublicKey, webcrypto, type KeyObject } from 'node:crypto';

import type { Finding } from '../errors.ts';
import type { CertificateRequest, Subject } from '../schema/types.generated.ts';
import { readCertificate, type Certificate } from './certificate.ts';
import type { KeyKind } from './keys.ts';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
  type JsonGeneralNames,
  type JsonNameParams,
} from './peculiar.ts';

export interface SelfSigning {
  readonly request: CertificateRequest;
  readonly key: KeyObject;
  readonly now: Date;
  /** 16 random bytes; 126 bits of them become the serial number. */
  readonly random: Uint8Array;
}

export interface SelfSigned {
  readonly certificate: Certificate;
  readonly findings: readonly Finding[];
}

export const defaultKeyKind: KeyKind = 'ec-p256';
const defaultDays = 397;

/**
 * Signs a server and client certificate for `key`. It is a leaf (CA:FALSE), so that whoever trusts it trusts this one
 * certificate and nothing else the key might sign.
 */
export async function selfSign({ request, key, now, random }: SelfSigning): Promise<SelfSigned> {
  const algorithm = signing(key);
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' });
  const { names, findings } = alternativeNames(request);
  const made = await X509CertificateGenerator.create({
    serialNumber: serial(random),
    subject: new Name(subject(request.subject)),
    issuer: new Name(subject(request.subject)),
    notBefore: new Date(now.getTime() - backdating),
    notAfter: new Date(now.getTime() + (request.days ?? defaultDays) * day),
    publicKey,
    signingAlgorithm: algorithm,
    signingKey: await webcrypto.subtle.importKey(
      'pkcs8',
      key.export({ format: 'der', type: 'pkcs8' }),
      algorithm,
      false,
      ['sign'],
    ),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(usages(key), true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
      await SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
  return { certificate: readCertificate(new Uint8Array(made.rawData)), findings };
}

const day = 86_400_000;
// Peers whose clock is slow would call a fresh certificate not yet valid; public authorities backdate by an hour as well.
const backdating = 3_600_000;

/** Positive, not zero and always 16 bytes: the first bit is 0 and the second 1 (RFC 5280 4.1.2.2 allows 20 bytes). */
function serial(random: Uint8Array): string {
  const bytes = Buffer.from(random.subarray(0, 16));
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0);
  return bytes.toString('hex');
}

function signing(key: KeyObject) {
  if (key.asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  return key.asymmetricKeyDetails?.namedCurve === 'secp384r1'
    ? { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' }
    : { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
}

/** TLS 1.2 with RSA key exchange needs keyEncipherment (RFC 5246 7.4.2); everything newer only signs. */
function usages(key: KeyObject): KeyUsageFlags {
  const { digitalSignature, keyEncipherment } = KeyUsageFlags;
  // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- these are bits, meant to be joined
  return key.asymmetricKeyType === 'rsa' ? digitalSignature | keyEncipherment : digitalSignature;
}

/** From the general to the particular, in the string types of RFC 5280 appendix A. */
function subject({
  country,
  state,
  locality,
  organization,
  organizationalUnit,
  commonName,
  emailAddress,
}: Subject): JsonNameParams {
  return [
    ...(country === undefined ? [] : [{ C: [{ printableString: country }] }]),
    ...(state === undefined ? [] : [{ ST: [{ utf8String: state }] }]),
    ...(locality === undefined ? [] : [{ L: [{ utf8String: locality }] }]),
    ...(organization === undefined ? [] : [{ O: [{ utf8String: organization }] }]),
    ...(organizationalUnit === undefined ? [] : [{ OU: [{ utf8String: organizationalUnit }] }]),
    { CN: [{ utf8String: commonName }] },
    ...(emailAddress === undefined ? [] : [{ E: [{ ia5String: emailAddress }] }]),
  ];
}

/** As asked for, plus the common name when it is a host name: clients look at nothing but alternative names (RFC 9525 6.2). */
function alternativeNames({ subject: { commonName }, alternativeNames: asked }: CertificateRequest) {
  const dns = unique((asked?.dns ?? []).map((name) => name.toLowerCase()));
  const common = commonName.toLowerCase();
  const added = hostname.test(common) && !dns.includes(common) ? [common] : [];
  const names: JsonGeneralNames = [
    ...[...added, ...dns].map((value) => ({ type: 'dns' as const, value })),
    ...unique(asked?.ip ?? []).map((value) => ({ type: 'ip' as const, value })),
    ...unique(asked?.email ?? []).map((value) => ({ type: 'email' as const, value })),
  ];
  const findings: readonly Finding[] = added.map((value) => ({
    pointer: '/alternativeNames/dns',
    detail: `the common name ${value} was added to the alternative names, since clients compare with nothing else`,
  }));
  return { names, findings };
}

// At least one dot: a bare word is a label for people. The last part is not a number, so no IP address fits.
const hostname = /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
