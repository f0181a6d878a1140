/** A new certificate from whatever it comes from, bound to a name in a draft. */
import { NamedError } from '../errors.ts';
import type { Issued } from '../pki/service.ts';
import type { CertificateSource } from '../schema/types.generated.ts';
import type { Adding, CertificateDeps } from './contract.ts';
import { certificateView } from './view.ts';

export function adding({ config, pki }: CertificateDeps): Adding {
  function issue({ create, pkcs12, password, pem, passphrase }: CertificateSource): Promise<Issued> {
    if (create) return pki.create(create);
    if (pkcs12 !== undefined && password !== undefined) {
      return pki.importPkcs12(Buffer.from(pkcs12, 'base64'), password);
    }
    if (pem !== undefined) return pki.importPem(pem, passphrase);
    // The schema lets nothing else through.
    throw new NamedError('invalid-input', 'send one of create, pkcs12 with its password, or pem');
  }

  return {
    async add(author, level, name, source) {
      const { binding, facts, findings } = await issue(source);
      const draft = await config.amend(author, [{ op: 'set', level, path: `/certificates/${name}`, value: binding }]);
      return { certificate: certificateView({ level, name, binding }, facts), findings: [...findings], draft };
    },
  };
}
