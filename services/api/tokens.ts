/** Bearer tokens: made, listed and revoked by administrators. */
import { route, type Route } from './route.ts';

export const tokenRoutes: readonly Route[] = [
  route({
    name: 'list-tokens',
    method: 'get',
    path: '/tokens',
    role: 'admin',
    summary: 'Every token, without its secret',
    response: 'token-list',
    async handle({ service }) {
      return { body: { tokens: await service.tokens() } };
    },
  }),
  route({
    name: 'create-token',
    method: 'post',
    path: '/tokens',
    role: 'admin',
    summary: 'Make a token; its secret is in this answer and nowhere else',
    request: 'token-request',
    response: 'token-created',
    status: 201,
    async handle({ service }, { body }) {
      const created = await service.createToken(body);
      return { body: created, object: `/tokens/${created.id} (${created.name}, ${created.role})` };
    },
  }),
  route({
    name: 'revoke-token',
    method: 'delete',
    path: '/tokens/{token}',
    role: 'admin',
    summary: 'Revoke a token; from then on it opens nothing',
    response: 'nothing',
    async handle({ service }, { parameters }) {
      await service.revokeToken(parameters.token);
      return { body: undefined };
    },
  }),
];
