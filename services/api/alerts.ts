/** Alerts: what needs a person, who has seen it, and whether they arrive. */
import { route, type Route } from './route.ts';

export const alertRoutes: readonly Route[] = [
  route({
    name: 'list-alerts',
    method: 'get',
    path: '/alerts',
    role: 'viewer',
    summary: 'Every alert that is not over, the most urgent first',
    response: 'alert-list',
    async handle({ alerts }) {
      return { body: { alerts: await alerts.list() } };
    },
  }),
  route({
    name: 'acknowledge-alert',
    method: 'post',
    path: '/alerts/{alert}/acknowledgement',
    role: 'operator',
    summary: 'Nobody is told of it again until it comes to its next rung',
    response: 'alert-view',
    async handle({ alerts }, { caller, parameters }) {
      return { body: await alerts.acknowledge(parameters.alert, caller.name) };
    },
  }),
  route({
    name: 'silence-alert',
    method: 'post',
    path: '/alerts/{alert}/silence',
    role: 'operator',
    summary: 'Nobody is told of it until a time',
    request: 'silence-request',
    response: 'alert-view',
    async handle({ alerts }, { caller, parameters, body }) {
      return { body: await alerts.silence(parameters.alert, body.until, caller.name) };
    },
  }),
  route({
    name: 'test-alerts',
    method: 'post',
    path: '/alerts/test',
    role: 'operator',
    summary: 'Send a test notice to every recipient, and say how it went for each',
    response: 'alert-test',
    async handle({ alerts }, { signal }) {
      return { body: { recipients: await alerts.test(signal) } };
    },
  }),
];
