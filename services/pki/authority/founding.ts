/** Authorities themselves: made with a root and an issuing certificate, and renewed under the same root. */
import { NamedError } from '../../errors.ts';
import type { Authority, AuthorityRequest, AuthorityView } from '../../schema/types.generated.ts';
import { certificatePem, readCertificatePem, subjectOf, type Certificate } from '../certificate.ts';
import type { KeyKind } from '../keys.ts';
import { certifyIssuing, certifyRoot, defaultDays, longestCommonName } from './certificates.ts';
import { checkValid, type Context } from './context.ts';
import type { Founding } from './contract.ts';

const defaultKey: KeyKind = 'ec-p384';

export function founding({ records, pki, keys, now, random }: Context): Founding {
  return {
    async create(author, request) {
      const { name, key: kind = defaultKey, crlUrl } = request;
      checkRequest(request);
      if ((await records.authorities()).some((one) => one.name === name)) throw taken(name);
      const [rootKey, key] = await Promise.all([pki.makeKey(kind), pki.makeKey(kind)]);
      const at = now();
      const root = await certifyRoot({
        ...{ subject: request.subject, key: rootKey, now: at, random: random(16) },
        days: request.rootDays ?? defaultDays.root,
      });
      const issuing = await certifyIssuing({
        ...{ root, rootKey, key, now: at, random: random(16) },
        days: request.days ?? defaultDays.issuing,
      });
      // Keys first: an authority whose keys are missing would look complete, a key without one is only unused.
      await Promise.all([keys.seal(rootKey), keys.seal(key)]);
      const { bundle } = await pki.putBundle(certificatePem(root));
      const authority: Authority = {
        ...{ name, root: part(root), issuing: part(issuing), bundle },
        ...(crlUrl === undefined ? {} : { crlUrl }),
        ...{ created: at.toISOString(), author },
      };
      if (await records.add(authority)) return view(authority);
      await Promise.all([keys.forget(rootKey), keys.forget(key)]);
      throw taken(name);
    },
    list: async () => (await records.authorities()).map(view),
    show: async (name) => view((await records.authority(name)).authority),
    async renew(name, { days = defaultDays.issuing } = {}) {
      const held = await records.authority(name);
      const root = readCertificatePem(held.authority.root.pem);
      const next = 'make a new authority, and put its root into the trust lists before it issues';
      checkValid(root, name, now(), next);
      const [rootKey, key] = await Promise.all([
        keys.open(held.authority.root.key),
        keys.open(held.authority.issuing.key),
      ]);
      const issuing = await certifyIssuing({ root, rootKey, key, days, now: now(), random: random(16) });
      const renewed: Authority = { ...held.authority, issuing: part(issuing) };
      await records.replace(held, renewed);
      return view(renewed);
    },
  };
}

function part(certificate: Certificate): Authority['root'] {
  return { key: certificate.key, pem: certificatePem(certificate) };
}

function view({ root, issuing, ...rest }: Authority): AuthorityView {
  return { ...rest, root: partView(root), issuing: partView(issuing) };
}

function partView({ pem }: Authority['root']): AuthorityView['root'] {
  const certificate = readCertificatePem(pem);
  const { key, notBefore, notAfter, sha256: fingerprint } = certificate;
  return {
    ...{ subject: subjectOf(certificate), key, fingerprint },
    ...{ notBefore: notBefore.toISOString(), notAfter: notAfter.toISOString() },
  };
}

function checkRequest({ subject: { commonName } }: AuthorityRequest): void {
  if (commonName.length <= longestCommonName) return;
  const detail = `is longer than ${longestCommonName} characters, and that of the issuing certificate adds a word`;
  throw new NamedError('invalid-input', `the common name ${detail}; choose a shorter one`, {
    findings: [{ pointer: '/subject/commonName', detail }],
  });
}

function taken(name: string): NamedError {
  return new NamedError('already-exists', `there is an authority ${name} already; choose another name`);
}
