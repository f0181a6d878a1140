/** Checks listeners against each other, against the machine's addresses and against what its master.cf runs already. */
import type { Finding } from '../../errors.ts';
import { pointer } from '../../schema/pointer.ts';
import type { Facts, Listener, PostfixFacts, Settings } from '../../schema/types.generated.ts';
import { canonicalAddress, isService, isWildcard, listenerEndpoints, overlap, type Endpoint } from './endpoints.ts';
import { carriesOptions, inetServices, type Inet } from './master-cf.ts';

interface Placed {
  readonly name: string;
  readonly listener: Listener;
  readonly address: string;
  readonly endpoints: readonly Endpoint[];
}

export function checkListeners(settings: Settings, facts: Facts, postfix: PostfixFacts): readonly Finding[] {
  const placed = place(settings, postfix);
  return [
    ...placed.flatMap((one) => checkPolicy(one, settings)),
    ...placed.flatMap(({ listener, address }) => checkAddress(listener.interface, address, facts)),
    ...placed.flatMap((one, index) => checkPair(one, placed.slice(0, index))),
    ...placed.flatMap((one) => checkServices(one, placed, postfix)),
  ];
}

/** An interface's address that the machine does not have: Postfix could not bind it. */
export function checkAddress(name: string, address: string, { addresses }: Facts): readonly Finding[] {
  const canonical = canonicalAddress(address);
  const always = address === 'all' || isWildcard(address) || /^(127\.|::1$|fe80:)/.test(canonical);
  if (always || addresses.some((one) => canonicalAddress(one) === canonical)) return [];
  return [
    {
      pointer: pointer(['interfaces', name, 'address']),
      detail: `the machine does not have the address ${address}, only ${addresses.join(', ') || 'loopback'}; set interfaces/${name}/address for this machine`,
    },
  ];
}

function place({ listeners, interfaces }: Settings, postfix: PostfixFacts): readonly Placed[] {
  return Object.entries(listeners).flatMap(([name, listener]) => {
    const address = interfaces[listener.interface]?.address;
    if (address === undefined) return [];
    return [{ name, listener, address, endpoints: listenerEndpoints(address, listener.port, postfix) }];
  });
}

function checkPolicy({ name, listener }: Placed, { mailFlowPolicies }: Settings): readonly Finding[] {
  if (listener.tls !== 'implicit' || mailFlowPolicies[listener.policy]?.tls !== 'off') return [];
  return [
    {
      pointer: pointer(['listeners', name, 'policy']),
      detail: `listener ${name} starts TLS at once, but its policy ${listener.policy} turns TLS off; choose another policy, or set listeners/${name}/tls to starttls`,
    },
  ];
}

function checkPair(one: Placed, earlier: readonly Placed[]): readonly Finding[] {
  return earlier
    .filter((other) => overlap(one.endpoints, other.endpoints))
    .map((other) => ({
      pointer: pointer(['listeners', one.name, 'port']),
      detail: `listeners ${other.name} and ${one.name} would both listen on port ${one.listener.port} of ${one.address === 'all' ? other.address : one.address}; give one of them another port or interface`,
    }));
}

function checkServices(one: Placed, placed: readonly Placed[], postfix: PostfixFacts): readonly Finding[] {
  return inetServices(postfix.masterCf, postfix)
    .filter((inet) => overlap(inet.endpoints, one.endpoints))
    .flatMap((inet) => checkService(one, inet, placed));
}

function checkService(one: Placed, inet: Inet, placed: readonly Placed[]): readonly Finding[] {
  const { name, listener } = one;
  const { entry, endpoints } = inet;
  const where = { pointer: pointer(['listeners', name, 'port']) };
  const line = `"${entry.name} inet ... ${entry.command}"`;
  if (entry.command === 'postscreen') {
    return [
      {
        ...where,
        detail: `port ${listener.port} of listener ${name} is behind postscreen, which does TLS for all ports alike (${line} in master.cf), so the listener could not show its own certificate; put "${entry.name} inet n - y - - smtpd" in place of that line on the machine, or give the listener another port`,
      },
    ];
  }
  if (isService(endpoints, one.endpoints)) {
    if (entry.command === 'smtpd') return [];
    return [
      {
        ...where,
        detail: `port ${listener.port} of listener ${name} is in use by ${line} in master.cf, which is no SMTP server; remove that line on the machine, or give the listener another port`,
      },
    ];
  }
  // It gives way to what replaces it, or stands for another listener, and that pair is reported already.
  if (carriesOptions(inet) || placed.some((other) => isService(endpoints, other.endpoints))) return [];
  return [
    {
      ...where,
      detail: `listener ${name} on ${one.address}, port ${listener.port}, would clash with ${line} in master.cf, which is not Signet's; ${remedy(one, inet)}`,
    },
  ];
}

function remedy({ listener, address }: Placed, { entry }: Inet): string {
  const change = `change or remove that line on the machine, or give the listener another port`;
  const takesAll = !entry.name.includes(':') && address !== 'all';
  return takesAll ? `set interfaces/${listener.interface}/address to all, which takes it over, or ${change}` : change;
}
