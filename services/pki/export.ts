/** What leaves with its private key: PKCS#12 files and PEM keys. Certificates alone are no secret, and need nothing of this. */
import { createPrivateKey } from 'node:crypto';

import type { LimitFunction } from 'p-limit';

import type { CertificateBinding } from '../schema/types.generated.ts';
import { readCertificatePem } from './certificate.ts';
import { lockKey, lockPkcs12 } from './lock.ts';
import type { Protection } from './password-protection.ts';
import { pemBlock } from './pem.ts';

export interface Pkcs12Export {
  readonly binding: CertificateBinding;
  readonly friendlyName: string;
  readonly password: string;
  readonly protection: Protection;
}

export interface Exporting {
  /** The key and its whole chain as a PKCS#12 file, DER: a secret; not-found. */
  exportPkcs12(wanted: Pkcs12Export): Promise<Uint8Array>;

  /** The key as PKCS#8 PEM, encrypted with PBES2 under `passphrase`: a secret; not-found. */
  exportKey(id: string, passphrase: string): Promise<string>;
}

export interface Stored {
  keyPem(id: string): Promise<string>;
  chain(id: string): Promise<readonly string[]>;
}

/** `slowly` limits how many keys are derived at a time. */
export function exporting({ keyPem, chain }: Stored, slowly: LimitFunction): Exporting {
  return {
    async exportPkcs12({ binding, friendlyName, password, protection }) {
      const content = {
        key: der(await keyPem(binding.key)),
        chain: (await chain(binding.chain)).map((pem) => readCertificatePem(pem).x509.raw),
        friendlyName,
      };
      return slowly(() => lockPkcs12(content, password, protection));
    },
    async exportKey(id, passphrase) {
      const key = der(await keyPem(id));
      return pemBlock('ENCRYPTED PRIVATE KEY', await slowly(() => lockKey(key, passphrase)));
    },
  };
}

function der(pem: string): Uint8Array {
  return createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' });
}
