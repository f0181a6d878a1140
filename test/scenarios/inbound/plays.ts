/** What is played: listeners that tell their clients apart in every way there is, and who comes to each. */
import type { MailFlowPolicy, Operation, SenderGroup } from '../../../services/schema/types.generated.ts';

export interface Play {
  readonly listener: string;
  readonly port: number;
  readonly start: 'starttls' | 'implicit';
  /** The last number of the client's address; in the lab, those up to 110 have names. */
  readonly client: number;
  /** The policy it must get, and the sender group that gives it. */
  readonly policy: string;
  readonly group?: string;
}

const trust = ['partners'];

export const policies: Readonly<Record<string, Partial<MailFlowPolicy>>> = {
  off: { tls: 'off' },
  preferred: { tls: 'preferred' },
  required: { tls: 'required' },
  asked: { tls: 'preferred', clientCertificate: 'ask', trust },
  'required-asked': { tls: 'required', clientCertificate: 'ask', trust },
  certified: { tls: 'required', clientCertificate: 'require', trust },
};

const names = Object.keys(policies);

/** One policy for everyone, in each of them. */
const uniform: readonly Play[] = names.map((policy, index) => ({
  listener: `all-${policy}`,
  port: 2501 + index,
  start: 'starttls',
  client: 20,
  policy,
}));

const implicit: readonly Play[] = ['preferred', 'asked', 'certified'].map((policy, index) => ({
  listener: `implicit-${policy}`,
  port: 2521 + index,
  start: 'implicit',
  client: 20,
  policy,
}));

/** All policies on one listener, by address: the last one stands for the network all of them are in. */
const byAddress: readonly Play[] = [
  ...names.map((policy, index) => onListener('by-address', 2531, 30 + index, policy, `g-${policy}`)),
  onListener('by-address', 2531, 39, 'required', 'net'),
  onListener('by-address', 2531, 200, 'preferred'),
];

/** Host names, a domain, and clients that have no name. */
const byName: readonly Play[] = [
  ...names.slice(1).map((policy, index) => onListener('by-name', 2532, 40 + index, policy, `g-${policy}`)),
  onListener('by-name', 2532, 50, 'required-asked', 'domain'),
  onListener('by-name', 2532, 200, 'certified', 'nameless'),
];

/** A listener without TLS, but for some. */
const offButSome: readonly Play[] = [
  onListener('off-but', 2533, 60, 'required', 'some'),
  onListener('off-but', 2533, 61, 'off', 'not'),
  onListener('off-but', 2533, 62, 'certified', 'known'),
  onListener('off-but', 2533, 63, 'off'),
];

/** Addresses and names in one order: who is in both gets what comes first. */
const mixed: readonly Play[] = [
  onListener('mixed', 2534, 70, 'preferred', 'first'),
  onListener('mixed', 2534, 71, 'certified', 'second'),
  onListener('mixed', 2534, 72, 'required', 'third'),
  onListener('mixed', 2534, 200, 'certified', 'last'),
  onListener('mixed', 2534, 73, 'preferred'),
];

/** A service of the owner's, who uses all restriction lists there. */
const shared: readonly Play[] = [
  onListener('shared', 2526, 80, 'required', 'strict'),
  onListener('shared', 2526, 82, 'required', 'strict'),
  onListener('shared', 2526, 83, 'preferred'),
];

/** Also a service of the owner's, where restrictions are looked at as soon as they can be. */
const early: readonly Play[] = [
  onListener('early', 2527, 84, 'required', 'strict'),
  onListener('early', 2527, 85, 'preferred'),
];

export const kinds: readonly { readonly name: string; readonly plays: readonly Play[]; readonly inGate: boolean }[] = [
  { name: 'one policy for all clients', plays: uniform, inGate: true },
  { name: 'one policy for all clients, implicit TLS', plays: implicit, inGate: false },
  { name: 'policies by address', plays: byAddress, inGate: true },
  { name: 'policies by name', plays: byName, inGate: false },
  { name: 'TLS for some only', plays: offButSome, inGate: true },
  { name: 'policies by address and name in one order', plays: mixed, inGate: false },
  { name: 'policies where the owner uses every restriction list', plays: shared, inGate: true },
  { name: 'policies where the owner does not delay refusals', plays: early, inGate: true },
];

/** `net` is what the addresses of the lab begin with, `198.18.0`; `hostname` the name that a last number has there. */
export function operations(net: string, hostname: (client: number) => string): readonly Operation[] {
  const set = (path: string, value: unknown): Operation => ({ op: 'set', level: 'cluster', path, value });
  const listener = (port: number, policy: string, start: 'starttls' | 'implicit' = 'starttls') => ({
    ...{ interface: 'main', port, policy, tls: start },
  });
  const address = (client: number) => `${net}.${client}`;
  const group = (order: number, policy: string, ...senders: readonly string[]): SenderGroup => ({
    order,
    senders,
    policy,
  });
  const groupsOf = (plays: readonly Play[], sender: (client: number) => string) =>
    Object.fromEntries(
      plays
        .filter((play) => play.group === `g-${play.policy}`)
        .map((play, index) => [`g-${play.policy}`, group(index, play.policy, sender(play.client))]),
    );
  return [
    set('/mailFlowPolicies', policies),
    set('/listeners', {
      ...Object.fromEntries(
        [...uniform, ...implicit].map((one) => [one.listener, listener(one.port, one.policy, one.start)]),
      ),
      'by-address': listener(2531, 'preferred'),
      'by-name': listener(2532, 'preferred'),
      'off-but': listener(2533, 'off'),
      mixed: listener(2534, 'preferred'),
      shared: listener(2526, 'preferred'),
      early: listener(2527, 'preferred'),
    }),
    set('/senderGroups', {
      'by-address': {
        ...groupsOf(byAddress, address),
        net: group(50, 'required', `${net}.32/28`),
        six: group(60, 'off', '2001:db8:6::/48'),
      },
      'by-name': {
        ...groupsOf(byName, hostname),
        domain: group(50, 'required-asked', hostname(50).replace(/^[^.]*/, '')),
        nameless: group(0, 'certified', 'unknown'),
      },
      'off-but': {
        some: group(3, 'required', `${net}.60/31`),
        not: group(1, 'off', address(61)),
        known: group(2, 'certified', address(62)),
      },
      mixed: {
        first: group(1, 'preferred', address(70)),
        second: group(2, 'certified', hostname(70), hostname(71)),
        third: group(3, 'required', address(71), address(72)),
        last: group(0, 'certified', 'unknown'),
      },
      shared: { strict: group(1, 'required', address(80), hostname(82)) },
      early: { strict: group(1, 'required', address(84)) },
    }),
  ];
}

function onListener(listener: string, port: number, client: number, policy: string, group?: string): Play {
  return { listener, port, start: 'starttls', client, policy, ...(group === undefined ? {} : { group }) };
}
