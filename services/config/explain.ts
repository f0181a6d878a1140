/** Why a setting has the value it has on a machine: the level that wins and everything it shadows. */
import { NamedError } from '../errors.ts';
import { isObject, own, type Json } from '../schema/json.ts';
import { pointer } from '../schema/pointer.ts';
import { defaultsLevel, type LevelLayer } from './levels.ts';
import { locate, type Shape } from './units.ts';

/** What one level says; null is a tombstone, of the setting itself or of something it is part of. */
export interface Said {
  readonly level: string;
  readonly value: Json;
}

export interface Reason extends Said {
  /** The setting that was explained: for a path into a unit, the unit. */
  readonly pointer: string;
  /** What the other levels say, most specific first. Tombstones above the winner are there when a default filled in. */
  readonly shadows: readonly Said[];
}

/**
 * Explains one leaf: a scalar, a list or a unit. The value is null, with the level of the tombstone, when the setting
 * was removed. Throws `not-found` when no level says anything about it, and `invalid-input` for a path that holds several
 * settings.
 */
export function explain(layers: readonly LevelLayer[], path: readonly string[]): Reason {
  const { shape, whole } = locate(path);
  const at = pointer(whole);
  const isUnit = whole.length < path.length || shape.kind === 'unit';
  if (!isUnit && shape.kind !== 'leaf') {
    throw new NamedError('invalid-input', `${at} holds several settings; explain one of them${examples(shape, at)}`);
  }
  const fallback = !isUnit && shape.kind === 'leaf' && entryExists(layers, whole) ? shape.fallback : undefined;
  const said = layers
    .flatMap(({ level, layer }) => {
      const held = sayingAt(layer, whole);
      const value = held === undefined && level === defaultsLevel ? fallback : held;
      return value === undefined ? [] : [{ level, value }];
    })
    .reverse();
  const [first, ...rest] = said;
  if (!first) throw new NamedError('not-found', `no level sets ${at}; set it where it should be held`);
  if (first.value !== null || fallback === undefined) return { pointer: at, ...first, shadows: rest };
  // The tombstones remove what the levels below them set; what is left is the default of the field.
  const shadows = said.filter(({ level, value }) => level !== defaultsLevel || value !== fallback);
  return { pointer: at, level: defaultsLevel, value: fallback, shadows };
}

/** What a layer says about a place: undefined when nothing, null when it removes it or something it is part of. */
export function sayingAt(layer: Json, path: readonly string[]): Json | undefined {
  let value: Json | undefined = layer;
  for (const part of path) {
    if (value === null) return null;
    value = isObject(value) ? own(value, part) : undefined;
  }
  return value;
}

/** Whether the table entry a field is part of is there, so that the field's default applies. */
function entryExists(layers: readonly LevelLayer[], path: readonly string[]): boolean {
  const tables = path
    .map((_part, index) => path.slice(0, index))
    .filter((above) => locate(above).shape.kind === 'table');
  return tables.every((table) => {
    const entry = path.slice(0, table.length + 1);
    const last = layers.map(({ layer }) => sayingAt(layer, entry)).findLast((value) => value !== undefined);
    return last !== undefined && last !== null;
  });
}

function examples(shape: Shape, at: string): string {
  return shape.kind === 'record' ? `: ${[...shape.fields.keys()].map((name) => `${at}/${name}`).join(', ')}` : '';
}
