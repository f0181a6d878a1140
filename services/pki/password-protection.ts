/** Encrypts what leaves under a password, so that what `password-encryption.ts` reads is also what is written: PBES2, or the scheme of old appliances. */
import { createCipheriv, pbkdf2Sync } from 'node:crypto';

import { asn1, type Asn1 } from './forge.ts';
import { aes256, hmacSha256, pbes2, pbkdf2, sha1With3Des } from './password-schemes.ts';
import { pkcs12Key, type Password } from './pkcs12-key.ts';

/**
 * - `modern`: PBES2 with AES-256-CBC and PBKDF2 over HMAC-SHA-256 (RFC 8018)
 * - `legacy`: 3DES with SHA-1 (RFC 7292 appendix C), all that appliances and Windows from before about 2018 open. Its
 *   password can be tried some fifty times faster, so it is for a transfer, not for keeping.
 */
export type Protection = 'modern' | 'legacy';

/**
 * How often a guess has to hash. Modern: a guess costs 0.06 s natively, and OpenSSL, GnuTLS, NSS and Java open it within
 * half a second. Legacy: what `openssl pkcs12 -legacy` writes; some appliances refuse more.
 */
export const rounds: Readonly<Record<Protection, number>> = { modern: 100_000, legacy: 2_048 };

/** Random bytes, as many as asked for. */
export type Random = (bytes: number) => Uint8Array;

export interface Protected {
  /** The AlgorithmIdentifier. */
  readonly algorithm: Asn1;
  readonly ciphertext: Uint8Array;
}

/** Encrypts `data`; derives the key synchronously: call it off the event loop (`lock.ts`). */
export function encrypt(data: Uint8Array, password: Password, protection: Protection, random: Random): Protected {
  return protection === 'modern' ? withPbes2(data, password, random) : with3Des(data, password, random);
}

/** An EncryptedPrivateKeyInfo (RFC 5958 3), DER's tree: a PKCS#8 key under a password. */
export function shroud(key: Uint8Array, password: Password, protection: Protection, random: Random): Asn1 {
  const { algorithm, ciphertext } = encrypt(key, password, protection, random);
  return asn1.sequence(algorithm, asn1.octets(ciphertext));
}

function withPbes2(data: Uint8Array, { utf8 }: Password, random: Random): Protected {
  const [salt, iv] = [random(16), random(16)];
  const key = pbkdf2Sync(utf8, salt, rounds.modern, aes256.keyBytes, hmacSha256.hash);
  const derivation = asn1.sequence(
    asn1.oid(pbkdf2),
    asn1.sequence(
      asn1.octets(salt),
      asn1.integer(rounds.modern),
      // DER leaves out keyLength, since the cipher implies it, but not the NULL that stands for no parameters.
      asn1.sequence(asn1.oid(hmacSha256.id), asn1.null()),
    ),
  );
  const encryption = asn1.sequence(asn1.oid(aes256.id), asn1.octets(iv));
  return {
    algorithm: asn1.sequence(asn1.oid(pbes2), asn1.sequence(derivation, encryption)),
    ciphertext: encipher(aes256.name, key, iv, data),
  };
}

function with3Des(data: Uint8Array, { bmp: password }: Password, random: Random): Protected {
  const salt = random(8);
  const common = { hash: 'sha1', password, salt, iterations: rounds.legacy };
  const key = pkcs12Key({ ...common, purpose: 1, length: sha1With3Des.keyBytes });
  const iv = pkcs12Key({ ...common, purpose: 2, length: 8 });
  return {
    algorithm: asn1.sequence(
      asn1.oid(sha1With3Des.id),
      asn1.sequence(asn1.octets(salt), asn1.integer(common.iterations)),
    ),
    ciphertext: encipher(sha1With3Des.name, key, iv, data),
  };
}

function encipher(name: string, key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
  const cipher = createCipheriv(name, key, iv);
  return Buffer.concat([cipher.update(data), cipher.final()]);
}
