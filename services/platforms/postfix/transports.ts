/**
 * Destinations with a client certificate of their own. Postfix has no policy for it, so each such certificate gets a delivery service, a
 * smtp(8) like the machine's own, and a table leads the domains there (transport(5)).
 */
import type { PostfixTransport, Settings } from '../../schema/types.generated.ts';
import { currentPath } from '../platform.ts';
import { certificatePath } from './certificates.ts';

export const transportPath = 'postfix/transport';

/** The domains whose servers are shown another certificate than the one of all others, by the name of the certificate. */
export function certificateDomains({ destinations, outbound }: Settings): ReadonlyMap<string, readonly string[]> {
  const domains = new Map<string, string[]>();
  for (const [domain, { certificate }] of Object.entries(destinations)) {
    if (certificate === undefined || certificate === outbound.certificate || domain === 'default') continue;
    domains.set(certificate, [...(domains.get(certificate) ?? []), domain]);
  }
  return new Map([...domains].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function transportName(certificate: string): string {
  return `signet-${certificate}`;
}

/** The delivery services, by name. */
export function transports(settings: Settings): readonly PostfixTransport[] {
  return [...certificateDomains(settings).keys()].map((certificate) => ({
    name: transportName(certificate),
    options: { smtp_tls_chain_files: currentPath(certificatePath(certificate)) },
  }));
}

/** The texthash table that leads to them. Without a host behind the colon, the next hop stays the domain (transport(5)). */
export function transportTable(settings: Settings): string {
  const rows = [...certificateDomains(settings)]
    .flatMap(([certificate, domains]) => domains.map((domain) => `${domain} ${transportName(certificate)}:\n`))
    .sort();
  return `# Domains with a client certificate of their own (transport(5)), written by Signet.\n${rows.join('')}`;
}
