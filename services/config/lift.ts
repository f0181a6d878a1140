/** Settings that machines have in common brought to the level above them, so that no machine gets anything else than before. Pure. */
import { NamedError } from '../errors.ts';
import { compareNames } from '../machines/names.ts';
import { isObject, type Json, type JsonObject } from '../schema/json.ts';
import { parts, pointer, valueAt, withValueAt } from '../schema/pointer.ts';
import type { Configuration, LiftSettingsChange, Operation } from '../schema/types.generated.ts';
import { defaultsLayer } from './defaults.ts';
import { leaves } from './leaves.ts';
import { formatLevel, layerAt, levelsOf, parseLevel, type LevelLayer } from './levels.ts';
import { same } from './merge.ts';
import { pinsOf } from './pins.ts';
import { resolveSection } from './resolve.ts';

/** A setting that machines say alike. */
export interface Common {
  readonly path: readonly string[];
  readonly value: Json;
}

/** What can be lifted, and what it was tried with. */
export interface Lifting {
  readonly machines: readonly string[];
  /** All machines that get something from the level. */
  readonly below: readonly string[];
  readonly lifted: readonly Common[];
  /** As it is once that is lifted. */
  readonly present: Configuration;
}

/**
 * The operations that say at `to` what the layers of all the machines say alike, and unset it there: each setting whose move changes
 * the effective settings of no machine, be it one of these or not. Throws `not-found` when there is none.
 */
export function lift(configuration: Configuration, change: LiftSettingsChange): readonly Operation[] {
  const { to } = change;
  const { machines, lifted } = lifting(configuration, change);
  if (lifted.length === 0) {
    throw new NamedError(
      'not-found',
      `nothing of what ${machines.length} machines say can go to ${to}: they say nothing alike, another machine would get it too, or it is wanted of every machine`,
    );
  }
  return lifted.flatMap(({ path, value }): readonly Operation[] => {
    const at = pointer(path);
    const said = saysSame(layerAt(configuration, to), { path, value })
      ? []
      : [{ op: 'set', level: to, path: at, value } as const];
    return [...said, ...machines.map((machine) => ({ op: 'unset', level: levelOf(machine), path: at }) as const)];
  });
}

export function lifting(configuration: Configuration, change: LiftSettingsChange): Lifting {
  const { to } = change;
  const machines = liftedFrom(configuration, change);
  const below = under(configuration, to);
  const stray = machines.find((machine) => !below.includes(machine));
  if (stray !== undefined) throw new NamedError('invalid-input', `${stray} does not get its settings from ${to}`);
  let present = configuration;
  const lifted: Common[] = [];
  const candidates = inCommon(configuration, machines, to).filter(
    ({ path }) => demand(configuration, machines, path) === undefined,
  );
  for (const section of new Set(candidates.map(({ path }) => path[0] ?? ''))) {
    const common = candidates.filter(({ path }) => path[0] === section);
    // All at once where that is right, as it mostly is; else one after the other.
    for (const some of [common, ...(common.length > 1 ? common.map((one) => [one]) : [])]) {
      const left = some.filter((one) => !lifted.includes(one));
      const moved = left.reduce((before, one) => move(before, one, machines, to), present);
      if (left.length === 0 || changed(present, moved, section, below).length > 0) continue;
      present = moved;
      lifted.push(...left);
    }
  }
  return { machines, below, lifted, present };
}

/** The level that wants the setting said by every machine itself, when one does that any of these gets its settings from. */
export function demand(
  configuration: Configuration,
  machines: readonly string[],
  path: readonly string[],
): string | undefined {
  const levels = machines.flatMap((machine) => levelsOf(machine, configuration.machines[machine]?.group ?? ''));
  const held = [...new Set(levels)].map((level): LevelLayer => ({ level, layer: layerAt(configuration, level) }));
  return pinsOf(held).find(
    ({ rule, pointer: at }) =>
      rule === 'perMachine' &&
      parts(at).every((part, depth) => depth >= path.length || part === '*' || part === path[depth]),
  )?.level;
}

/** The machines named, those of the group named, or all below the level. */
function liftedFrom(configuration: Configuration, { from, machines, to }: LiftSettingsChange): readonly string[] {
  const chosen = machines ?? under(configuration, from ?? to);
  const unknown = chosen.find((machine) => !Object.hasOwn(configuration.machines, machine));
  if (unknown !== undefined)
    throw new NamedError('not-found', `there is no machine "${unknown}"; see the list of machines`);
  if (chosen.length === 0) throw new NamedError('not-found', `${from ?? to} has no machines to lift settings from`);
  return [...new Set(chosen)].sort(compareNames);
}

function under({ machines, groups }: Configuration, text: string): readonly string[] {
  const level = parseLevel(text);
  if (level.kind === 'machine') {
    throw new NamedError('invalid-input', `${text} has no level below it; lift to cluster or group/NAME`);
  }
  if (level.kind === 'group' && !Object.hasOwn(groups, level.name)) {
    throw new NamedError('not-found', `there is no group "${level.name}"; see the list of groups`);
  }
  return Object.keys(machines).filter((name) => level.kind === 'cluster' || machines[name]?.group === level.name);
}

/** What every one of the machines' layers says, and the target lets through; removals, and entries that only say they are there, stay. */
function inCommon(
  configuration: Configuration,
  [first = '', ...others]: readonly string[],
  to: string,
): readonly Common[] {
  const layers = others.map((machine) => layerAt(configuration, levelOf(machine)));
  const target = layerAt(configuration, to);
  return [...leaves(layerAt(configuration, levelOf(first)))]
    .map(([at, value]) => ({ path: parts(at), value }))
    .filter(({ value }) => value !== null && !(isObject(value) && Object.keys(value).length === 0))
    .filter((one) => layers.every((layer) => saysSame(layer, one)) && !isRemovedAbove(target, one));
}

export function isRemovedAbove(layer: JsonObject, { path }: Common): boolean {
  return path.some((_part, depth) => depth > 0 && valueAt(layer, path.slice(0, depth)) === null);
}

function saysSame(layer: JsonObject, { path, value }: Common): boolean {
  const said = valueAt(layer, path);
  return said !== undefined && same(said, value);
}

export function move(
  configuration: Configuration,
  { path, value }: Common,
  machines: readonly string[],
  to: string,
): Configuration {
  const target = layerAt(configuration, to);
  const layers: Record<string, JsonObject> = { [to]: withValueAt(target, path, value) };
  for (const level of machines.map(levelOf))
    layers[level] = withValueAt(layerAt(configuration, level), path, undefined);
  return { ...configuration, layers: { ...configuration.layers, ...layers } };
}

/** The machines below that get something else in the section. */
export function changed(
  before: Configuration,
  after: Configuration,
  section: string,
  below: readonly string[],
): readonly string[] {
  return below.filter((machine) => !same(effective(before, section, machine), effective(after, section, machine)));
}

function effective(configuration: Configuration, section: string, machine: string): Json {
  const levels = levelsOf(machine, configuration.machines[machine]?.group ?? '');
  const layers = levels.map((level): LevelLayer => ({ level, layer: layerAt(configuration, level) }));
  return resolveSection(section, [defaultsLayer(), ...layers]).value;
}

export function levelOf(machine: string): string {
  return formatLevel({ kind: 'machine', name: machine });
}
