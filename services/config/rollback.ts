/** Brings the settings of an old revision back without bringing departed machines back. */
import { own } from '../schema/json.ts';
import type { Configuration } from '../schema/types.generated.ts';
import { formatLevel } from './levels.ts';

export interface Rollback {
  readonly configuration: Configuration;
  /** The machine levels of the old revision that are left out, because those machines are no members any more. */
  readonly leftOut: readonly string[];
}

/**
 * The old configuration with today's members: departed machines stay away, and machines that joined since keep their
 * entry, their layer and, when the old configuration lacks it, their group with its layer. A machine is recognised by its
 * id; another machine under an old name has joined since.
 */
export function rollBack(old: Configuration, head: Configuration): Rollback {
  const isSame = (machine: string) => own(old.machines, machine)?.id === own(head.machines, machine)?.id;
  const machines = mapValues(head.machines, (entry, machine) =>
    isSame(machine) ? (own(old.machines, machine) ?? entry) : entry,
  );
  const missing = new Set(
    Object.values(machines)
      .map(({ group }) => group)
      .filter((group) => !Object.hasOwn(old.groups, group)),
  );
  const keptLevels = new Set([
    ...[...missing].map((name) => formatLevel({ kind: 'group', name })),
    ...Object.keys(machines)
      .filter((machine) => !isSame(machine))
      .map((name) => formatLevel({ kind: 'machine', name })),
  ]);
  const departed = new Set(
    Object.keys(old.machines)
      .filter((machine) => !isSame(machine))
      .map((name) => formatLevel({ kind: 'machine', name })),
  );
  const layers = {
    ...pick(old.layers, (level) => !departed.has(level)),
    ...pick(head.layers, (level) => keptLevels.has(level)),
  };
  return {
    configuration: { groups: { ...old.groups, ...pick(head.groups, (group) => missing.has(group)) }, machines, layers },
    leftOut: [...departed].filter((level) => Object.hasOwn(old.layers, level)).sort(),
  };
}

function pick<T>(
  entries: Readonly<Record<string, T>>,
  isWanted: (key: string) => boolean,
): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(entries).filter(([key]) => isWanted(key)));
}

function mapValues<T>(
  entries: Readonly<Record<string, T>>,
  convert: (value: T, key: string) => T,
): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, convert(value, key)]));
}
