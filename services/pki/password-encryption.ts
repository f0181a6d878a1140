/** What a password protects in PKCS#8 and PKCS#12 files: PBES2 (RFC 8018) and the older scheme of RFC 7292 appendices B and C. */
import { createDecipheriv, pbkdf2Sync } from 'node:crypto';

import { NamedError } from '../errors.ts';
import { decryptRc2, integer, octets, oid, sequence, type Asn1 } from './forge.ts';
import { affordable, pkcs12Key, type Password } from './pkcs12-key.ts';

/**
 * Decrypts `data` as `algorithm` (an AlgorithmIdentifier) says; throws `wrong-passphrase` when the padding does not fit,
 * and `bad-certificate` for a scheme we do not know or one that asks for more work than we give.
 */
export function decrypt(algorithm: Asn1 | undefined, data: Uint8Array, password: Password): Uint8Array {
  const [identifier, parameters] = sequence(algorithm);
  const scheme = oid(identifier);
  if (scheme === pbes2) return decryptPbes2(sequence(parameters), data, password);
  if (scheme in pkcs12Schemes)
    return decryptPkcs12(pkcs12Schemes[scheme as keyof typeof pkcs12Schemes], sequence(parameters), data, password);
  throw unsupported(`encryption ${scheme}`);
}

/** Says no to a scheme in words: what the file uses, and what to use instead. */
export function unsupported(what: string): NamedError {
  return new NamedError(
    'bad-certificate',
    `the file is protected by ${what}, which is not supported; export it again with AES-256 and SHA-256`,
    { facts: { reason: 'unsupported-protection' } },
  );
}

const pbes2 = '1.2.840.113549.1.5.13';
const pbkdf2 = '1.2.840.113549.1.5.12';

const prfs: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};

const ciphers: Readonly<Record<string, { readonly name: string; readonly keyBytes: number }>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyBytes: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyBytes: 24 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', keyBytes: 32 },
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', keyBytes: 24 },
};

/** RFC 7292 appendix C; the RC4 and RC2-128 variants are not known to be written by anything. */
const pkcs12Schemes = {
  '1.2.840.113549.1.12.1.3': { name: 'des-ede3-cbc', keyBytes: 24 },
  '1.2.840.113549.1.12.1.6': { name: 'rc2-40-cbc', keyBytes: 5 },
} as const;

function decryptPbes2([kdf, encryption]: readonly Asn1[], data: Uint8Array, { utf8 }: Password): Uint8Array {
  const [kdfId, kdfParameters] = sequence(kdf);
  if (oid(kdfId) !== pbkdf2) throw unsupported(`key derivation ${oid(kdfId)}`);
  const [salt, count, ...optional] = sequence(kdfParameters);
  const [cipherId, iv] = sequence(encryption);
  const cipher = ciphers[oid(cipherId)];
  if (!cipher) throw unsupported(`encryption ${oid(cipherId)}`);
  // keyLength (an INTEGER) and prf (a SEQUENCE) are both optional; HMAC-SHA1 is the default (RFC 8018 A.2).
  const prf = optional.find(({ constructed }) => constructed);
  const prfId = prf === undefined ? '1.2.840.113549.2.7' : oid(sequence(prf)[0]);
  const hash = prfs[prfId];
  if (hash === undefined) throw unsupported(`key derivation with ${prfId}`);
  const key = pbkdf2Sync(utf8, octets(salt), affordable(integer(count)), cipher.keyBytes, hash);
  return decipher(cipher.name, key, octets(iv), data);
}

function decryptPkcs12(
  { name, keyBytes }: (typeof pkcs12Schemes)[keyof typeof pkcs12Schemes],
  [salt, count]: readonly Asn1[],
  data: Uint8Array,
  { bmp: password }: Password,
): Uint8Array {
  const common = { hash: 'sha1', password, salt: octets(salt), iterations: integer(count) };
  const key = pkcs12Key({ ...common, purpose: 1, length: keyBytes });
  const iv = pkcs12Key({ ...common, purpose: 2, length: 8 });
  if (name === 'des-ede3-cbc') return decipher(name, key, iv, data);
  const plain = decryptRc2(key, iv, data);
  if (!plain) throw wrongPassphrase();
  return plain;
}

function decipher(name: string, key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
  const cipher = createDecipheriv(name, key, iv);
  try {
    return Buffer.concat([cipher.update(data), cipher.final()]);
  } catch {
    // The cause would only say "bad decrypt".
    throw wrongPassphrase();
  }
}

/** The one answer to a wrong password, whatever gave it away. */
export function wrongPassphrase(): NamedError {
  return new NamedError('wrong-passphrase', 'the password does not open the file; check it and send the file again');
}
