/** Requests for certificates: of the key that is bound, or of a new one, at any time and with nothing committed in between. */
import { NamedError, type Finding } from '../errors.ts';
import { readCertificatePem } from '../pki/certificate.ts';
import { requestOf, type Renewed } from '../pki/requests/renewed.ts';
import { defaultKeyKind } from '../pki/self-signed.ts';
import type { CertificateBinding, SigningRequest, SigningRequestOptions } from '../schema/types.generated.ts';
import { boundFor } from './bound-for.ts';
import { checkLevel, requestView } from './bound.ts';
import type { CertificateDeps, Requesting } from './contract.ts';
import { drafted } from './drafted.ts';

export function requesting({ config, pki, requests }: CertificateDeps): Requesting {
  return {
    async request(author, level, name, { key, subject, alternativeNames }) {
      checkLevel(await drafted(config, author), level);
      const bound = await boundFor({ config }, author, level, name);
      const earlier = (await requests.list()).findLast((one) => one.level === level && one.name === name);
      const known = subject && alternativeNames ? undefined : await before(bound, earlier);
      const asked = {
        subject: subject ?? known?.request.subject ?? nobody(level, name),
        alternativeNames: alternativeNames ?? (subject ? {} : (known?.request.alternativeNames ?? {})),
      };
      const { record, findings } = await requests.ask({
        ...{ author, level, name, request: asked },
        ...(await keyFor(key, bound, earlier)),
      });
      const head = await config.configuration((await config.head()).number);
      return {
        request: requestView(record, head),
        findings: [...(subject ? [] : (known?.findings ?? [])), ...findings],
      };
    },
    async requests() {
      const head = await config.configuration((await config.head()).number);
      return (await requests.list()).map((record) => requestView(record, head));
    },
    withdraw: (key) => requests.withdraw(key),
  };

  /** What was asked for last: by the certificate that is bound, else by an earlier request. */
  async function before(
    bound: CertificateBinding | undefined,
    earlier: SigningRequest | undefined,
  ): Promise<Renewed | undefined> {
    const findings: readonly Finding[] = [];
    if (!bound) return earlier && { request: earlier.request, findings };
    const [leaf = ''] = await pki.chain(bound.chain);
    return requestOf(readCertificatePem(leaf));
  }

  async function keyFor(
    asked: SigningRequestOptions['key'],
    bound: CertificateBinding | undefined,
    earlier: SigningRequest | undefined,
  ) {
    const present = bound?.key ?? earlier?.key;
    if (asked === 'same' && present === undefined) {
      throw new NamedError(
        'invalid-input',
        'there is no key of that name at that level to ask for again; name the kind of a new one, such as ec-p256',
      );
    }
    if (present !== undefined && (asked === undefined || asked === 'same')) {
      return { key: present, ...(bound ? { replaces: bound.chain } : {}) };
    }
    return { key: await pki.makeKey(asked === undefined || asked === 'same' ? defaultKeyKind : asked) };
  }
}

function nobody(level: string, name: string): never {
  throw new NamedError(
    'invalid-input',
    `nothing is bound to ${name} at ${level} and nothing was asked for before; say whom the certificate is for, with a common name`,
  );
}
