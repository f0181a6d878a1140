/** Whether a key and a certificate belong together: what would break at once is refused. */
import { sign, verify, type KeyObject } from 'node:crypto';

import { NamedError } from '../../errors.ts';
import { subjectOf, type Certificate } from '../certificate.ts';

/**
 * Proves by a signature that `key` is the private half of what `leaf` certifies; throws `key-mismatch` when it is not, and
 * `bad-certificate` for kinds of keys that TLS cannot use. Comparing public halves would pass a damaged private key.
 */
export function checkPair(key: KeyObject, leaf: Certificate): void {
  if (!signing.includes(key.asymmetricKeyType ?? '')) {
    throw new NamedError(
      'bad-certificate',
      `the private key is of the kind ${key.asymmetricKeyType ?? 'unknown'}, which TLS cannot use; make an RSA or EC key`,
      {
        facts: { reason: 'unusable-key' },
      },
    );
  }
  if (!proves(key, leaf)) {
    throw new NamedError(
      'key-mismatch',
      `the private key does not fit the certificate ${subjectOf(leaf)}; send the key that was made for it`,
    );
  }
}

const signing = ['rsa', 'rsa-pss', 'ec', 'ed25519', 'ed448'];

function proves(key: KeyObject, leaf: Certificate): boolean {
  const challenge = Buffer.from('a private key answers for its certificate');
  try {
    return verify(null, challenge, leaf.x509.publicKey, sign(null, challenge, key));
  } catch {
    // OpenSSL's reason would name its own function, not what to do.
    return false;
  }
}
