/** What the clients of one listener get: mail flow policies in the order in which sender groups hand them out. */
import type { MailFlowPolicy, Settings } from '../../schema/types.generated.ts';
import { orderedEntries, type GroupEntry } from '../sender-groups.ts';
import { named } from '../reference.ts';

export interface Flow {
  readonly listener: string;
  /** In the order in which a client is held against them. */
  readonly entries: readonly { readonly entry: GroupEntry; readonly policy: MailFlowPolicy }[];
  /** For clients that no entry matches. */
  readonly fallback: MailFlowPolicy;
  /** Every policy that some client may get, by name. */
  readonly policies: ReadonlyMap<string, MailFlowPolicy>;
  /** The service's smtpd_tls_security_level: what holds for all of its clients. */
  readonly level: 'none' | 'may' | 'encrypt';
}

/** Throws `invalid-configuration` where a name leads nowhere. */
export function flowOf(listener: string, { listeners, mailFlowPolicies, senderGroups }: Settings): Flow {
  const { policy: standard, tls } = named(listeners, listener, 'a sender group', 'listener');
  const lookUp = (name: string, who: string) => named(mailFlowPolicies, name, who, 'mail flow policy');
  const groups = Object.hasOwn(senderGroups, listener) ? (senderGroups[listener] ?? {}) : {};
  const entries = orderedEntries(groups).map((entry) => ({
    entry,
    policy: lookUp(entry.policy, `sender group ${entry.group} of listener ${listener}`),
  }));
  const fallback = lookUp(standard, `listener ${listener}`);
  const policies = new Map([
    [standard, fallback],
    ...entries.map(({ entry, policy }) => [entry.policy, policy] as const),
  ]);
  return { listener, entries, fallback, policies, level: levelOf([...policies.values()], tls) };
}

/** Whether STARTTLS is there for some clients and not for others. */
export function isWithheldFromSome({ policies, level }: Flow): boolean {
  return level !== 'none' && [...policies.values()].some(({ tls }) => tls === 'off');
}

/** Where files of a listener stand in a generation. */
export function inboundPath(listener: string, file: string): string {
  return `postfix/inbound/${listener}/${file}`;
}

function levelOf(policies: readonly MailFlowPolicy[], start: 'starttls' | 'implicit'): Flow['level'] {
  if (policies.every(({ tls }) => tls === 'off')) return 'none';
  return start === 'implicit' || policies.every(({ tls }) => tls === 'required') ? 'encrypt' : 'may';
}
