/** Checks that destinations can take effect: Postfix looks TLS policy up by next hop, not by recipient domain. */
import type { Finding } from '../../errors.ts';
import { pointer } from '../../schema/pointer.ts';
import type { PostfixFacts, Settings } from '../../schema/types.generated.ts';
import { checkCertificates } from './check-transports.ts';
import { checkDane } from './check-dane.ts';
import { parameter } from './endpoints.ts';
import { ownersMaps } from './transport-maps.ts';
import { trustNames } from './trust.ts';

export function checkDestinations(settings: Settings, postfix: PostfixFacts): readonly Finding[] {
  const { destinations, outbound } = settings;
  return [
    ...checkDefault(destinations),
    ...checkRows(destinations, postfix),
    ...checkDane(destinations, postfix),
    ...checkTrust(destinations, outbound),
    ...checkCertificates(settings, postfix),
  ];
}

function checkDefault(destinations: Settings['destinations']): readonly Finding[] {
  if (destinations['default']) return [];
  return [
    {
      pointer: '/destinations/default',
      detail:
        'there is no destination "default", so nothing says how mail for other domains is sent; set destinations/default',
    },
  ];
}

function checkRows(destinations: Settings['destinations'], postfix: PostfixFacts): readonly Finding[] {
  const obstacles = nextHopParameters(postfix);
  return Object.keys(destinations)
    .filter((domain) => domain !== 'default')
    .flatMap((domain) =>
      obstacles
        .filter(({ nextHop }) => nextHop !== domain)
        .map(({ name, value, nextHop }): Finding => ({
          pointer: pointer(['destinations', domain]),
          detail: `Postfix looks TLS policy up by next hop, and ${name} = ${value} on the machine decides that, so what is set for ${domain} ${nextHop === undefined ? 'does not apply where it sends mail elsewhere' : 'never applies'}; remove ${name} there, or set destinations/default instead`,
          // A map may leave this domain alone, as those of most gateways do; only the machine could tell.
          ...(nextHop === undefined ? { severity: 'warning' } : {}),
        })),
    );
}

export interface NextHopParameter {
  readonly name: string;
  readonly value: string;
  /** The next hop it gives every domain, where there is one. */
  readonly nextHop?: string;
}

/** The parameters that send mail elsewhere than to the recipient's domain (trivial-rewrite(8)). */
export function nextHopParameters(postfix: PostfixFacts): readonly NextHopParameter[] {
  const relayhost = parameter(postfix, 'relayhost');
  const [, , viaDefault] = /^([^:]*):(.*)$/.exec(parameter(postfix, 'default_transport')) ?? [];
  return [
    ...(relayhost === '' ? [] : [{ name: 'relayhost', value: relayhost, nextHop: relayhost.toLowerCase() }]),
    ...(viaDefault
      ? [{ name: 'default_transport', value: parameter(postfix, 'default_transport'), nextHop: viaDefault }]
      : []),
    // Mail that its own servers do not take, for want of TLS too, goes to the fallback relay, and TLS as that one's name has it.
    ...[
      'transport_maps',
      'sender_dependent_relayhost_maps',
      'sender_dependent_default_transport_maps',
      'smtp_fallback_relay',
    ]
      .map((name) => ({ name, value: ownersMaps(parameter(postfix, name)) }))
      .filter(({ value }) => value !== ''),
  ];
}

/** The levels that look at the list of authorities: TLSA records and fingerprints need none. */
function checkTrust(destinations: Settings['destinations'], outbound: Settings['outbound']): readonly Finding[] {
  if (trustNames(outbound).length > 0) return [];
  return Object.entries(destinations).flatMap(([domain, { tls }]): readonly Finding[] => {
    const at = pointer(['destinations', domain, 'tls']);
    const way = 'name a list in outbound/trust, or choose another level';
    if (tls === 'required-verify')
      return [{ pointer: at, detail: `${tls} verifies no server without a trust list, so mail would wait; ${way}` }];
    if (tls === 'preferred-verify')
      return [{ pointer: at, detail: `${tls} verifies no server without a trust list; ${way}`, severity: 'warning' }];
    return [];
  });
}
