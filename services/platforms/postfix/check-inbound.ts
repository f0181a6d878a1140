/** Checks that what sender groups and mail flow policies ask for comes about on one machine. */
import type { Finding } from '../../errors.ts';
import { networkIndex } from '../../schema/network.ts';
import { pointer } from '../../schema/pointer.ts';
import type { PostfixFacts, Settings } from '../../schema/types.generated.ts';
import type { GroupEntry } from '../sender-groups.ts';
import { parameter } from './endpoints.ts';
import { flowOf, type Flow } from './flow.ts';
import { ownerOfListener } from './inbound.ts';
import { inboundFaults } from './inbound-faults.ts';
import type { Owner } from './owner.ts';

export function checkInbound(settings: Settings, postfix: PostfixFacts): readonly Finding[] {
  const found = Object.keys(settings.listeners)
    .filter((name) => leadsSomewhere(name, settings))
    .flatMap((name) => {
      const flow = flowOf(name, settings);
      const owner = ownerOfListener(name, settings, postfix);
      const faults = inboundFaults(flow, owner, settings);
      return [...faults, ...checkNames(flow, postfix), ...checkOrder(flow), ...checkLogins(flow, owner, postfix)];
    });
  // A policy that several listeners use has its faults once.
  return [...new Map(found.map((one) => [`${one.pointer ?? ''} ${one.detail}`, one])).values()];
}

/** Names that lead nowhere are found by the configuration itself. */
function leadsSomewhere(name: string, settings: Settings): boolean {
  const listener = settings.listeners[name];
  const groups = Object.values(settings.senderGroups[name] ?? {});
  if (!listener || !Object.hasOwn(settings.interfaces, listener.interface)) return false;
  return [listener.policy, ...groups.map(({ policy }) => policy)].every((policy) =>
    Object.hasOwn(settings.mailFlowPolicies, policy),
  );
}

function checkNames({ listener, entries }: Flow, postfix: PostfixFacts): readonly Finding[] {
  const groups = new Set(
    entries.filter(({ entry }) => ['host', 'domain'].includes(entry.sender.kind)).map(({ entry }) => entry.group),
  );
  if (groups.size === 0 || parameter(postfix, 'smtpd_peername_lookup', 'yes') !== 'no') return [];
  return [...groups].map((group) => ({
    pointer: pointer(['senderGroups', listener, group, 'senders']),
    severity: 'warning' as const,
    detail: `smtpd_peername_lookup = no on the machine leaves every client without a name, so the names in sender group ${group} never match; remove it there, or list addresses`,
  }));
}

/** Passwords that may go over the net in clear where no policy says whether they may. */
function checkLogins({ listener, policies, level }: Flow, owner: Owner, postfix: PostfixFacts): readonly Finding[] {
  // Read line by line only where it is spoken of at all.
  const isSpokenOf = [postfix.mainCf, postfix.masterCf].some((text) => /^[^#\n]*smtpd_sasl_auth_enable/m.test(text));
  const isSaid = [...policies.values()].some(({ tlsBeforeAuth }) => tlsBeforeAuth !== undefined);
  if (!isSpokenOf || isSaid || level === 'encrypt') return [];
  if (!owner.values('smtpd_sasl_auth_enable').includes('yes')) return [];
  if (owner.values('smtpd_tls_auth_only').every((value) => value === 'yes')) return [];
  return [
    {
      pointer: pointer(['listeners', listener, 'policy']),
      severity: 'warning',
      detail: `listener ${listener} lets clients log in without TLS, as smtpd_tls_auth_only is not set on the machine; set tlsBeforeAuth of its mail flow policy to true, or to false where that is meant`,
    },
  ];
}

/** Addresses that never come to their group, as another group with another policy has them first; the first of each group. */
function checkOrder({ listener, entries }: Flow): readonly Finding[] {
  const earlier = networkIndex<GroupEntry>();
  const told = new Map<string, Finding>();
  for (const { entry } of entries) {
    if (entry.sender.kind !== 'network') continue;
    const first = earlier.holding(entry.sender.network);
    if (first === undefined) earlier.add(entry.sender.network, entry);
    else if (first.policy !== entry.policy && !told.has(entry.group)) {
      told.set(entry.group, {
        pointer: pointer(['senderGroups', listener, entry.group, 'senders']),
        severity: 'warning',
        detail: `${entry.text} in sender group ${entry.group} never matches, as ${first.group} has ${first.text} and comes first; give ${entry.group} a smaller order than ${first.group}, or take it out`,
      });
    }
  }
  return [...told.values()];
}
