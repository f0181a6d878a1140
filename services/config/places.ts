/** The places of a configuration that an operation can change, so that settings, groups and roster are compared alike. */
import { isObject, type Json } from '../schema/json.ts';
import { parts, pointer, valueAt } from '../schema/pointer.ts';
import type { Configuration, Operation } from '../schema/types.generated.ts';
import { sayingAt } from './explain.ts';
import { formatLevel, layerAt } from './levels.ts';
import { locate } from './units.ts';

export type Place =
  | { readonly kind: 'setting'; readonly level: string; readonly path: readonly string[] }
  | { readonly kind: 'group'; readonly name: string }
  | { readonly kind: 'machine'; readonly name: string };

/** The places an operation changes; a setting inside a unit is the whole unit. */
export function placesOf(operation: Operation): readonly Place[] {
  switch (operation.op) {
    case 'set':
    case 'unset':
    case 'remove':
      return [{ kind: 'setting', level: operation.level, path: locate(parts(operation.path)).whole }];
    case 'create-group':
    case 'describe-group':
      return [{ kind: 'group', name: operation.group }];
    case 'rename-group':
      return [{ kind: 'group', name: operation.to }];
    case 'delete-group':
      return withItsLayer({ kind: 'group', name: operation.group });
    case 'move':
      return [{ kind: 'machine', name: operation.machine }];
    case 'admit':
    case 'dismiss':
      return withItsLayer({ kind: 'machine', name: operation.machine });
  }
}

/** What stands at a place: a group's or machine's entry, or what a level says; null for a tombstone there or above. */
export function valueOf(configuration: Configuration, place: Place): Json | undefined {
  switch (place.kind) {
    case 'setting':
      return settingIn(layerAt(configuration, place.level), place.path);
    case 'group':
      return valueAt(configuration.groups as Readonly<Record<string, Json>>, [place.name]);
    case 'machine':
      return valueAt(configuration.machines as unknown as Readonly<Record<string, Json>>, [place.name]);
  }
}

/** What a layer says at a path; for the layer as a whole, undefined when it is empty. */
export function settingIn(layer: Json, path: readonly string[]): Json | undefined {
  if (path.length === 0 && isObject(layer) && Object.keys(layer).length === 0) return undefined;
  return sayingAt(layer, path);
}

/** The place in words, such as `cluster/listeners/public/port` or `the group edge`. */
export function placeName(place: Place): string {
  if (place.kind === 'setting') return `${place.level}${pointer(place.path)}`;
  return `the ${place.kind} ${place.name}`;
}

function withItsLayer(place: Extract<Place, { kind: 'group' | 'machine' }>): readonly Place[] {
  return [place, { kind: 'setting', level: formatLevel(place), path: [] }];
}
