/** The machines whose destinations differ between two configurations. Pure. */
import { defaultsLayer } from '../../config/defaults.ts';
import { fleet, memberLayersIn } from '../../config/fleet.ts';
import type { Configuration, Destinations } from '../../schema/types.generated.ts';
import type { Change } from './what-if.ts';

/** By name; of machines that are in both. */
export function changedDestinations(before: Configuration, after: Configuration): ReadonlyMap<string, Change> {
  const [then, now] = [destinationsIn(before), destinationsIn(after)];
  const changes = Object.keys(after.machines)
    .filter((machine) => Object.hasOwn(before.machines, machine))
    .map((machine) => [machine, { before: then(machine), after: now(machine) }] as const)
    .filter(([, change]) => JSON.stringify(change.before) !== JSON.stringify(change.after));
  return new Map(changes);
}

function destinationsIn(configuration: Configuration): (machine: string) => Destinations {
  const resolve = fleet(defaultsLayer());
  // What is not whole yet is refused at commit, and no matter here.
  return (machine) =>
    (resolve(memberLayersIn(configuration, machine)).sections.get('destinations')?.value ??
      {}) as unknown as Destinations;
}
