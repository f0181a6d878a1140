/** What peers of one machine will mind about the certificates that its settings serve there. */
import type { Finding } from '../errors.ts';
import { isDemonstration } from '../pki/demonstration.ts';
import { isFor } from '../pki/lint/names.ts';
import { finding } from '../pki/lint/rules.ts';
import { pointer } from '../schema/pointer.ts';
import type { Listener, Settings } from '../schema/types.generated.ts';
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
    return [
      ...namesOf(settings, listener)
        .filter(([name]) => !isFor(facts.names, name))
        .map(([name, what]) =>
          finding(
            'name-mismatch',
            `the certificate "${listener.certificate}" is for ${listed(facts.names)}, not for ${name}, ${what} of the interface "${listener.interface}"; peers that verify refuse it, so ask for one with that name`,
            at,
          ),
        ),
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

/** What peers compare with (RFC 9525), and what it is. MX records lead the world to public listeners only. */
function namesOf(settings: Settings, { interface: name, role }: Listener): readonly (readonly [string, string])[] {
  const used = settings.interfaces[name];
  if (!used) return [];
  const mxNames = role === 'public' ? (used.mxNames ?? []).filter((mx) => mx !== used.hostname) : [];
  return [[used.hostname, 'the host name'], ...mxNames.map((mx) => [mx, 'an MX name'] as const)];
}

const named = 3;

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'no name';
  const more = names.length > named ? ` and ${names.length - named} more` : '';
  return names.slice(0, named).join(', ') + more;
}
