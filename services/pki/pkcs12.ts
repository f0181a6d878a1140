/** Reads a PKCS#12 file (RFC 7292) down to its keys and certificates; friendly names and other attributes are passed over. */
import { timingSafeEqual } from 'node:crypto';

import { NamedError } from '../errors.ts';
import { explicit, integer, octets, oid, readAsn1, sequence, writeAsn1, type Asn1 } from './forge.ts';
import { decrypt, unsupported, wrongPassphrase } from './password-encryption.ts';
import { macHashes } from './password-schemes.ts';
import { pkcs12Mac, spellings, type Password } from './pkcs12-key.ts';
import { bagTypes, dataType, encryptedDataType, x509Type } from './pkcs12-types.ts';

export interface Pkcs12 {
  /** PKCS#8 DER. */
  readonly keys: readonly Uint8Array[];
  /** X.509 DER. */
  readonly certificates: readonly Uint8Array[];
  /** False when the file carries no integrity check, so that only decryption tells a wrong password. */
  readonly checked: boolean;
}

/**
 * Opens `der` with `password`. Throws `wrong-passphrase` when the integrity check or the decryption fails, and
 * `bad-certificate` for what is not PKCS#12, asks for too many derivation rounds or uses a protection we do not know. It
 * derives keys synchronously: call it off the event loop (`unlock.ts`).
 */
export function readPkcs12(der: Uint8Array, password: string): Pkcs12 {
  try {
    const [version, content, mac] = sequence(readAsn1(der));
    if (integer(version) !== 3) throw new Error('version 3 was expected');
    const safe = data(content);
    const [standard] = spellings(password);
    const spelling = mac === undefined ? standard : spellings(password).find((one) => matches(mac, safe, one));
    if (!spelling) throw wrongPassphrase();
    const bags = sequence(readAsn1(safe)).flatMap((part) => contents(part, spelling));
    return {
      keys: bags.filter(({ kind }) => kind === 'key').map(({ der: key }) => key),
      certificates: bags.filter(({ kind }) => kind === 'certificate').map(({ der: certificate }) => certificate),
      checked: mac !== undefined,
    };
  } catch (cause) {
    if (cause instanceof NamedError) throw cause;
    throw new NamedError(
      'bad-certificate',
      'the file is not a whole PKCS#12 file; export it again, with the private key',
      {
        facts: { reason: 'unreadable-pkcs12' },
        cause,
      },
    );
  }
}

/** Opens an encrypted PKCS#8 key (EncryptedPrivateKeyInfo, RFC 5958 3); throws as `readPkcs12` does. */
export function readEncryptedKey(der: Uint8Array, passphrase: string): Uint8Array {
  try {
    return shrouded(readAsn1(der), spellings(passphrase)[0]);
  } catch (cause) {
    if (cause instanceof NamedError) throw cause;
    throw new NamedError(
      'bad-certificate',
      'the encrypted private key cannot be read; export it again and check that it is whole',
      {
        facts: { reason: 'unreadable-key' },
        cause,
      },
    );
  }
}

interface Bag {
  readonly kind: 'key' | 'certificate';
  readonly der: Uint8Array;
}

/** The octets in a ContentInfo of type data; the other integrity mode, by public key, is not in use anywhere. */
function data(info: Asn1 | undefined): Uint8Array {
  const [type, content] = sequence(info);
  if (oid(type) !== dataType) throw unsupported('a signature instead of a password');
  return octets(explicit(content, 0));
}

/** Whether the integrity check over `safe` holds under this spelling of the password. */
function matches(mac: Asn1, safe: Uint8Array, { bmp }: Password): boolean {
  const [info, salt, iterations] = sequence(mac);
  const [algorithm, expected] = sequence(info);
  const type = oid(sequence(algorithm)[0]);
  const known = macHashes[type];
  if (!known) throw unsupported(`integrity check ${type}`);
  const found = pkcs12Mac(safe, {
    ...known,
    password: bmp,
    salt: octets(salt),
    iterations: iterations === undefined ? 1 : integer(iterations),
  });
  const wanted = octets(expected);
  return wanted.length === found.length && timingSafeEqual(found, wanted);
}

/** The bags in one part of the file, decrypted where it is encrypted. */
function contents(part: Asn1, password: Password): readonly Bag[] {
  const [type, content] = sequence(part);
  if (oid(type) === dataType) return bagsOf(octets(explicit(content, 0)), password);
  if (oid(type) !== encryptedDataType) throw unsupported(`content type ${oid(type)}`);
  const [, encrypted] = sequence(explicit(content, 0));
  const [, algorithm, ciphertext] = sequence(encrypted);
  return bagsOf(opened(algorithm, ciphertext, password), password);
}

function bagsOf(safeContents: Uint8Array, password: Password): readonly Bag[] {
  return sequence(readAsn1(safeContents)).flatMap((bag) => read(bag, password, 0));
}

function read(bag: Asn1, password: Password, depth: number): readonly Bag[] {
  const [type, value] = sequence(bag);
  switch (oid(type)) {
    case bagTypes.key:
      return [{ kind: 'key', der: writeAsn1(explicit(value, 0)) }];
    case bagTypes.shroudedKey:
      return [{ kind: 'key', der: shrouded(explicit(value, 0), password) }];
    case bagTypes.certificate: {
      const [certificateType, certificate] = sequence(explicit(value, 0));
      return oid(certificateType) === x509Type ? [{ kind: 'certificate', der: octets(explicit(certificate, 0)) }] : [];
    }
    case bagTypes.safeContents:
      if (depth >= 8) throw new Error('the contents are nested too deeply');
      return sequence(explicit(value, 0)).flatMap((inner) => read(inner, password, depth + 1));
    default:
      // Revocation lists and other secrets have no use here.
      return [];
  }
}

function shrouded(info: Asn1, password: Password): Uint8Array {
  const [algorithm, ciphertext] = sequence(info);
  return opened(algorithm, ciphertext, password);
}

/** The plaintext, which is ASN.1: a wrong password gives valid padding once in 256 times, but then nothing that parses. */
function opened(algorithm: Asn1 | undefined, ciphertext: Asn1 | undefined, password: Password): Uint8Array {
  const plaintext = decrypt(algorithm, octets(ciphertext), password);
  try {
    readAsn1(plaintext);
  } catch {
    throw wrongPassphrase();
  }
  return plaintext;
}
