/** Signs a request for a certificate (PKCS#10, RFC 2986): what an authority is sent. */
import { webcrypto, type KeyObject } from 'node:crypto';

import type { Finding } from '../../errors.ts';
import type { CertificateRequest } from '../../schema/types.generated.ts';
import { publicKeyOf, signer } from '../certify.ts';
import { alternativeNames, subjectName } from '../names.ts';
import { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } from '../peculiar.ts';

export interface SignedRequest {
  readonly der: Uint8Array;
  readonly findings: readonly Finding[];
}

/**
 * A request of `key` for that subject and those names, proven by a signature. It asks for no usages, since what a
 * certificate is for is the authority's to say.
 */
export async function signRequest(
  key: KeyObject,
  request: Pick<CertificateRequest, 'subject' | 'alternativeNames'>,
): Promise<SignedRequest> {
  const { names, findings } = alternativeNames(request);
  const { signingAlgorithm, signingKey } = await signer(key);
  const made = await Pkcs10CertificateRequestGenerator.create({
    name: subjectName(request.subject).toJSON(),
    keys: {
      privateKey: signingKey,
      publicKey: await webcrypto.subtle.importKey('spki', publicKeyOf(key), signingAlgorithm, true, ['verify']),
    },
    signingAlgorithm,
    extensions: names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : [],
  });
  return { der: new Uint8Array(made.rawData), findings };
}
