/** Private authorities: what they are, what they issued and took back; and their revocation lists, which anyone may fetch. */
import { route, type Route } from './route.ts';

/** How many certificates a page of an authority's has unless told; the schema says the same. */
const pageSize = 1000;

export const authorityRoutes: readonly Route[] = [
  route({
    name: 'list-authorities',
    method: 'get',
    path: '/authorities',
    role: 'viewer',
    summary: 'Every private authority, with the dates of its certificates',
    response: 'authority-list',
    handle: async ({ authorities }) => ({ body: { authorities: await authorities.list() } }),
  }),
  route({
    name: 'create-authority',
    method: 'post',
    path: '/authorities',
    role: 'admin',
    summary: 'Make a private authority: a root, and an issuing certificate under it',
    request: 'authority-request',
    response: 'authority-view',
    status: 201,
    handle: async ({ authorities }, { caller, body }) => ({
      body: await authorities.create(caller.name, body),
      object: `/authorities/${body.name}`,
    }),
  }),
  route({
    name: 'show-authority',
    method: 'get',
    path: '/authorities/{authority}',
    role: 'viewer',
    summary: 'A private authority',
    response: 'authority-view',
    handle: async ({ authorities }, { parameters }) => ({ body: await authorities.show(parameters.authority) }),
  }),
  route({
    name: 'renew-authority',
    method: 'post',
    path: '/authorities/{authority}/renewals',
    role: 'admin',
    summary: 'Sign the issuing certificate anew, for the same key and under the same root',
    request: 'authority-renewal',
    response: 'authority-view',
    status: 201,
    handle: async ({ authorities }, { parameters, body }) => ({
      body: await authorities.renew(parameters.authority, body),
    }),
  }),
  route({
    name: 'download-authority-bundle',
    method: 'get',
    path: '/authorities/{authority}/bundle',
    role: 'viewer',
    summary: 'The root of a private authority, PEM: what others need to verify what it issued',
    response: 'file',
    media: 'application/pem-certificate-chain',
    handle: async ({ authorities, pki }, { parameters }) => ({
      body: await pki.bundle((await authorities.show(parameters.authority)).bundle),
    }),
  }),
  route({
    name: 'list-issued-certificates',
    method: 'get',
    path: '/authorities/{authority}/certificates',
    role: 'viewer',
    summary: 'What an authority issued, by serial number, and what of it was revoked',
    query: 'issued-query',
    response: 'issued-list',
    async handle({ authorities }, { parameters, query: { after, limit = pageSize } }) {
      const page = { ...(after === undefined ? {} : { after }), limit: limit + 1 };
      const found = await authorities.issued(parameters.authority, page);
      const certificates = found.slice(0, limit);
      const last = found.length > limit ? certificates.at(-1) : undefined;
      return { body: { certificates, ...(last ? { next: last.serial } : {}) } };
    },
  }),
  route({
    name: 'sign-certificate',
    method: 'post',
    path: '/authorities/{authority}/certificates',
    role: 'operator',
    summary: 'Sign a request that was made elsewhere; its key stays there',
    request: 'certificate-signing',
    response: 'signed-certificate',
    status: 201,
    async handle({ authorities }, { parameters: { authority }, body }) {
      const signed = await authorities.sign(authority, body);
      return { body: signed, object: `/authorities/${authority}/certificates/${signed.certificate.serial}` };
    },
  }),
  route({
    name: 'revoke-certificate',
    method: 'post',
    path: '/authorities/{authority}/certificates/{serial}/revocation',
    role: 'operator',
    summary: 'Take a certificate back; the next revocation list has it',
    request: 'revocation',
    response: 'issued-certificate',
    handle: async ({ authorities }, { parameters: { authority, serial }, body: { reason = 'unspecified' } }) => ({
      body: await authorities.revoke(authority, serial, reason),
    }),
  }),
  route({
    name: 'download-revocation-list',
    method: 'get',
    path: '/crl/{authority}.crl',
    atRoot: true,
    role: 'anyone',
    summary: 'The revocation list of an authority in DER (RFC 5280 5)',
    response: 'file',
    media: 'application/pkix-crl',
    handle: async ({ authorities }, { parameters }) => ({
      body: await authorities.crl(parameters.authority),
      // Not secret, and asked for by whatever verifies; five minutes keep a proxy from hiding a revocation for long.
      headers: { 'Cache-Control': 'public, max-age=300' },
    }),
  }),
];
