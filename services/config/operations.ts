/** Applies the operations of a draft to a configuration: settings, groups and roster. */
import { NamedError } from '../errors.ts';
import { isObject, without, type Json, type JsonObject } from '../schema/json.ts';
import { layerFindings } from '../schema/parse.ts';
import { parts, pointer, valueAt, withValueAt } from '../schema/pointer.ts';
import type {
  AdmitOperation,
  Configuration,
  CreateGroupOperation,
  MoveOperation,
  Operation,
  RemoveOperation,
  SetOperation,
  UnsetOperation,
} from '../schema/types.generated.ts';
import { firstGroup, formatLevel, layerAt, memberOf, parseLevel, withLayer } from './levels.ts';
import { canonicalValue, locate, type Location } from './units.ts';

/** Revision 0: no settings, no machines, and the one group that always exists. */
export const emptyConfiguration: Configuration = { groups: { [firstGroup]: {} }, machines: {}, layers: {} };

/** The configuration after all operations, in order; throws what the first one that cannot be applied throws. */
export function applyAll(configuration: Configuration, operations: readonly Operation[]): Configuration {
  return operations.reduce(apply, configuration);
}

/**
 * The configuration after one operation. Throws `invalid-input`, `not-found` or `already-exists`, with level and pointer,
 * when it cannot be applied or when its level would not be valid afterwards.
 */
export function apply(configuration: Configuration, operation: Operation): Configuration {
  switch (operation.op) {
    case 'set':
      return set(configuration, operation);
    case 'unset':
      return unset(configuration, operation);
    case 'remove':
      return remove(configuration, operation);
    case 'create-group':
      return createGroup(configuration, operation);
    case 'delete-group':
      return deleteGroup(configuration, operation.group);
    case 'move':
      return move(configuration, operation);
    case 'admit':
      return admit(configuration, operation);
    case 'dismiss':
      return dismiss(configuration, operation.machine);
  }
}

/** Replaces what stands at the path in that one layer; nothing is merged. */
function set(configuration: Configuration, { level, path, value }: SetOperation): Configuration {
  const place = placeOf(configuration, level, path);
  const given = value as Json;
  if (given === null) {
    throw invalid(level, place.path, 'null is no value: use remove to remove what an upper level sets');
  }
  if (place.path.length === 0 && !isObject(given)) throw invalid(level, [], 'a whole layer is an object');
  const isEntry = place.path.length > 0 && locate(place.path.slice(0, -1)).shape.kind === 'table';
  return withSetting(configuration, level, place, canonicalValue(place.shape, given, isEntry));
}

function unset(configuration: Configuration, { level, path }: UnsetOperation): Configuration {
  const place = placeOf(configuration, level, path);
  const layer = layerAt(configuration, level);
  const present = place.path.length === 0 ? Object.keys(layer).length > 0 : valueAt(layer, place.path) !== undefined;
  if (!present) {
    throw new NamedError('not-found', `${level} sets nothing at ${pointer(place.path)}, so there is nothing to unset`, {
      findings: [{ level, pointer: pointer(place.path), detail: 'nothing is set here' }],
    });
  }
  return withSetting(configuration, level, place, undefined);
}

/** Leaves a tombstone, which removes what the upper levels set. */
function remove(configuration: Configuration, { level, path }: RemoveOperation): Configuration {
  const place = placeOf(configuration, level, path);
  if (place.path.length === 0) throw invalid(level, [], 'a whole layer cannot be removed: use unset');
  if (place.whole.length < place.path.length) {
    const whole = pointer(place.whole);
    throw invalid(level, place.path, `${whole} is only removed as a whole; use unset for a part of it`);
  }
  return withSetting(configuration, level, place, null);
}

function createGroup(configuration: Configuration, { group, description }: CreateGroupOperation): Configuration {
  if (Object.hasOwn(configuration.groups, group)) {
    throw new NamedError('already-exists', `there is a group "${group}" already; choose another name`);
  }
  const entry = description === undefined ? {} : { description };
  return { ...configuration, groups: { ...configuration.groups, [group]: entry } };
}

/** Deletes an empty group and its layer. */
function deleteGroup(configuration: Configuration, group: string): Configuration {
  checkGroup(configuration, group);
  if (group === firstGroup) {
    throw new NamedError('invalid-input', `the group "${group}" always exists; unset its settings instead`);
  }
  const members = membersOf(configuration, group);
  if (members.length > 0) {
    throw new NamedError(
      'invalid-input',
      `the group "${group}" still has ${members.length} machines (${members.slice(0, 3).join(', ')}${members.length > 3 ? ', ...' : ''}); move them first`,
    );
  }
  const groups = without(configuration.groups, group);
  return withLayer({ ...configuration, groups }, formatLevel({ kind: 'group', name: group }), {});
}

function move(configuration: Configuration, { machine, group }: MoveOperation): Configuration {
  const entry = memberOf(configuration, machine);
  checkGroup(configuration, group);
  if (entry.group === group) throw new NamedError('invalid-input', `${machine} is in the group "${group}" already`);
  return { ...configuration, machines: { ...configuration.machines, [machine]: { ...entry, group } } };
}

function admit(configuration: Configuration, { machine, id, group, layer }: AdmitOperation): Configuration {
  checkGroup(configuration, group);
  if (Object.hasOwn(configuration.machines, machine)) {
    throw new NamedError('already-exists', `there is a machine "${machine}" already; choose another name`);
  }
  const known = Object.entries(configuration.machines).find(([, entry]) => entry.id === id);
  if (known) throw new NamedError('already-exists', `this machine is a member already, as "${known[0]}"`);
  const level = formatLevel({ kind: 'machine', name: machine });
  const joined = { ...configuration, machines: { ...configuration.machines, [machine]: { id, group } } };
  return withSetting(joined, level, locate([]), canonicalValue(locate([]).shape, layer as JsonObject));
}

function dismiss(configuration: Configuration, machine: string): Configuration {
  memberOf(configuration, machine);
  const machines = without(configuration.machines, machine);
  return withLayer({ ...configuration, machines }, formatLevel({ kind: 'machine', name: machine }), {});
}

/** The machines of a group, by name. */
export function membersOf({ machines }: Configuration, group: string): readonly string[] {
  return Object.keys(machines)
    .filter((machine) => machines[machine]?.group === group)
    .sort();
}

/** Where an operation goes: a level that exists, and a path that no tombstone of the same layer stands above. */
function placeOf(configuration: Configuration, level: string, path: string): Location {
  const at = parseLevel(level);
  if (at.kind === 'group') checkGroup(configuration, at.name);
  if (at.kind === 'machine') memberOf(configuration, at.name);
  const place = locate(parts(path));
  for (let depth = 1; depth < place.path.length; depth += 1) {
    const above = place.path.slice(0, depth);
    if (valueAt(layerAt(configuration, level), above) === null) {
      throw invalid(level, place.path, `${level} removes ${pointer(above)} as a whole; unset that first`);
    }
  }
  return place;
}

function withSetting(
  configuration: Configuration,
  level: string,
  { path, whole }: Pick<Location, 'path' | 'whole'>,
  value: Json | undefined,
): Configuration {
  const layer = withValueAt(layerAt(configuration, level), path, value);
  // Layers have no rule that spans units, so what changed can be checked by itself, however large the layer is.
  const changed = whole.length === 0 ? layer : withValueAt({}, whole, valueAt(layer, whole));
  const findings = layerFindings(changed).map((finding) => ({ ...finding, level }));
  if (findings.length > 0) {
    throw new NamedError('invalid-input', `the change at ${level} is not valid: ${findings[0]?.detail ?? ''}`, {
      findings,
    });
  }
  return withLayer(configuration, level, layer);
}

function checkGroup({ groups }: Configuration, group: string): void {
  if (!Object.hasOwn(groups, group)) {
    throw new NamedError(
      'not-found',
      `there is no group "${group}"; create it first, or use one of ${Object.keys(groups).join(', ')}`,
    );
  }
}

function invalid(level: string, path: readonly string[], detail: string): NamedError {
  return new NamedError('invalid-input', `${level}${pointer(path)}: ${detail}`, {
    findings: [{ level, pointer: pointer(path), detail }],
  });
}
