/** The next certificate for a name: self-signed anew, or by the authority of ours that issued the present one. */
import { createPrivateKey, type KeyObject } from 'node:crypto';

import { NamedError } from '../errors.ts';
import { readCertificatePem, type Certificate } from '../pki/certificate.ts';
import { requestOf } from '../pki/requests/renewed.ts';
import type { Issued } from '../pki/service.ts';
import type { CertificateRequest, RenewalOptions } from '../schema/types.generated.ts';
import { bind } from './bind.ts';
import { mustBeBoundFor } from './bound-for.ts';
import type { CertificateDeps, Renewing } from './contract.ts';

export function renewing({ config, pki, authorities }: CertificateDeps): Renewing {
  return {
    async renew(author, level, name, options) {
      const bound = await mustBeBoundFor({ config }, author, level, name);
      const [pem = ''] = await pki.chain(bound.chain);
      const present = readCertificatePem(pem);
      const { request, findings } = requestOf(present);
      const asked = {
        ...request,
        ...(options.subject ? { subject: options.subject, alternativeNames: options.alternativeNames ?? {} } : {}),
        ...(options.alternativeNames ? { alternativeNames: options.alternativeNames } : {}),
        days: options.days ?? lifetimeOf(present),
        ...kindOf(options),
      };
      const made = await next(present, bound.chain, asked, await keyOf(options, bound.key));
      const issued = { ...made, findings: [...(options.subject ? [] : findings), ...made.findings] };
      return bind({ config, pki }, { author, level, name, issued });
    },
  };

  async function next(
    present: Certificate,
    chain: string,
    request: CertificateRequest,
    key: KeyObject | undefined,
  ): Promise<Issued> {
    if (present.selfSigned) return pki.create(request, key);
    const issuer = await authorities.issuedAs(chain);
    if (issuer) {
      const { authority, profile } = issuer;
      return authorities.issue({ authority, profile, request, ...(key ? { key } : {}) });
    }
    throw new NamedError(
      'invalid-input',
      'the certificate was issued by an authority that Signet cannot ask; make a request (signet certificate request), have it signed, and upload the answer',
    );
  }

  async function keyOf({ key = 'same' }: RenewalOptions, present: string): Promise<KeyObject | undefined> {
    return key === 'same' ? createPrivateKey(await pki.keyPem(present)) : undefined;
  }
}

function kindOf({ key = 'same' }: RenewalOptions): Pick<CertificateRequest, 'key'> {
  return key === 'same' ? {} : { key };
}

/** In whole days, within what may be asked for. */
function lifetimeOf({ notBefore, notAfter }: Certificate): number {
  const days = Math.floor((notAfter.getTime() - notBefore.getTime()) / 86_400_000);
  return Math.min(Math.max(days, 1), 3650);
}
