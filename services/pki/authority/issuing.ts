/** Certificates of an authority: for a key made here, or for a request whose key stays elsewhere. */
import type { IssuedCertificate } from '../../schema/types.generated.ts';
import { certificatePem, chainId, readCertificatePem, type Certificate } from '../certificate.ts';
import { chainFacts } from '../chain-facts.ts';
import { keyId } from '../keys.ts';
import { alternativeNames, subjectName } from '../names.ts';
import { defaultDays, defaultKeyKind } from '../self-signed.ts';
import { checkValid, type Context } from './context.ts';
import type { Issuing } from './contract.ts';
import { certifyLeaf, type Leaf } from './leaf.ts';
import { readSigningRequest } from './signing-request.ts';

export function issuing({ records, pki, keys, now, random }: Context): Issuing {
  return {
    async issue({ authority, profile, request, key: given }) {
      const issuer = await issuerOf(authority);
      const key = given ?? (await pki.makeKey(request.key ?? defaultKeyKind));
      const { names, findings } = alternativeNames(request);
      const made = await certify(issuer, {
        ...{ key, subject: subjectName(request.subject), names, profile },
        days: request.days ?? defaultDays,
      });
      await keys.seal(key);
      const { chain } = await note(authority, made.chain, { profile, request });
      const facts = chainFacts(made.chain);
      return { binding: { key: keyId(key), chain }, facts, findings: [...findings, ...made.findings] };
    },
    async sign(authority, { csr, profile, days = defaultDays }) {
      const issuer = await issuerOf(authority);
      const { findings, ...request } = await readSigningRequest(csr);
      const made = await certify(issuer, { ...request, profile, days });
      const certificate = await note(authority, made.chain, { profile });
      const pem = made.chain.map(certificatePem).join('');
      return { certificate, pem, findings: [...findings, ...made.findings] };
    },
    async issuedAs(chain) {
      const [leaf = ''] = await pki.chain(chain);
      const serial = serialOf(readCertificatePem(leaf));
      const authorities = await records.authorities();
      const found = await Promise.all(authorities.map(({ name }) => records.certificate(name, serial)));
      return found.find((one) => one?.chain === chain);
    },
    async issued(authority, page) {
      await records.authority(authority);
      return records.issued(authority, page);
    },
  };

  /** What signs for an authority now, as long as it may. */
  async function issuerOf(name: string): Promise<Pick<Leaf, 'issuer' | 'signer' | 'crl'>> {
    const { authority } = await records.authority(name);
    const issuer = readCertificatePem(authority.issuing.pem);
    checkValid(issuer, name, now(), `renew it (signet authority renew ${name}), then try again`);
    const base = authority.crlUrl?.replace(/\/+$/, '');
    const crl = base === undefined ? undefined : `${base}/crl/${name}.crl`;
    return { issuer, signer: await keys.open(authority.issuing.key), crl };
  }

  async function certify(
    from: Pick<Leaf, 'issuer' | 'signer' | 'crl'>,
    wanted: Pick<Leaf, 'key' | 'subject' | 'names' | 'profile' | 'days'>,
  ) {
    const { certificate, findings } = await certifyLeaf({ ...from, ...wanted, now: now(), random: random(16) });
    return { chain: [certificate, from.issuer] as const, findings };
  }

  /** Nothing leaves an authority before it is noted: what is not noted can never be revoked. */
  async function note(
    authority: string,
    chain: readonly [Certificate, Certificate],
    asked: Pick<IssuedCertificate, 'profile' | 'request'>,
  ): Promise<IssuedCertificate> {
    const { subject, names, notAfter, key } = chainFacts([...chain]);
    const certificate: IssuedCertificate = {
      ...{ authority, serial: serialOf(chain[0]), ...asked },
      ...{ subject, names: [...names], key, chain: chainId(chain) },
      ...{ issued: now().toISOString(), notAfter: notAfter.toISOString() },
    };
    await records.keep(certificate, chain.map(certificatePem));
    return certificate;
  }
}

function serialOf({ x509 }: Certificate): string {
  return x509.serialNumber.toLowerCase();
}
