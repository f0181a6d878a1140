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
    async handle({ audit }, { query: { before, limit = 100 } }) {
      return { body: { entries: [...(await audit.page({ limit, ...(before === undefined ? {} : { before }) }))] } };
    },
  }),
  route({
    name: 'verify-audit-trail',
    method: 'get',
    path: '/audit/verification',
    role: 'operator',
    summary: 'Whether the audit trail is as it was written',
    query: 'audit-verification-query',
    response: 'audit-verification',
    async handle({ audit }, { query: { noted } }) {
      const [number = '', digest = ''] = noted?.split(':') ?? [];
      return { body: await audit.verify(noted === undefined ? undefined : { number: Number(number), digest }) };
    },
  }),
];
