/** Which sender group a client of a listener is in, the mail flow policy it gets, where each was set, and what follows for its mail. */
import { NamedError } from '../errors.ts';
import { inboundOutcome, type InboundVerdict } from '../platforms/inbound-outcomes.ts';
import { matchingEntry, orderedEntries, type Client } from '../platforms/sender-groups.ts';
import { canonicalDomain } from '../schema/domain.ts';
import { own, type Json } from '../schema/json.ts';
import { networkText, readNetwork } from '../schema/network.ts';
import { pointer } from '../schema/pointer.ts';
import type { Listener, MailFlowPolicy, SenderExplanation, SenderQuery, Settings } from '../schema/types.generated.ts';
import { defaultsLevel } from './levels.ts';
import type { Effective } from './resolve.ts';

export type SenderReason = Omit<SenderExplanation, 'machine' | 'revision'>;

/** Throws `not-found` for a listener the machine does not have, `invalid-input` for what is no address. */
export function explainSender(effective: Effective, asked: SenderQuery): SenderReason {
  // Committed settings have passed their schema.
  const settings = effective.settings as unknown as Settings;
  const listener = own(settings.listeners, asked.listener);
  if (!listener) {
    const known = Object.keys(settings.listeners).join(', ') || 'none';
    throw new NamedError('not-found', `there is no listener ${asked.listener} on this machine; it has ${known}`);
  }
  const client = clientOf(asked);
  const groups = own(settings.senderGroups, asked.listener) ?? {};
  const entry = matchingEntry(groups, client);
  const levelAt = (path: readonly string[]) => effective.origins.get(pointer(path)) ?? defaultsLevel;
  const naming = entry
    ? ['senderGroups', asked.listener, entry.group, 'policy']
    : ['listeners', asked.listener, 'policy'];
  const name = entry?.policy ?? listener.policy;
  const policy = own(settings.mailFlowPolicies, name);
  if (!policy) throw new NamedError('not-found', `${pointer(naming)} names the policy ${name}, which is not there`);
  return {
    listener: asked.listener,
    address: client.address,
    ...(client.name === undefined ? {} : { name: client.name }),
    ...(entry
      ? {
          match: {
            group: entry.group,
            sender: entry.text,
            level: levelAt(['senderGroups', asked.listener, entry.group, 'senders']),
          },
        }
      : {}),
    policy: { name, pointer: pointer(naming), level: levelAt(naming) },
    settings: Object.entries(policy).map(([field, value]) => {
      const at = ['mailFlowPolicies', name, field];
      return { pointer: pointer(at), value: value as Json, level: levelAt(at) };
    }),
    outcome: outcomeOf(policy, listener.tls),
    nameMayMatter: client.name === undefined && hasNameBefore(groups, entry),
  };
}

function clientOf({ address, name }: SenderQuery): Client {
  const network = readNetwork(address);
  const text = network && networkText(network);
  if (text === undefined || text.includes('/') || address.includes('/')) {
    throw new NamedError('invalid-input', `"${address}" is no IP address; write one such as 192.0.2.7 or 2001:db8::7`);
  }
  const canonical = name === undefined ? undefined : canonicalDomain(name);
  return { address: text, ...(canonical === undefined || canonical === 'unknown' ? {} : { name: canonical }) };
}

function outcomeOf(policy: MailFlowPolicy, start: Listener['tls']): SenderExplanation['outcome'] {
  const found = inboundOutcome(policy, start);
  if (!found) {
    const { tls, clientCertificate } = policy;
    const detail = `the policy's clientCertificate ${clientCertificate} cannot be with tls ${tls}, so nothing can be told; change one of them`;
    throw new NamedError('invalid-configuration', detail);
  }
  const { clear, none, valid, invalid } = found.verdicts;
  const isTaken = (verdict: InboundVerdict) => (verdict === 'taken' ? 'taken' : 'refused');
  if (none === 'withheld') return { tls: 'withheld', clear: isTaken(clear) };
  return {
    tls: start === 'implicit' ? 'implicit' : 'offered',
    clear: isTaken(clear),
    overTls: { none: isTaken(none), valid: isTaken(valid), invalid: isTaken(invalid) },
  };
}

function hasNameBefore(groups: Settings['senderGroups'][string], found: ReturnType<typeof matchingEntry>): boolean {
  const entries = orderedEntries(groups);
  const end = found
    ? entries.findIndex(({ group, text }) => group === found.group && text === found.text)
    : entries.length;
  return entries.slice(0, end).some(({ sender }) => sender.kind === 'host' || sender.kind === 'domain');
}
