/** Certificates: what is bound where, and new ones, which go into the caller's draft. */
import { certificateAtEachLevel } from './each-level.ts';
import { route, type Route } from './route.ts';

export const certificateRoutes: readonly Route[] = [
  route({
    name: 'list-certificates',
    method: 'get',
    path: '/certificates',
    role: 'viewer',
    summary: 'Every certificate that the head binds, the built-in one, and where each is used',
    response: 'certificate-list',
    handle: async ({ certificates }) => ({ body: { certificates: [...(await certificates.list())] } }),
  }),
  route({
    name: 'show-default-certificate',
    method: 'get',
    path: '/certificates/defaults/{certificate}',
    role: 'viewer',
    summary: 'A built-in certificate with its chain',
    response: 'certificate-detail',
    handle: async ({ certificates }, { parameters }) => ({
      body: await certificates.show('defaults', parameters.certificate),
    }),
  }),
  ...certificateAtEachLevel({
    name: 'show-{level}-certificate',
    method: 'get',
    rest: '',
    role: 'viewer',
    summary: 'A certificate bound {at}, with its chain',
    response: 'certificate-detail',
    handle: async ({ certificates }, _asked, level, name) => ({ body: await certificates.show(level, name) }),
  }),
  ...certificateAtEachLevel({
    name: 'add-{level}-certificate',
    method: 'post',
    rest: '',
    role: 'operator',
    summary: "Make or import a certificate and bind it {at}, in one's own draft",
    request: 'certificate-source',
    response: 'certificate-added',
    status: 201,
    handle: async ({ certificates }, { caller, body }, level, name) => ({
      body: await certificates.add(caller.name, level, name, body),
      onlyChecked: body.check,
    }),
  }),
];
