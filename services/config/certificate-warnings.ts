/** What peers of one machine will mind about the certificates that its settings serve there. */
import type { Finding } from '../errors.ts';
import { isDemonstration } from '../pki/demonstration.ts';
import { isFor } from '../pki/lint/names.ts';
import { finding } from '../pki/lint/rules.ts';
import { pointer } from '../schema/pointer.ts';
import type { Settings } from '../schema/types.generated.ts';
import type { Chains } from './bindings.ts';

/**
 * Warnings, each with the setting that names the certificate. Only chains in `chains` are looked at, and never the
 * demonstration certificate, of which everything is known to be wrong.
 */
export function certificateWarnings(settings: Settings, chains: Chains): readonly Finding[] {
  const factsOf = (name: string | undefined) => {
    const facts = name === undefined ? undefined : chains.get(settings.certificates[name]?.chain ?? '');
    return facts === undefined || isDemonstration(facts) ? undefined : facts;
  };
  const served = Object.entries(settings.listeners).flatMap(([name, listener]) => {
    const facts = factsOf(listener.certificate);
    if (!facts) return [];
    const at = pointer(['listeners', name, 'certificate']);
    const hostname = settings.interfaces[listener.interface]?.hostname;
    return [
      ...(hostname === undefined || isFor(facts.names, hostname)
        ? []
        : [
            finding(
              'name-mismatch',
              `the certificate "${listener.certificate}" is for ${listed(facts.names)}, not for ${hostname}, the host name of the interface "${listener.interface}"; peers that verify refuse it, so ask for one with that name`,
              at,
            ),
          ]),
      ...(facts.purposes.includes('server')
        ? []
        : [
            finding(
              'no-server-auth',
              `the certificate "${listener.certificate}" is not for servers (serverAuth), and a listener serves it; peers that verify refuse it`,
              at,
            ),
          ]),
    ];
  });
  const shown = settings.outbound.certificate;
  const facts = factsOf(shown);
  if (shown === undefined || !facts || facts.purposes.includes('client')) return served;
  return [
    ...served,
    finding(
      'no-client-auth',
      `the certificate "${shown}" is not for clients (clientAuth), and servers that ask are shown it; those that verify refuse it, so use one of a private authority`,
      pointer(['outbound', 'certificate']),
    ),
  ];
}

const named = 3;

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'no name';
  const more = names.length > named ? ` and ${names.length - named} more` : '';
  return names.slice(0, named).join(', ') + more;
}
