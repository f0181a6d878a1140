/** Bearer tokens as text, `signet_ID_SECRET`: only the digest of the secret is ever stored. */
import { createHash, timingSafeEqual } from 'node:crypto';

export interface TokenParts {
  readonly id: string;
  readonly secret: string;
}

/** A new token of random bytes: 8 for the id, which is public, and 32 for the secret. */
export function tokenParts(bytes: Uint8Array): TokenParts {
  const all = Buffer.from(bytes);
  return { id: all.subarray(0, 8).toString('hex'), secret: all.subarray(8).toString('base64url') };
}

/** How many random bytes a token is made of. */
export const tokenSize = 40;

export function formatToken({ id, secret }: TokenParts): string {
  return `signet_${id}_${secret}`;
}

/** Undefined when it does not look like a token; says nothing about whether it is valid. */
export function readToken(text: string): TokenParts | undefined {
  const [, id, secret] = /^signet_([0-9a-z]{1,32})_([\w-]{20,100})$/.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/** SHA-256 is enough here: unlike a password the secret has 256 random bits, so there is nothing to guess. */
export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Compares in constant time, so that the time it takes says nothing about how much was right. */
export function matches(secret: string, digest: string): boolean {
  const [given, known] = [Buffer.from(digestOf(secret), 'hex'), Buffer.from(digest, 'hex')];
  return given.length === known.length && timingSafeEqual(given, known);
}
