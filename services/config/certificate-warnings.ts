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
  const served = serving(settings).flatMap(({ at, certificate, by, interface: name, names }) => {
    const facts = factsOf(certificate);
    if (!facts) return [];
    return [
      ...names
        .filter(([name]) => !isFor(facts.names, name))
        .map(([wanted, what]) =>
          finding(
            'name-mismatch',
            `the certificate "${certificate}" is for ${listed(facts.names)}, not for ${wanted}, ${what} of the interface "${name}"; peers that verify refuse it, so ask for one with that name`,
            at,
          ),
        ),
      ...(facts.purposes.includes('server')
        ? []
        : [
            finding(
              'no-server-auth',
              `the certificate "${certificate}" is not for servers (serverAuth), and ${by} serves it; peers that verify refuse it`,
              at,
            ),
          ]),
    ];
  });
  const shown = showing(settings).flatMap(({ at, certificate }) => {
    const facts = factsOf(certificate);
    if (!facts || facts.purposes.includes('client')) return [];
    return [
      finding(
        'no-client-auth',
        `the certificate "${certificate}" is not for clients (clientAuth), and servers that ask are shown it; those that verify refuse it, so use one of a private authority`,
        at,
      ),
    ];
  });
  return [...served, ...shown];
}

/** A certificate where it is served: by a listener, or by nginx on an interface. */
interface Serving {
  readonly at: string;
  readonly certificate: string;
  readonly by: string;
  readonly interface: string;
  /** What peers compare with (RFC 9525), and what it is. */
  readonly names: readonly (readonly [name: string, what: string])[];
}

function serving(settings: Settings): readonly Serving[] {
  return [
    ...Object.entries(settings.listeners).map(([name, listener]) => ({
      at: pointer(['listeners', name, 'certificate']),
      certificate: listener.certificate,
      by: 'a listener',
      interface: listener.interface,
      names: namesOf(settings, listener),
    })),
    ...Object.entries(settings.interfaces).flatMap(([name, { hostname, https }]) =>
      https
        ? [
            {
              at: pointer(['interfaces', name, 'https', 'certificate']),
              certificate: https.certificate,
              by: 'nginx',
              interface: name,
              names: [[hostname, 'the host name'] as const],
            },
          ]
        : [],
    ),
  ];
}

/** Where a certificate is shown to servers. What a service does with its own is not known. */
function showing({
  outbound,
  destinations,
  urlFiltering,
  ldap,
}: Settings): readonly { readonly at: string; readonly certificate: string }[] {
  return [
    { at: ['outbound'], ...outbound },
    { at: ['urlFiltering'], ...urlFiltering },
    ...Object.entries(destinations).map(([domain, destination]) => ({ at: ['destinations', domain], ...destination })),
    ...Object.entries(ldap).map(([name, lookup]) => ({ at: ['ldap', name], ...lookup })),
  ].flatMap(({ at, certificate }) =>
    certificate === undefined ? [] : [{ at: pointer([...at, 'certificate']), certificate }],
  );
}

/** MX records lead the world to public listeners only. */
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
