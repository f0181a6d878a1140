/** Checks that what sender groups and mail flow policies ask for comes about on one machine. */
import type { Finding } from '../../errors.ts';
import { pointer } from '../../schema/pointer.ts';
import type { PostfixFacts, Settings } from '../../schema/types.generated.ts';
import { parameter } from './endpoints.ts';
import { flowOf } from './flow.ts';
import { ownerOfListener } from './inbound.ts';
import { inboundFaults } from './inbound-faults.ts';

export function checkInbound(settings: Settings, postfix: PostfixFacts): readonly Finding[] {
  const found = Object.keys(settings.listeners)
    .filter((name) => leadsSomewhere(name, settings))
    .flatMap((name) => [
      ...inboundFaults(flowOf(name, settings), ownerOfListener(name, settings, postfix), settings),
      ...checkNames(name, settings, postfix),
    ]);
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

function checkNames(name: string, settings: Settings, postfix: PostfixFacts): readonly Finding[] {
  if (parameter(postfix, 'smtpd_peername_lookup', 'yes') !== 'no') return [];
  const { entries } = flowOf(name, settings);
  const groups = new Set(
    entries.filter(({ entry }) => ['host', 'domain'].includes(entry.sender.kind)).map(({ entry }) => entry.group),
  );
  return [...groups].map((group) => ({
    pointer: pointer(['senderGroups', name, group, 'senders']),
    severity: 'warning' as const,
    detail: `smtpd_peername_lookup = no on the machine leaves every client without a name, so the names in sender group ${group} never match; remove it there, or list addresses`,
  }));
}
