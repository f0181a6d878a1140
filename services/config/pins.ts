/** Pins: what a level demands of the levels below it, how they are held in layers, and which of them say nothing sensible. */
import { isNamed, type Finding } from '../errors.ts';
import { isObject, type JsonObject } from '../schema/json.ts';
import { parts, pointer } from '../schema/pointer.ts';
import type { Configuration, Pin } from '../schema/types.generated.ts';
import { layerAt, parseLevel, type LevelLayer } from './levels.ts';
import { scaleAt } from './strictness.ts';
import { locate } from './units.ts';

/** A pin with the level that holds it. */
export interface HeldPin {
  readonly level: string;
  /** The setting; `*` stands for every entry of a table. */
  readonly pointer: string;
  readonly rule: Pin['rule'];
  readonly lowest?: string | boolean;
}

/** The pins that layers hold, least specific level first. All of them count: a group can only add to those of the cluster. */
export function pinsOf(layers: readonly LevelLayer[]): readonly HeldPin[] {
  return layers.flatMap(({ level, layer }) => {
    const held = layer['pins'];
    if (!isObject(held)) return [];
    return Object.entries(held)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([at, pin]) => ({ level, pointer: at, ...(pin as unknown as Pin) }));
  });
}

/** The pins of every level of a configuration. */
export function pinsIn(configuration: Configuration): readonly HeldPin[] {
  const levels = Object.keys(configuration.layers).sort();
  return pinsOf(levels.map((level) => ({ level, layer: layerAt(configuration, level) })));
}

/** What is wrong with the pins of a layer that is one otherwise: where they are held, what they are about, what they demand. */
export function pinFaults(level: string, layer: JsonObject): readonly Finding[] {
  return pinsOf([{ level, layer }]).flatMap((pin) => {
    const detail = fault(pin);
    return detail === undefined ? [] : [{ level, pointer: pointer(['pins', pin.pointer]), detail }];
  });
}

function fault({ level, pointer: at, rule, lowest }: HeldPin): string | undefined {
  if (parseLevel(level).kind === 'machine') {
    return `${at} cannot be pinned at ${level}, since nothing is below it; pin it at the cluster or a group`;
  }
  const path = parts(at);
  if (path[0] === 'pins') return `${at} is a pin itself; pin a setting`;
  const spelled = spelling(path);
  if ('detail' in spelled) return spelled.detail;
  if (spelled.at !== at) return `${at} is spelled ${spelled.at}; pin that`;
  return rule === 'floor' ? floorFault(at, path, lowest) : undefined;
}

function floorFault(at: string, path: readonly string[], lowest: HeldPin['lowest']): string | undefined {
  const scale = scaleAt(path);
  if (!scale) return `the values of ${at} have no order, so there is no floor; fix it instead`;
  if (lowest === undefined) {
    return path.includes('*')
      ? `a floor for every entry needs its lowest value; name one of ${scale.values.join(', ')}`
      : undefined;
  }
  return scale.values.includes(lowest)
    ? undefined
    : `${JSON.stringify(lowest)} is no value of ${at}; use one of ${scale.values.join(', ')}`;
}

function spelling(path: readonly string[]): { readonly at: string } | { readonly detail: string } {
  try {
    return { at: pointer(locate(path).path) };
  } catch (error) {
    if (isNamed(error, 'invalid-input')) return { detail: error.message };
    throw error;
  }
}
