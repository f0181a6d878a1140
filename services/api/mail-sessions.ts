/** Mail sessions: what the mail logs of the gateways say of TLS. */
import { route, type Route } from './route.ts';

export const mailSessionRoutes: readonly Route[] = [
  route({
    name: 'list-mail-sessions',
    method: 'get',
    path: '/mail-sessions',
    role: 'viewer',
    summary: 'What left and came in, over TLS, in clear or not for want of TLS, the newest first',
    query: 'mail-session-query',
    response: 'mail-session-list',
    async handle({ sessions }, { query }) {
      return { body: await sessions.list(query) };
    },
  }),
  route({
    name: 'count-mail-sessions',
    method: 'get',
    path: '/mail-sessions/counts',
    role: 'viewer',
    summary: 'How much went to each destination and came from each client, and with what result, the largest first',
    query: 'session-count-query',
    response: 'session-count-list',
    async handle({ sessions }, { query }) {
      return { body: await sessions.counts(query) };
    },
  }),
  route({
    name: 'read-mail-logs',
    method: 'post',
    path: '/mail-sessions/readings',
    role: 'operator',
    summary: 'Read the mail logs now, from where they were read last',
    request: 'log-reading-request',
    response: 'log-reading-list',
    async handle({ sessions }, { body: { machine }, signal }) {
      return { body: { readings: await sessions.collect(machine, signal) }, onlyChecked: true };
    },
  }),
];
