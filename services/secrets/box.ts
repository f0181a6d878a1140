/** Authenticated encryption of one value for one purpose: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce. */
import { createCipheriv, createDecipheriv } from 'node:crypto';

import { NamedError } from '../errors.ts';

/** What is stored of a sealed value; all fields are base64url. */
export interface Box {
  readonly iv: string;
  readonly data: string;
  readonly tag: string;
}

export type Random = (size: number) => Uint8Array;

const algorithm = 'aes-256-gcm';

/** Seals `plaintext` under `key`. It opens only with the same `purpose`, so that no box can stand in for another. */
export function seal(key: Uint8Array, plaintext: Uint8Array, purpose: string, random: Random): Box {
  const iv = Buffer.from(random(12));
  const cipher = createCipheriv(algorithm, key, iv);
  cipher.setAAD(Buffer.from(purpose));
  const data = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return {
    iv: iv.toString('base64url'),
    data: data.toString('base64url'),
    tag: cipher.getAuthTag().toString('base64url'),
  };
}

/** Opens what `seal` made; throws `sealed-corrupt` when key, purpose or any bit of the box is another. */
export function open(key: Uint8Array, { iv, data, tag }: Box, purpose: string): Uint8Array {
  try {
    const decipher = createDecipheriv(algorithm, key, Buffer.from(iv, 'base64url'), { authTagLength: 16 });
    decipher.setAAD(Buffer.from(purpose));
    decipher.setAuthTag(Buffer.from(tag, 'base64url'));
    return Buffer.concat([decipher.update(Buffer.from(data, 'base64url')), decipher.final()]);
  } catch (cause) {
    throw corrupt(purpose, cause);
  }
}

/** The failure of a record that was changed, cut short or put in another's place. */
export function corrupt(what: string, cause?: unknown): NamedError {
  return new NamedError(
    'sealed-corrupt',
    `the sealed record "${what}" was damaged or changed in the store; restore the store from a backup`,
    { facts: { record: what }, cause },
  );
}
