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
  route({
    name: 'list-trust-lists',
    method: 'get',
    path: '/trust-lists',
    role: 'viewer',
    summary: 'Every trust list that the head binds, the built-in one, and where each is used',
    response: 'trust-lists',
    handle: async ({ certificates }) => ({ body: { lists: [...(await certificates.trustLists())] } }),
  }),
  route({
    name: 'show-trust-bundle',
    method: 'get',
    path: '/trust-bundles/{bundle}',
    role: 'viewer',
    summary: 'What a bundle of authorities holds, with what peers will mind',
    response: 'trust-bundle-detail',
    handle: async ({ certificates }, { parameters }) => ({ body: await certificates.trustBundle(parameters.bundle) }),
  }),
];
