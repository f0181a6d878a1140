/** Which machine here a machine of a configuration file is: by identity, by hand, or none. Pure. */
import { NamedError, type Finding } from '../../errors.ts';
import { own } from '../../schema/json.ts';
import type { Configuration, MappedMachine } from '../../schema/types.generated.ts';

/** By the names of the file: the machine here, or null to leave it out. */
export type ByHand = Readonly<Record<string, string | null>>;

export interface Mapping {
  readonly machines: readonly MappedMachine[];
  /** Machines that nobody has decided on. */
  readonly obstacles: readonly Finding[];
}

type Machines = Configuration['machines'];

/** Throws `invalid-input` for what is mapped by hand and cannot be. */
export function mapMachines(file: Machines, present: Machines, byHand: ByHand): Mapping {
  const strange = Object.keys(byHand).find((name) => !Object.hasOwn(file, name));
  if (strange !== undefined) throw refused(`the configuration file has no machine ${strange} to map; see its plan`);
  const hereById = new Map(Object.entries(present).map(([name, { id }]) => [id, name]));
  const obstacles: Finding[] = [];
  const machines = Object.entries(file).flatMap(([machine, { id }]): readonly MappedMachine[] => {
    const hand = own(byHand, machine);
    if (hand === null) return [{ machine, becomes: 'left-out' }];
    if (hand !== undefined) {
      if (!Object.hasOwn(present, hand)) throw refused(`there is no machine ${hand} here to map ${machine} to`);
      return [{ machine, becomes: 'by-hand', here: hand }];
    }
    const here = hereById.get(id);
    if (here !== undefined) return [{ machine, becomes: here === machine ? 'same' : 'renamed', here }];
    if (!Object.hasOwn(present, machine)) return [{ machine, becomes: 'waiting' }];
    const detail = `${machine} here is another machine than ${machine} in the file, by its identity; map it by hand: ${machine}=${machine} for the one that is here, another name, or - to leave it out`;
    obstacles.push({ machine, detail });
    return [];
  });
  const targets = machines.flatMap(({ here }) => here ?? []);
  const twice = targets.find((here, index) => targets.indexOf(here) !== index);
  if (twice === undefined) return { machines, obstacles };
  const both = machines.filter(({ here }) => here === twice).map(({ machine }) => machine);
  throw refused(
    `${both.join(' and ')} of the file would both be ${twice} here; map one of them elsewhere, or leave it out`,
  );
}

/** The configuration of the file under the names that its machines have here; members keep the identity they have. */
export function underNamesHere(
  { groups, machines, layers }: Configuration,
  mapped: readonly MappedMachine[],
  present: Machines,
): Configuration {
  const names = new Map(
    mapped.flatMap(({ machine, here = machine, becomes }) =>
      becomes === 'left-out' ? [] : [[machine, here] as const],
    ),
  );
  const renamed = Object.entries(machines).flatMap(([machine, entry]) => {
    const name = names.get(machine);
    return name === undefined ? [] : [[name, { ...entry, id: own(present, name)?.id ?? entry.id }] as const];
  });
  return {
    groups,
    machines: Object.fromEntries(renamed),
    layers: Object.fromEntries(
      Object.entries(layers).flatMap(([level, layer]) => {
        if (!level.startsWith('machine/')) return [[level, layer] as const];
        const name = names.get(level.slice('machine/'.length));
        return name === undefined ? [] : [[`machine/${name}`, layer] as const];
      }),
    ),
  };
}

function refused(message: string): NamedError {
  return new NamedError('invalid-input', message);
}
