/** Certificates of authorities, uploaded once; trust lists name them by their digest. */
import { route, type Route } from './route.ts';

export const trustBundleRoutes: readonly Route[] = [
  route({
    name: 'add-trust-bundle',
    method: 'post',
    path: '/trust-bundles',
    role: 'operator',
    summary: 'Upload certificates of authorities, for a trust list to name',
    request: 'trust-bundle-source',
    response: 'trust-bundle',
    status: 201,
    async handle({ pki }, { body }) {
      const { bundle, findings } = await pki.putBundle(body.pem);
      const certificates = (await pki.bundle(bundle)).match(/-----BEGIN CERTIFICATE-----/g)?.length ?? 0;
      return { body: { bundle, certificates, findings }, object: `/trust-bundles/${bundle}` };
    },
  }),
];
