/** What mail flow policies and sender groups ask for and Postfix cannot do, or not on this machine: said in words, never done otherwise. */
import type { Finding } from '../../errors.ts';
import { pointer } from '../../schema/pointer.ts';
import type { MailFlowPolicy, Settings } from '../../schema/types.generated.ts';
import { checksOf } from './client-checks.ts';
import { isWithheldFromSome, type Flow } from './flow.ts';
import type { Owner } from './owner.ts';
import { discardKeywords, discardMaps } from './starttls.ts';

/** The faults of one listener; the names in its settings lead somewhere. */
export function inboundFaults(flow: Flow, owner: Owner, { listeners }: Settings): readonly Finding[] {
  const isImplicit = listeners[flow.listener]?.tls === 'implicit';
  const found = [
    ...[...flow.policies].flatMap(([name, policy]) => policyFaults(name, policy)),
    ...(isImplicit ? offFaults(flow) : nameFaults(flow)),
    ...disagreements(flow),
  ];
  return found.length > 0 ? found : ownerFaults(flow, owner);
}

function policyFaults(name: string, { tls, clientCertificate, trust }: MailFlowPolicy): readonly Finding[] {
  if (clientCertificate === 'ignore') return [];
  const at = (field: string) => pointer(['mailFlowPolicies', name, field]);
  if (tls === 'off') {
    return [
      {
        pointer: at('clientCertificate'),
        detail: `policy ${name} turns TLS off, and without TLS no client can show a certificate; set tls to preferred or required, or clientCertificate to ignore`,
      },
    ];
  }
  return [
    ...(clientCertificate === 'require' && tls !== 'required'
      ? [
          {
            pointer: at('clientCertificate'),
            detail: `policy ${name} requires a client certificate but not TLS, so a client could do without both; set tls to required, or clientCertificate to ask`,
          },
        ]
      : []),
    ...(trust.length === 0
      ? [
          {
            pointer: at('trust'),
            detail: `policy ${name} looks at client certificates, and without a trust list none would verify; name a list in mailFlowPolicies/${name}/trust`,
          },
        ]
      : []),
  ];
}

/** Groups that turn TLS off on a listener that starts with it; its own policy is looked at with the listener. */
function offFaults({ listener, entries }: Flow): readonly Finding[] {
  const groups = new Map(entries.filter(({ policy }) => policy.tls === 'off').map(({ entry }) => [entry.group, entry]));
  return [...groups.values()].map(({ group, policy }) => ({
    pointer: pointer(['senderGroups', listener, group, 'policy']),
    detail: `listener ${listener} starts TLS at once, but policy ${policy} of its sender group ${group} turns TLS off; choose another policy, or set listeners/${listener}/tls to starttls`,
  }));
}

/**
 * STARTTLS is offered before a client is more than an address to Postfix. A sender that goes by name is fine as long as clients
 * of every policy that could come after it, whatever their address, are offered STARTTLS as it is.
 */
function nameFaults(flow: Flow): readonly Finding[] {
  if (!isWithheldFromSome(flow)) return [];
  const { listener, entries, fallback } = flow;
  const told = new Set<string>();
  return entries.flatMap(({ entry, policy }, index): readonly Finding[] => {
    if (entry.sender.kind === 'network' || told.has(entry.group)) return [];
    const isOff = policy.tls === 'off';
    const later = entries
      .slice(index + 1)
      .find((one) => one.entry.sender.kind === 'network' && (one.policy.tls === 'off') !== isOff);
    if (!later && (fallback.tls === 'off') === isOff) return [];
    told.add(entry.group);
    const other = later ? `sender group ${later.entry.group}` : `the listener's own policy`;
    const at = (field: string) => pointer(['senderGroups', listener, entry.group, field]);
    if (isOff) {
      return [
        {
          pointer: at('policy'),
          detail: `sender group ${entry.group} turns TLS off for ${entry.text}, but Postfix withholds STARTTLS by address, before it asks who a client is, and ${other} offers it; list the addresses of these clients instead`,
        },
      ];
    }
    const way = later ? `, or give ${entry.group} a larger order than ${later.entry.group}` : '';
    return [
      {
        pointer: at(later ? 'order' : 'policy'),
        detail: `sender group ${entry.group} offers TLS to ${entry.text}, but Postfix withholds STARTTLS by address, before it asks who a client is, and ${other} turns TLS off; list the addresses of these clients instead${way}`,
      },
    ];
  });
}

/** What Postfix has once for all clients of a service. */
function disagreements({ listener, policies }: Flow): readonly Finding[] {
  const asking = [...policies].filter(
    ([, { tls, clientCertificate }]) => tls !== 'off' && clientCertificate !== 'ignore',
  );
  const logging = [...policies].filter(([, { tlsBeforeAuth }]) => tlsBeforeAuth !== undefined);
  return [
    ...differing(asking, ({ trust }) => [...trust].sort().join(' ')).map(([one, other]) => ({
      pointer: pointer(['mailFlowPolicies', other, 'trust']),
      detail: `policies ${one} and ${other} check client certificates of listener ${listener} against different trust lists, and Postfix has one for all clients of a listener; give both the same, or use listeners of their own`,
    })),
    ...differing(logging, ({ tlsBeforeAuth }) => String(tlsBeforeAuth)).map(([one, other]) => ({
      pointer: pointer(['mailFlowPolicies', other, 'tlsBeforeAuth']),
      detail: `policies ${one} and ${other} differ in tlsBeforeAuth, which Postfix has once for all clients of listener ${listener}; give both the same, or use listeners of their own`,
    })),
  ];
}

function differing(
  policies: readonly (readonly [string, MailFlowPolicy])[],
  said: (policy: MailFlowPolicy) => string,
): readonly (readonly [string, string])[] {
  const [first, ...rest] = policies;
  if (!first) return [];
  return rest.filter(([, policy]) => said(policy) !== said(first[1])).map(([name]) => [first[0], name] as const);
}

function ownerFaults(flow: Flow, owner: Owner): readonly Finding[] {
  const { listener } = flow;
  const at = flow.entries.length > 0 ? pointer(['senderGroups', listener]) : pointer(['listeners', listener, 'policy']);
  const checks = checksOf(flow, owner);
  return [
    ...(checks.kind === 'impossible'
      ? [{ pointer: at, detail: `listener ${listener} cannot tell its clients apart: ${checks.reason}` }]
      : []),
    ...(isWithheldFromSome(flow)
      ? [discardMaps, discardKeywords]
          .filter((name) => owner.values(name).length > 1)
          .map((name) => ({
            pointer: at,
            detail: `STARTTLS is withheld by ${name}, which master.cf sets differently on the lines of listener ${listener}; make it the same on the machine`,
          }))
      : []),
  ];
}
