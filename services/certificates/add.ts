/** A new certificate from whatever it comes from, bound to a name in a draft. */
import { NamedError } from '../errors.ts';
import type { Issued } from '../pki/service.ts';
import type { CertificateSource } from '../schema/types.generated.ts';
import { bind } from './bind.ts';
import type { Adding, CertificateDeps } from './contract.ts';

export function adding({ config, pki, authorities }: CertificateDeps): Adding {
  function obtain({ create, issue, pkcs12, password, pem, passphrase, check }: CertificateSource): Promise<Issued> {
    if (create) return pki.create(create);
    if (issue) return authorities.issue(issue);
    if (pkcs12 !== undefined && password !== undefined) {
      return pki.importPkcs12(Buffer.from(pkcs12, 'base64'), password, check);
    }
    if (pem !== undefined) return pki.importPem(pem, passphrase, check);
    // The schema lets nothing else through.
    throw new NamedError('invalid-input', 'send one of create, issue, pkcs12 with its password, or pem');
  }

  return {
    async add(author, level, name, source) {
      return bind({ config, pki }, { author, level, name, issued: await obtain(source), check: source.check });
    },
  };
}
