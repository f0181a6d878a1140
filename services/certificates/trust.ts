/** Trust lists by name and level, and what a bundle of authorities holds. */
import { defaultsLayer } from '../config/defaults.ts';
import { certificatesIn } from '../pki/bundle.ts';
import { issuerOf, subjectOf, type Certificate } from '../pki/certificate.ts';
import { keyKind } from '../pki/key-kind.ts';
import { lifetime } from '../pki/lint/lifetime.ts';
import { strength } from '../pki/lint/strength.ts';
import type { TrustBundleDetail, TrustList, TrustListView, TrustedAuthority } from '../schema/types.generated.ts';
import type { CertificateDeps, Trusting } from './contract.ts';
import { effectiveSettings } from './effective.ts';
import { trustLists, useKey, uses } from './view.ts';

export function trusting({ config, pki, now }: Pick<CertificateDeps, 'config' | 'pki' | 'now'>): Trusting {
  async function trustBundle(bundle: string): Promise<TrustBundleDetail> {
    const pem = await pki.bundle(bundle);
    return { bundle, authorities: certificatesIn(pem).map((one) => authority(one, now())), pem };
  }

  async function contents(list: TrustList): Promise<Omit<TrustListView, 'level' | 'name' | 'usedBy'>> {
    if (list.source === 'system') return list;
    const ends = certificatesIn(await pki.bundle(list.bundle)).map(({ notAfter }) => notAfter.toISOString());
    const [expires] = ends.filter((end) => end >= now().toISOString()).sort();
    const expired = ends.filter((end) => end < now().toISOString()).length;
    return { ...list, authorities: ends.length, expired, ...(expires === undefined ? {} : { expires }) };
  }

  return {
    trustBundle,
    async trustLists() {
      const { number } = await config.head();
      const configuration = await config.configuration(number);
      const used = uses(await effectiveSettings(config, Object.keys(configuration.machines), number), 'trust');
      const { level: builtIn, layer } = defaultsLayer();
      const layers = { ...configuration.layers, [builtIn]: layer };
      return Promise.all(
        trustLists({ ...configuration, layers }).map(async ({ level, name, list }) => ({
          ...{ level, name },
          ...(await contents(list)),
          usedBy: used.get(useKey(level, name)) ?? [],
        })),
      );
    },
  };
}

function authority(certificate: Certificate, now: Date): TrustedAuthority {
  return {
    subject: subjectOf(certificate),
    issuer: issuerOf(certificate),
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    keyKind: keyKind(certificate),
    fingerprint: certificate.sha256,
    findings: [...lifetime(certificate, now), ...strength(certificate)].map(({ detail }) => detail),
  };
}
