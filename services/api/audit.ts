/** Who changed what. */
import { route, type Route } from './route.ts';

export const auditRoutes: readonly Route[] = [
  route({
    name: 'list-audit-entries',
    method: 'get',
    path: '/audit',
    role: 'viewer',
    summary: 'The audit trail, newest first',
    query: 'audit-query',
    response: 'audit-list',
    async handle({ service }, { query: { before, limit = 100 } }) {
      return { body: { entries: await service.audit({ limit, ...(before === undefined ? {} : { before }) }) } };
    },
  }),
];
