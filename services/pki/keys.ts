/** Private keys: made and read by node:crypto (never in JavaScript), and named by what they are. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

import { NamedError } from '../errors.ts';
import type { CertificateRequest } from '../schema/types.generated.ts';

export type KeyKind = NonNullable<CertificateRequest['key']>;

/** Makes a private key on a thread of libuv's pool; the event loop stays free (RSA-4096 takes a second or two). */
export async function createKey(kind: KeyKind): Promise<KeyObject> {
  const generate = promisify(generateKeyPair);
  const parameters = kinds[kind];
  const { privateKey } =
    'namedCurve' in parameters ? await generate('ec', parameters) : await generate('rsa', parameters);
  return privateKey;
}

/** The id of a key, private or public: SHA-256 of its SubjectPublicKeyInfo (RFC 5280 4.1.2.7), lower-case hexadecimal. */
export function keyId(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return createHash('sha256')
    .update(publicKey.export({ format: 'der', type: 'spki' }))
    .digest('hex');
}

/** The key as PKCS#8 PEM, unencrypted: a secret. */
export function privateKeyPem(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'pkcs8' }).toString();
}

/** Reads an unencrypted private key; throws `bad-certificate` when there is none in `der`. */
export function readPrivateKey(der: Uint8Array, encoding: 'pkcs8' | 'pkcs1' | 'sec1'): KeyObject {
  try {
    return createPrivateKey({ key: Buffer.from(der), format: 'der', type: encoding });
  } catch (cause) {
    throw new NamedError(
      'bad-certificate',
      'the private key cannot be read; export it again and check that it is whole',
      {
        facts: { reason: 'unreadable-key' },
        cause,
      },
    );
  }
}

const kinds = {
  'rsa-2048': { modulusLength: 2048 },
  'rsa-3072': { modulusLength: 3072 },
  'rsa-4096': { modulusLength: 4096 },
  'ec-p256': { namedCurve: 'P-256' },
  'ec-p384': { namedCurve: 'P-384' },
} as const satisfies Record<KeyKind, object>;
