/** What becomes of messages that left, under other destinations, trust lists and protocols. Pure. */
import { trustNames } from '../../platforms/postfix/trust.ts';
import { own } from '../../schema/json.ts';
import type { Destination, Destinations } from '../../schema/types.generated.ts';
import type { Change, Effect } from './effect.ts';
import { replay, withoutTls } from './replay.ts';
import { underProtocols } from './tightened.ts';
import type { Place } from './tally.ts';
import { listsOf, trustMoves } from './trust-moves.ts';

/** One effect for each part of the change that concerns such messages. */
export function foreseeOutbound(count: Place, { before, after }: Change): readonly Effect[] {
  const [then, now] = [inForce(before.destinations, count.peer), inForce(after.destinations, count.peer)];
  if (!then || !now) return [];
  const trust = trustMoves(listsOf(trustNames(before.outbound), before), listsOf(trustNames(after.outbound), after));
  const isHeld = now.destination.tls === 'required-verify';
  return [
    ...(JSON.stringify(then.destination) === JSON.stringify(now.destination)
      ? []
      : [
          {
            place: ['destinations', now.name],
            at: `at ${now.destination.tls}`,
            ...underDestination(then.destination, now.destination),
          },
        ]),
    ...(trust.fewer && isHeld ? [{ place: ['outbound', 'trust'], at: 'with other trust lists', ...underTrust() }] : []),
    ...(now.destination.tls === 'none'
      ? []
      : underProtocols(count, [before.protocols.outbound, after.protocols.outbound], withoutTls(now.destination))),
  ];

  function underDestination(was: Destination, is: Destination): Pick<Effect, 'fate' | 'question'> {
    const fate = replay(count.result, was, is);
    // A chain that led nowhere may lead to a list that is new.
    const isOpen = fate === 'unknown' || (fate === 'waits' && isHeld && trust.more && count.result === 'untrusted');
    return isOpen ? { fate: 'unknown', question: servers } : { fate: fate === 'sent' ? 'same' : fate };
  }

  function underTrust(): Pick<Effect, 'fate' | 'question'> {
    const isTrusted = count.result === 'verified' || count.result === 'trusted';
    return isTrusted ? { fate: 'unknown', question: authorities } : { fate: 'same' };
  }
}

const servers =
  'would have waited cannot be told from the logs, which do not say what their servers offer or show; try "signet tls-test DOMAIN"';
const authorities =
  'would have waited cannot be told from the logs, which do not say to which authority a certificate leads; try "signet tls-test DOMAIN" after the commit';

function inForce(
  destinations: Destinations,
  domain: string,
): { readonly name: string; readonly destination: Destination } | undefined {
  const name = own(destinations, domain) ? domain : 'default';
  const destination = own(destinations, name);
  return destination && { name, destination };
}
