/** The machines of which more, or less, may be demanded of mail after a change than before it. Pure. */
import { defaultsLayer } from '../../config/defaults.ts';
import { fleet, memberLayersIn } from '../../config/fleet.ts';
import type { Configuration } from '../../schema/types.generated.ts';
import type { Change, Demands } from './effect.ts';

const sections = [
  ...(['destinations', 'outbound', 'protocols', 'trust'] as const),
  ...(['listeners', 'mailFlowPolicies', 'senderGroups'] as const),
] satisfies readonly (keyof Demands)[];

/**
 * By name; of machines that are in both. Both must be whole, as committed ones are. Machines that share all of it share the change,
 * as one object.
 */
export function changedDemands(before: Configuration, after: Configuration): ReadonlyMap<string, Change> {
  const [then, now, shared] = [demandsIn(before), demandsIn(after), sharing()];
  const changes = Object.keys(after.machines)
    .filter((machine) => Object.hasOwn(before.machines, machine))
    .map((machine) => [machine, shared({ before: then(machine), after: now(machine) })] as const)
    .filter(([, { isSame }]) => !isSame)
    .map(([machine, { change }]) => [machine, change] as const);
  return new Map(changes);
}

function demandsIn(configuration: Configuration): (machine: string) => Demands {
  const resolve = fleet(defaultsLayer());
  return (machine) => {
    const effective = resolve(memberLayersIn(configuration, machine)).sections;
    const values = sections.map((section) => [section, effective.get(section)?.value ?? {}] as const);
    return Object.fromEntries(values) as unknown as Demands;
  };
}

interface Shared {
  readonly change: Change;
  readonly isSame: boolean;
}

/** Machines have the same objects where their own layers say nothing, so each of these is numbered once, by its text. */
function sharing(): (change: Change) => Shared {
  const numbers = new WeakMap<object, number>();
  const texts = new Map<string, number>();
  const numberOf = (value: object) => {
    const number = numbers.get(value) ?? numberOfText(JSON.stringify(value));
    numbers.set(value, number);
    return number;
  };
  const numberOfText = (text: string) => {
    const number = texts.get(text) ?? texts.size;
    texts.set(text, number);
    return number;
  };
  const known = new Map<string, Shared>();
  return (change) => {
    const numbered = (demands: Demands) => sections.map((section) => numberOf(demands[section])).join(' ');
    const [before, after] = [numbered(change.before), numbered(change.after)];
    const key = `${before} ${after}`;
    const found = known.get(key) ?? { change, isSame: before === after };
    known.set(key, found);
    return found;
  };
}
