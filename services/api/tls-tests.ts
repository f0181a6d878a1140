/** TLS tests: what would become of mail for a domain, from each machine, now. */
import { route, type Route } from './route.ts';

export const tlsTestRoutes: readonly Route[] = [
  route({
    name: 'test-tls',
    method: 'post',
    path: '/tls-tests',
    // As for probes: connections are made that who asks may not make.
    role: 'operator',
    summary: 'Which destination applies to a domain on each machine, and whether its servers would be sent mail',
    request: 'tls-test-request',
    response: 'tls-test-report',
    async handle({ tlsTests }, { body, signal }) {
      return { body: await tlsTests.test(body, signal), object: `/tls-tests ${body.domain}` };
    },
  }),
];
