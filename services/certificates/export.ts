/** Certificates that leave with their private key; who may ask for one is decided where the question arrives. */
import { mustBeBoundFor } from './bound-for.ts';
import type { CertificateDeps, Exports } from './contract.ts';

export function exports(deps: CertificateDeps): Exports {
  const { pki } = deps;
  return {
    async pkcs12(author, level, name, { password, legacy = false, friendlyName = name }) {
      const binding = await mustBeBoundFor(deps, author, level, name);
      const protection = legacy ? 'legacy' : 'modern';
      const file = await pki.exportPkcs12({ binding, friendlyName, password, protection });
      return { ...binding, pkcs12: Buffer.from(file).toString('base64') };
    },
    async key(author, level, name, { passphrase }) {
      const binding = await mustBeBoundFor(deps, author, level, name);
      // The schema lets a request without passphrase through only when it says that it wants the key in clear.
      const key =
        passphrase === undefined ? await pki.keyPem(binding.key) : await pki.exportKey(binding.key, passphrase);
      return { ...binding, pem: key, certificates: (await pki.chain(binding.chain)).join('') };
    },
  };
}
