/** Folds the layers of one machine into its effective settings, each value with the level it came from. */
import { isObject, own, type Json, type JsonObject } from '../schema/json.ts';
import { pointer } from '../schema/pointer.ts';
import { defaultsLevel, type LevelLayer } from './levels.ts';
import { sectionShape, settingsShape, type Shape } from './units.ts';

export interface Effective {
  readonly settings: JsonObject;
  /** The level of every leaf (a scalar, a list or a unit), by JSON Pointer. */
  readonly origins: ReadonlyMap<string, string>;
}

/** One section of the effective settings. */
export interface EffectiveSection {
  readonly value: JsonObject;
  readonly origins: ReadonlyMap<string, string>;
}

/**
 * The effective settings of the given layers, defaults first, machine last. The most specific level wins, field by
 * field; null removes what the levels before it set; a field that no level sets falls back to the `default` of its
 * schema. Every section is there, if only empty. The order of keys in a layer makes no difference to the result.
 */
export function resolve(layers: readonly LevelLayer[]): Effective {
  return join(new Map([...settingsShape.fields.keys()].map((section) => [section, resolveSection(section, layers)])));
}

/** The same for one section, so that machines which share its layers can share the result. */
export function resolveSection(section: string, layers: readonly LevelLayer[]): EffectiveSection {
  const origins = new Map<string, string>();
  const given = layers.flatMap(({ level, layer }) => contribution(level, layer, section));
  const value = fold(sectionShape(section), given, [section], origins);
  return { value: isObject(value) ? value : {}, origins };
}

/** The sections as one document. */
export function join(sections: ReadonlyMap<string, EffectiveSection>): Effective {
  return {
    settings: settingsOf(sections),
    origins: new Map([...sections.values()].flatMap(({ origins }) => [...origins])),
  };
}

/** Only the settings of the sections, which costs nothing however large they are. */
export function settingsOf(sections: ReadonlyMap<string, EffectiveSection>): JsonObject {
  return Object.fromEntries([...sections].map(([section, { value }]) => [section, value]));
}

/** What one level says about one place. */
interface Contribution {
  readonly level: string;
  readonly value: Json;
}

function fold(
  shape: Shape,
  given: readonly Contribution[],
  path: readonly string[],
  origins: Map<string, string>,
): Json | undefined {
  const alive = given.slice(given.findLastIndex(({ value }) => value === null) + 1);
  if (shape.kind === 'unit' || shape.kind === 'leaf') {
    const winner = alive.at(-1);
    const value = winner?.value ?? (shape.kind === 'leaf' ? shape.fallback : undefined);
    if (value !== undefined) origins.set(pointer(path), winner?.level ?? defaultsLevel);
    return value;
  }
  const out: Record<string, Json> = {};
  const names = shape.kind === 'record' ? shape.fields.keys() : entryNames(alive);
  for (const name of names) {
    const inner = shape.kind === 'record' ? shape.fields.get(name) : shape.entry;
    const below = alive.flatMap(({ level, value }) => contribution(level, value, name));
    // An entry of a table exists because a level says so; the fields of a record are always there.
    if (!inner || (shape.kind === 'table' && below.at(-1)?.value === null)) continue;
    const value = fold(inner, below, [...path, name], origins);
    if (value !== undefined) out[name] = value;
  }
  return out;
}

function contribution(level: string, value: Json, name: string): readonly Contribution[] {
  const inner = isObject(value) ? own(value, name) : undefined;
  return inner === undefined ? [] : [{ level, value: inner }];
}

/** Sorted, so that the same layers give the same text whatever the order their keys were inserted in. */
function entryNames(given: readonly Contribution[]): readonly string[] {
  return [...new Set(given.flatMap(({ value }) => (isObject(value) ? Object.keys(value) : [])))].sort();
}
