/** Checks what mail leaves through: the delivery interface, and the delivery services that would overrule main.cf. */
import type { Finding } from '../../errors.ts';
import type { Facts, PostfixFacts, Settings } from '../../schema/types.generated.ts';
import { checkAddress } from './check-listeners.ts';
import { parameter } from './endpoints.ts';
import { entries } from './master-cf.ts';
import { outboundParameters } from './outbound.ts';
import { protocolParameters } from './protocols.ts';
import { trustNames } from './trust.ts';

export function checkOutbound(settings: Settings, facts: Facts, postfix: PostfixFacts): readonly Finding[] {
  return [...checkDelivery(settings, facts), ...checkOverrides(settings, facts, postfix)];
}

function checkDelivery({ outbound, interfaces, listeners }: Settings, facts: Facts): readonly Finding[] {
  const name = outbound.interface;
  const address = name === undefined ? undefined : interfaces[name]?.address;
  const said = Object.values(listeners).some((listener) => listener.interface === name);
  return name === undefined || address === undefined || said ? [] : checkAddress(name, address, facts);
}

/** What master.cf sets with -o on the services that deliver by default holds there instead of what main.cf says. */
function checkOverrides(settings: Settings, facts: Facts, postfix: PostfixFacts): readonly Finding[] {
  const { interface: delivery } = settings.outbound;
  const named = delivery === undefined || Object.hasOwn(settings.interfaces, delivery);
  if (!named || !trustNames(settings.outbound).every((name) => Object.hasOwn(settings.trust, name))) return [];
  const owned = {
    ...protocolParameters('smtp', settings.protocols.outbound, postfix.version),
    ...outboundParameters(settings, facts),
  };
  const delivering = [
    ...['smtp', 'relay'],
    // Before the colon, the service (transport(5)).
    ...['default_transport', 'relay_transport'].map((each) => parameter(postfix, each).split(':')[0]),
  ];
  return entries(postfix.masterCf)
    .filter(({ name, type, command }) => type === 'unix' && command === 'smtp' && delivering.includes(name))
    .flatMap(({ name, options }) =>
      options
        .filter((option) => Object.hasOwn(owned, option.name))
        .map((option) => ({
          pointer: '/outbound',
          detail: `"${name} unix ... smtp" in master.cf sets -o ${option.name}=${option.value}, which overrules Signet for the mail it delivers; remove that option on the machine`,
        })),
    );
}
