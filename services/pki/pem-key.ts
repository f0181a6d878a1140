/** Reads a private key from its PEM block, in any of the forms that OpenSSL has written over the years. */
import { createPrivateKey, type KeyObject } from 'node:crypto';

import { NamedError } from '../errors.ts';
import { readPrivateKey } from './keys.ts';
import type { Block } from './pem.ts';

/** Opens an encrypted PKCS#8 key and returns it as PKCS#8 DER. */
export type Unlock = (der: Uint8Array, passphrase: string) => Promise<Uint8Array>;

/**
 * Reads PKCS#8, PKCS#1 and SEC 1 keys, each plain or encrypted. Throws `wrong-passphrase` when the passphrase is missing or
 * does not fit, and `bad-certificate` for a key that is damaged or of another kind.
 */
export async function readPemKey(block: Block, passphrase: string | undefined, unlock: Unlock): Promise<KeyObject> {
  if (block.label === 'PRIVATE KEY') return readPrivateKey(block.der, 'pkcs8');
  if (block.label === 'ENCRYPTED PRIVATE KEY')
    return readPrivateKey(await unlock(block.der, needed(passphrase)), 'pkcs8');
  if (block.label !== 'RSA PRIVATE KEY' && block.label !== 'EC PRIVATE KEY') throw unsupported(`is a ${block.label}`);
  if (block.headers.has('DEK-Info')) return traditional(block, needed(passphrase));
  return readPrivateKey(block.der, block.label === 'RSA PRIVATE KEY' ? 'pkcs1' : 'sec1');
}

/** One round of MD5 derives the key (EVP_BytesToKey), so no worker is needed. */
function traditional({ headers, pem }: Block, passphrase: string): KeyObject {
  const [cipher = ''] = headers.get('DEK-Info')?.split(',') ?? [];
  if (!/^(AES-(128|192|256)-CBC|DES-EDE3-CBC)$/.test(cipher)) throw unsupported(`is encrypted with ${cipher}`);
  try {
    return createPrivateKey({ key: pem, passphrase });
  } catch {
    // The cause would only say "bad decrypt".
    throw new NamedError(
      'wrong-passphrase',
      'the passphrase does not open the private key; check it and send both again',
    );
  }
}

function needed(passphrase: string | undefined): string {
  if (passphrase !== undefined) return passphrase;
  throw new NamedError('wrong-passphrase', 'the private key is encrypted; send its passphrase with it');
}

function unsupported(what: string): NamedError {
  return new NamedError(
    'bad-certificate',
    `the private key ${what}, which is not supported; convert it with openssl pkey -aes256`,
    {
      facts: { reason: 'unsupported-key' },
    },
  );
}
