/** Passwords and the keys derived from them as RFC 7292 appendix B says, with the limit that holds for every derivation. */
import { createHash, createHmac, hash as digest } from 'node:crypto';

import { NamedError } from '../errors.ts';
import { maximumIterations } from './limits.ts';

/** The two spellings of one password: PBES2 takes UTF-8, the older scheme UTF-16 with a closing zero (RFC 7292 B.1). */
export interface Password {
  readonly utf8: Uint8Array;
  readonly bmp: Uint8Array;
}

export interface Pkcs12Derivation {
  readonly hash: string;
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly purpose: 1 | 2 | 3;
  readonly iterations: number;
  readonly length: number;
}

/** The spellings of `text` that programs have used, the standard's first. */
export function spellings(text: string): readonly [Password, ...Password[]] {
  const utf8 = Buffer.from(text, 'utf8');
  const standard = { utf8, bmp: bmp(text) };
  // No password at all is not the empty one: OpenSSL tries both as well (PKCS12_parse).
  if (text === '') return [standard, { utf8, bmp: new Uint8Array() }];
  // OpenSSL before 1.1.0 took each byte of the UTF-8 for a character.
  return utf8.length === text.length ? [standard] : [standard, { utf8, bmp: bmp(utf8.toString('latin1')) }];
}

/** Derives `length` bytes for `purpose` (1 key, 2 initialization vector, 3 integrity check) as RFC 7292 B.2 says. */
export function pkcs12Key({ hash, password, salt, purpose, iterations, length }: Pkcs12Derivation): Uint8Array {
  affordable(iterations);
  const block = hash === 'sha384' || hash === 'sha512' ? 128 : 64;
  const filled = Buffer.concat([fill(salt, block), fill(password, block)]);
  const out: Buffer[] = [];
  for (let have = 0; have < length;) {
    let part = createHash(hash).update(Buffer.alloc(block, purpose)).update(filled).digest();
    for (let round = 1; round < iterations; round += 1) part = digest(hash, part, 'buffer');
    out.push(part);
    have += part.length;
    addToBlocks(filled, fill(part, block).subarray(0, block));
  }
  return Buffer.concat(out).subarray(0, length);
}

export interface MacParameters extends Pick<Pkcs12Derivation, 'hash' | 'password' | 'salt' | 'iterations'> {
  /** The length of the hash. */
  readonly bytes: number;
}

/** The integrity check over the contents of a PKCS#12 file (RFC 7292 4, MacData). */
export function pkcs12Mac(contents: Uint8Array, { bytes, ...derivation }: MacParameters): Uint8Array {
  const key = pkcs12Key({ ...derivation, purpose: 3, length: bytes });
  return createHmac(derivation.hash, key).update(contents).digest();
}

/** Returns `iterations` unless deriving with so many would take too long. Checked before anything is derived. */
export function affordable(iterations: number): number {
  if (iterations >= 1 && iterations <= maximumIterations) return iterations;
  throw new NamedError(
    'bad-certificate',
    `the number of key derivation rounds that the file asks for is not between 1 and ${maximumIterations}; export it again with fewer`,
    { facts: { reason: 'derivation-cost' } },
  );
}

function bmp(text: string): Uint8Array {
  return Buffer.from(`${text}\0`, 'utf16le').swap16();
}

/** `bytes` repeated up to a multiple of `block` bytes; nothing stays nothing. */
function fill(bytes: Uint8Array, block: number): Buffer {
  return bytes.length === 0 ? Buffer.alloc(0) : Buffer.alloc(block * Math.ceil(bytes.length / block), bytes);
}

/** Adds `addend` + 1 to every block of `blocks`, each a big-endian number, in place. */
function addToBlocks(blocks: Buffer, addend: Buffer): void {
  for (let start = 0; start < blocks.length; start += addend.length) {
    let carry = 1;
    for (let at = addend.length - 1; at >= 0; at -= 1) {
      carry += blocks.readUInt8(start + at) + addend.readUInt8(at);
      blocks.writeUInt8(carry & 0xff, start + at);
      carry >>= 8;
    }
  }
}
