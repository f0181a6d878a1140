/** Groups that a draft renames: the same groups before and after, so that what others change under the old name comes along. Pure. */
import { NamedError } from '../errors.ts';
import type { Configuration, Operation, RenameGroupOperation } from '../schema/types.generated.ts';
import { formatLevel } from './levels.ts';
import { applyAll } from './operations.ts';
import { placesOf, type Place } from './places.ts';

/** A rename that a configuration has no place for, and why. */
export interface Missed {
  readonly rename: RenameGroupOperation;
  readonly place: Place;
  readonly reason: string;
}

export interface Renamed {
  readonly configuration: Configuration;
  readonly missed: readonly Missed[];
  /** Those that it has already. */
  readonly done: readonly RenameGroupOperation[];
}

/** The renames of groups that the base has; the others are of groups that the draft itself creates. */
export function renamesOf(base: Configuration, operations: readonly Operation[]): readonly RenameGroupOperation[] {
  const names = new Set(Object.keys(base.groups));
  return operations.filter((operation) => {
    if (operation.op !== 'rename-group' || !names.delete(operation.group)) return false;
    names.add(operation.to);
    return true;
  }) as readonly RenameGroupOperation[];
}

/** The configuration with its groups renamed, as far as it has them and the new names are free. */
export function withRenames(configuration: Configuration, renames: readonly RenameGroupOperation[]): Renamed {
  const missed: Missed[] = [];
  const done: RenameGroupOperation[] = [];
  let present = configuration;
  for (const rename of renames) {
    const [has, taken] = [rename.group, rename.to].map((group) => Object.hasOwn(present.groups, group));
    if (has && !taken) present = applyAll(present, [rename]);
    else if (has) missed.push({ rename, place: group(rename.to), reason: 'there is another one of that name' });
    else if (taken) done.push(rename);
    else missed.push({ rename, place: group(rename.group), reason: 'it is gone' });
  }
  return { configuration: present, missed, done };
}

/** Refuses to rename a group to the name of one that the base has and the draft deletes: to others, it would be that one. */
export function checkRenames(base: Configuration, operations: readonly Operation[]): void {
  const [first] = withRenames(base, renamesOf(base, operations)).missed;
  if (!first) return;
  const { group, to } = first.rename;
  throw new NamedError(
    'already-exists',
    `the group "${to}" is there until this draft is committed; commit it, then rename ${group}, or choose another name`,
  );
}

/** The places that each operation changes, by the names that groups have after the last one. */
export function finalPlaces(operations: readonly Operation[]): readonly (readonly Place[])[] {
  let found: (readonly Place[])[] = [];
  for (const operation of operations) {
    if (operation.op === 'rename-group') found = found.map((places) => places.map((place) => moved(place, operation)));
    found.push(placesOf(operation));
  }
  return found;
}

/** A place by the names that groups had before the renames. */
export function formerPlace(place: Place, renames: readonly RenameGroupOperation[]): Place {
  return renames.reduceRight((at, { group, to }) => moved(at, { group: to, to: group }), place);
}

/** The operations without some of their renames: what they change under the new name, they change under the old one. */
export function withoutRenames(
  operations: readonly Operation[],
  dropped: readonly RenameGroupOperation[],
): readonly Operation[] {
  const back = new Map<string, string>();
  const formerly = (name: string): string => back.get(name) ?? name;
  return operations.flatMap((operation): readonly Operation[] => {
    if (operation.op === 'rename-group') {
      const { group: before, to } = operation;
      const present = formerly(before);
      back.delete(before);
      if (!dropped.includes(operation)) return [{ ...operation, group: present }];
      back.set(to, present);
      return [];
    }
    if ('level' in operation) {
      const [kind, name = ''] = operation.level.split('/');
      return [kind === 'group' ? { ...operation, level: formatLevel(group(formerly(name))) } : operation];
    }
    return ['group' in operation ? { ...operation, group: formerly(operation.group) } : operation];
  });
}

function moved(place: Place, { group: from, to }: Pick<RenameGroupOperation, 'group' | 'to'>): Place {
  if (place.kind === 'group' && place.name === from) return group(to);
  if (place.kind === 'setting' && place.level === formatLevel(group(from))) {
    return { ...place, level: formatLevel(group(to)) };
  }
  return place;
}

function group(name: string): { readonly kind: 'group'; readonly name: string } {
  return { kind: 'group', name };
}
