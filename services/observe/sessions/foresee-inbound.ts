/** What becomes of messages that came in, under other mail flow policies, sender groups and protocols. Pure. */
import { inboundOutcome, type InboundVerdict, type Visit } from '../../platforms/inbound-outcomes.ts';
import { matchingEntry, type Client, type GroupEntry } from '../../platforms/sender-groups.ts';
import { readNetwork } from '../../schema/network.ts';
import { own } from '../../schema/json.ts';
import type { MailFlowPolicy, SenderGroupsOfAListener } from '../../schema/types.generated.ts';
import type { Change, Demands, Effect } from './effect.ts';
import { others, type Place as Counted } from './tally.ts';
import { underProtocols } from './tightened.ts';
import { listsOf, trustMoves } from './trust-moves.ts';

type Match = (groups: SenderGroupsOfAListener, client: Client) => GroupEntry | undefined;

/** Remembers who is in which group: most clients come to many machines, and machines share thousands of senders. */
export function matcher(): Match {
  const known = new WeakMap<SenderGroupsOfAListener, Map<string, GroupEntry | undefined>>();
  return (groups, client) => {
    const here = known.get(groups) ?? new Map<string, GroupEntry | undefined>();
    known.set(groups, here);
    const key = `${client.address} ${client.name ?? ''}`;
    if (!here.has(key)) here.set(key, matchingEntry(groups, client));
    return here.get(key);
  };
}

/** One effect for each part of the change that concerns such messages. */
export function foreseeInbound(count: Counted, change: Change, match: Match): readonly Effect[] {
  const client = clientOf(count);
  const doors = client ? doorsOf(client, change, match) : [];
  // The log does not say at which listener a client was, but some could not have let it in like this.
  const visited = doors.filter(({ then, visits }) => visits(count).some((visit) => then(visit) === 'taken'));
  const possible = visited.length > 0 ? visited : doors;
  const isClosed = possible.length > 0 && possible.every(({ now }) => now('clear') !== 'taken');
  const { before, after } = change;
  return [
    ...(client ? underPolicy(possible, count) : unknownClient(change)),
    ...underProtocols(count, [before.protocols.inbound, after.protocols.inbound], isClosed ? 'refused' : 'lost'),
  ];
}

/** One listener, as one client finds it. */
interface Door {
  readonly policy: string;
  readonly isChanged: boolean;
  readonly then: (visit: Visit) => InboundVerdict;
  readonly now: (visit: Visit) => InboundVerdict;
  /** What a session that was logged so may have been, as far as certificates count now. */
  readonly visits: (count: Counted) => readonly Visit[];
}

function underPolicy(doors: readonly Door[], count: Counted): readonly Effect[] {
  const changed = doors.find(({ isChanged }) => isChanged);
  if (!changed) return [];
  const verdicts = doors.map(({ now, visits }) => [...new Set(visits(count).map((visit) => now(visit) === 'refused'))]);
  const refusing = doors.find((_, index) => verdicts[index]?.includes(true)) ?? changed;
  const about = { place: ['mailFlowPolicies', refusing.policy], at: `by the policy ${refusing.policy}` };
  const all = new Set(verdicts.flat());
  if (!all.has(true)) return [{ ...about, fate: 'same' }];
  if (!all.has(false)) return [{ ...about, fate: 'refused' }];
  const what = verdicts.some(({ length }) => length > 1)
    ? 'which certificates clients have'
    : 'at which listener a client was';
  return [
    {
      ...about,
      fate: 'unknown',
      question: `would have been refused cannot be told from the logs, which do not say ${what}`,
    },
  ];
}

function unknownClient({ before, after }: Change): readonly Effect[] {
  const parts = ['listeners', 'mailFlowPolicies', 'senderGroups', 'trust'] as const;
  if (parts.every((part) => JSON.stringify(before[part]) === JSON.stringify(after[part]))) return [];
  const question = 'would have been refused cannot be told, as their clients were not counted one by one';
  return [{ place: ['mailFlowPolicies'], at: 'by a policy', fate: 'unknown', question }];
}

/** Counts of early versions have no address beside a name. */
function clientOf({ peer, address }: Counted): Client | undefined {
  if (address !== undefined) return { address, name: peer };
  return peer !== others && readNetwork(peer) ? { address: peer } : undefined;
}

function doorsOf(client: Client, { before, after }: Change, match: Match): readonly Door[] {
  return Object.keys(after.listeners).flatMap((listener): readonly Door[] => {
    const [was, is] = [before, after].map((demands) => placeOf(listener, demands, (groups) => match(groups, client)));
    if (!was || !is) return [];
    const asks = was.asks;
    const moves = trustMoves(listsOf(was.policy.trust, before), listsOf(is.policy.trust, after));
    const counts = is.policy.clientCertificate !== 'ignore';
    const isChanged =
      was.start !== is.start ||
      was.policy.tls !== is.policy.tls ||
      was.policy.clientCertificate !== is.policy.clientCertificate ||
      (counts && (moves.fewer || moves.more));
    return [
      {
        ...{ policy: is.name, isChanged },
        then: verdictOf(was),
        now: verdictOf(is),
        visits({ result }) {
          if (result === 'clear') return ['clear'];
          if (!counts) return ['none'];
          if (result === 'anonymous') return asks ? ['none'] : ['none', 'valid', 'invalid'];
          const isSame = asks && !(result === 'untrusted' ? moves.more : moves.fewer);
          return isSame ? [result === 'untrusted' ? 'invalid' : 'valid'] : ['valid', 'invalid'];
        },
      },
    ];
  });
}

interface Place {
  readonly name: string;
  readonly policy: MailFlowPolicy;
  readonly start: 'starttls' | 'implicit';
  /** Whether the listener asks its clients for certificates: all of them, where it asks some. */
  readonly asks: boolean;
}

function placeOf(
  listener: string,
  { listeners, senderGroups, mailFlowPolicies }: Demands,
  match: (groups: SenderGroupsOfAListener) => GroupEntry | undefined,
): Place | undefined {
  const held = own(listeners, listener);
  const groups = own(senderGroups, listener) ?? {};
  const name = match(groups)?.policy ?? held?.policy ?? '';
  const policy = own(mailFlowPolicies, name);
  if (!held || !policy) return undefined;
  const names = [held.policy, ...Object.values(groups).map((group) => group.policy)];
  const asks = names.some((one) => (own(mailFlowPolicies, one)?.clientCertificate ?? 'ignore') !== 'ignore');
  return { name, policy, start: held.tls, asks };
}

function verdictOf({ policy, start }: Place): (visit: Visit) => InboundVerdict {
  const outcome = inboundOutcome(policy, start);
  return (visit) => outcome?.verdicts[visit] ?? 'taken';
}
