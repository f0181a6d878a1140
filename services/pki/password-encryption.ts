/** What a password protects in PKCS#8 and PKCS#12 files: PBES2 (RFC 8018) and the older scheme of RFC 7292 appendices B and C. */
import { createDecipheriv, pbkdf2Sync } from 'node:crypto';

import { NamedError } from '../errors.ts';
import { decryptRc2, integer, octets, oid, sequence, type Asn1 } from './forge.ts';
import { ciphers, hmacSha1, pbes2, pbkdf2, pkcs12Schemes, prfs, type Cipher } from './password-schemes.ts';
import { affordable, pkcs12Key, type Password } from './pkcs12-key.ts';

/**
 * Decrypts `data` as `algorithm` (an AlgorithmIdentifier) says; throws `wrong-passphrase` when the padding does not fit,
 * and `bad-certificate` for a scheme we do not know or one that asks for more work than we give.
 */
export function decrypt(algorithm: Asn1 | undefined, data: Uint8Array, password: Password): Uint8Array {
  const [identifier, parameters] = sequence(algorithm);
  const scheme = oid(identifier);
  if (scheme === pbes2) return decryptPbes2(sequence(parameters), data, password);
  const cipher = pkcs12Schemes[scheme];
  if (cipher) return decryptPkcs12(cipher, sequence(parameters), data, password);
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

function decryptPbes2([kdf, encryption]: readonly Asn1[], data: Uint8Array, { utf8 }: Password): Uint8Array {
  const [kdfId, kdfParameters] = sequence(kdf);
  if (oid(kdfId) !== pbkdf2) throw unsupported(`key derivation ${oid(kdfId)}`);
  const [salt, count, ...optional] = sequence(kdfParameters);
  const [cipherId, iv] = sequence(encryption);
  const cipher = ciphers[oid(cipherId)];
  if (!cipher) throw unsupported(`encryption ${oid(cipherId)}`);
  // keyLength (an INTEGER) and prf (a SEQUENCE) are both optional; HMAC-SHA1 is the default (RFC 8018 A.2).
  const prf = optional.find(({ constructed }) => constructed);
  const prfId = prf === undefined ? hmacSha1.id : oid(sequence(prf)[0]);
  const hash = prfs[prfId];
  if (hash === undefined) throw unsupported(`key derivation with ${prfId}`);
  const key = pbkdf2Sync(utf8, octets(salt), affordable(integer(count)), cipher.keyBytes, hash);
  return decipher(cipher.name, key, octets(iv), data);
}

function decryptPkcs12(
  { name, keyBytes }: Cipher,
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
