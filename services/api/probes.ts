/** Probes: how the listeners of machines, a server or the servers of a domain stand, seen from outside, now. */
import type { ProbeRequest } from '../schema/types.generated.ts';
import { route, type Route } from './route.ts';

export const probeRoutes: readonly Route[] = [
  route({
    name: 'probe',
    method: 'post',
    path: '/probes',
    // Not for viewers: the controller and its gateways reach what those who ask may not.
    role: 'operator',
    summary: 'Look at listeners, a server or the servers of a domain, and say how each step of TLS goes',
    request: 'probe-request',
    response: 'probe-report',
    async handle({ probes }, { body, signal }) {
      return { body: await probes.probe(body, signal), object: objectOf(body) };
    },
  }),
];

/** What was looked at, for the audit trail. */
function objectOf({ domain, host, port, machines, from }: ProbeRequest): string {
  const what = domain ?? (host === undefined ? undefined : `${host}${port === undefined ? '' : ` port ${port}`}`);
  return `/probes ${what ?? machines?.slice(0, 5).join(', ') ?? 'all machines'}${from === undefined ? '' : ` from ${from}`}`;
}
