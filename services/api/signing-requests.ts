/** Requests to have signed, the answers of authorities, and renewals: all of them end in the caller's draft. */
import { certificateAtEachLevel } from './each-level.ts';
import { route, type Route } from './route.ts';

export const signingRequestRoutes: readonly Route[] = [
  route({
    name: 'list-signing-requests',
    method: 'get',
    path: '/signing-requests',
    role: 'viewer',
    summary: 'Every request to have signed, and whether its answer is bound',
    response: 'signing-request-list',
    handle: async ({ certificates }) => ({ body: { requests: [...(await certificates.requests())] } }),
  }),
  route({
    name: 'withdraw-signing-request',
    method: 'delete',
    path: '/signing-requests/{key}',
    role: 'operator',
    summary: 'Forget a request, and its key unless a certificate of it was ever kept',
    response: 'nothing',
    async handle({ certificates }, { parameters }) {
      await certificates.withdraw(parameters.key);
      return { body: undefined };
    },
  }),
  ...certificateAtEachLevel({
    name: 'request-{level}-certificate',
    method: 'post',
    rest: '/requests',
    role: 'operator',
    summary: 'Make a request (PKCS#10) for a certificate {at}, of its present key or of a new one',
    request: 'signing-request-options',
    response: 'signing-request-made',
    status: 201,
    handle: async ({ certificates }, { caller, body }, level, name) => ({
      body: await certificates.request(caller.name, level, name, body),
    }),
  }),
  ...certificateAtEachLevel({
    name: 'answer-{level}-certificate',
    method: 'post',
    rest: '/answers',
    role: 'operator',
    summary: "Bind {at} what an authority sent back, in one's own draft; or only check it",
    request: 'certificate-answer',
    // A mebibyte of files, in base64.
    bodyLimit: 1536 * 1024,
    response: 'certificate-added',
    status: 201,
    handle: async ({ certificates }, { caller, body }, level, name) => ({
      body: await certificates.answer(caller.name, level, name, body),
      onlyChecked: body.check,
    }),
  }),
  ...certificateAtEachLevel({
    name: 'renew-{level}-certificate',
    method: 'post',
    rest: '/renewals',
    role: 'operator',
    summary: "Make the certificate that is bound {at} anew, in one's own draft",
    request: 'renewal-options',
    response: 'certificate-added',
    status: 201,
    handle: async ({ certificates }, { caller, body }, level, name) => ({
      body: await certificates.renew(caller.name, level, name, body),
    }),
  }),
];
