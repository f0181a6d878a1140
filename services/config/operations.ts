/** Applies the operations of a draft to a configuration. */
import { NamedError } from '../errors.ts';
import { isObject, type Json, type JsonObject } from '../schema/json.ts';
import { layerFindings } from '../schema/parse.ts';
import { parts, pointer, valueAt, withValueAt } from '../schema/pointer.ts';
import type {
  Configuration,
  Operation,
  RemoveOperation,
  SetOperation,
  UnsetOperation,
} from '../schema/types.generated.ts';
import { firstGroup, formatLevel, parseLevel } from './levels.ts';
import { pinFaults } from './pins.ts';
import { admit, createGroup, deleteGroup, describeGroup, dismiss, move, renameGroup } from './roster.ts';
import { canonicalValue, locate, type Location } from './units.ts';
import { checkGroup, checkMachine, close, open, putLayer, type Working } from './working.ts';

/** Revision 0: no settings, no machines, and the one group that always exists. */
export const emptyConfiguration: Configuration = { groups: { [firstGroup]: {} }, machines: {}, layers: {} };

/**
 * The configuration after all operations, in order. Throws `invalid-input`, `not-found` or `already-exists`, with level and
 * pointer, for the first one that cannot be applied or after which its level would not be valid.
 */
export function applyAll(configuration: Configuration, operations: readonly Operation[]): Configuration {
  if (operations.length === 0) return configuration;
  const working = open(configuration);
  for (const operation of operations) applyTo(working, operation);
  return close(working);
}

function applyTo(working: Working, operation: Operation): void {
  switch (operation.op) {
    case 'set':
      return set(working, operation);
    case 'unset':
      return unset(working, operation);
    case 'remove':
      return remove(working, operation);
    case 'create-group':
      return createGroup(working, operation);
    case 'describe-group':
      return describeGroup(working, operation);
    case 'rename-group':
      return renameGroup(working, operation);
    case 'delete-group':
      return deleteGroup(working, operation.group);
    case 'move':
      return move(working, operation);
    case 'admit': {
      admit(working, operation);
      const layer = canonicalValue(locate([]).shape, operation.layer as JsonObject);
      return write(working, formatLevel({ kind: 'machine', name: operation.machine }), locate([]), layer);
    }
    case 'dismiss':
      return dismiss(working, operation.machine);
  }
}

/** Replaces what stands at the path in that one layer; nothing is merged. */
function set(working: Working, { level, path, value }: SetOperation): void {
  const place = placeOf(working, level, path);
  const given = value as Json;
  if (given === null) {
    throw invalid(level, place.path, 'null is no value: use remove to remove what an upper level sets');
  }
  if (place.path.length === 0 && !isObject(given)) throw invalid(level, [], 'a whole layer is an object');
  const isEntry = place.path.length > 0 && locate(place.path.slice(0, -1)).shape.kind === 'table';
  write(working, level, place, canonicalValue(place.shape, given, isEntry));
}

function unset(working: Working, { level, path }: UnsetOperation): void {
  const place = placeOf(working, level, path);
  const layer = working.layers.get(level);
  if (!layer || valueAt(layer, place.path) === undefined) {
    throw new NamedError('not-found', `${level} sets nothing at ${pointer(place.path)}, so there is nothing to unset`, {
      findings: [{ level, pointer: pointer(place.path), detail: 'nothing is set here' }],
    });
  }
  write(working, level, place, undefined);
}

/** Leaves a tombstone, which removes what the upper levels set. */
function remove(working: Working, { level, path }: RemoveOperation): void {
  const place = placeOf(working, level, path);
  if (place.path.length === 0) throw invalid(level, [], 'a whole layer cannot be removed: use unset');
  if (place.whole.length < place.path.length) {
    const whole = pointer(place.whole);
    throw invalid(level, place.path, `${whole} is only removed as a whole; use unset for a part of it`);
  }
  write(working, level, place, null);
}

/** Where an operation goes: a level that exists, and a path that no tombstone of the same layer stands above. */
function placeOf(working: Working, level: string, path: string): Location {
  const at = parseLevel(level);
  if (at.kind === 'group') checkGroup(working, at.name);
  if (at.kind === 'machine') checkMachine(working, at.name);
  const place = locate(parts(path));
  for (let depth = 1; depth < place.path.length; depth += 1) {
    const above = place.path.slice(0, depth);
    if (valueAt(working.layers.get(level), above) === null) {
      throw invalid(level, place.path, `${level} removes ${pointer(above)} as a whole; unset that first`);
    }
  }
  return place;
}

function write(
  working: Working,
  level: string,
  { path, whole }: Pick<Location, 'path' | 'whole'>,
  value: Json | undefined,
): void {
  const layer = withValueAt(working.layers.get(level) ?? {}, path, value);
  // Layers have no rule that spans units, so what changed can be checked by itself, however large the layer is.
  const changed = whole.length === 0 ? layer : withValueAt({}, whole, valueAt(layer, whole));
  const findings = [...layerFindings(changed).map((finding) => ({ ...finding, level })), ...pinFaults(level, changed)];
  if (findings.length > 0) {
    throw new NamedError('invalid-input', `the change at ${level} is not valid: ${findings[0]?.detail ?? ''}`, {
      findings,
    });
  }
  putLayer(working, level, layer);
}

function invalid(level: string, path: readonly string[], detail: string): NamedError {
  return new NamedError('invalid-input', `${level}${pointer(path)}: ${detail}`, {
    findings: [{ level, pointer: pointer(path), detail }],
  });
}
