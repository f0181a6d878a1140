/** What groups and machines set over the levels above them, and which of it does nothing, or no longer what it was set for. Pure. */
import { isNamed } from '../errors.ts';
import { isObject, without, type Json } from '../schema/json.ts';
import { parts } from '../schema/pointer.ts';
import type { Configuration } from '../schema/types.generated.ts';
import { explain, sayingAt, type Said } from './explain.ts';
import { leaves } from './leaves.ts';
import { layerAt, levelsOf, parseLevel, type LevelLayer } from './levels.ts';
import { same } from './merge.ts';

export interface Override {
  readonly level: string;
  readonly pointer: string;
  /** Null for a tombstone. */
  readonly value: Json;
  /** What would hold without it; absent when no level above sets anything there. */
  readonly inherited?: Said;
  /**
   * `effective`: it changes a value. `redundant`: the levels above say the same. `void`: it removes what no level above
   * sets, or nothing inherits it.
   */
  readonly effect: 'effective' | 'redundant' | 'void';
}

/** The overrides of all groups and machines, by level and pointer. What a level only adds to those above is none. */
export function overrides(configuration: Configuration, defaults: LevelLayer): readonly Override[] {
  const inhabited = new Set(Object.values(configuration.machines).map(({ group }) => `group/${group}`));
  return Object.keys(configuration.layers)
    .filter((level) => level !== 'cluster')
    .sort()
    .flatMap((level) => {
      const above = [defaults, ...levelsAbove(configuration, level)];
      const isVoid = level.startsWith('group/') && !inhabited.has(level);
      return [...leaves(without(layerAt(configuration, level), 'pins'))].flatMap(([at, value]) =>
        overrideAt({ level, at, value, above, isVoid }),
      );
    });
}

function levelsAbove(configuration: Configuration, level: string): readonly LevelLayer[] {
  const place = parseLevel(level);
  const above =
    place.kind === 'machine'
      ? levelsOf(place.name, configuration.machines[place.name]?.group ?? '').slice(0, -1)
      : ['cluster'];
  return above.map((each) => ({ level: each, layer: layerAt(configuration, each) }));
}

interface Leaf {
  readonly level: string;
  readonly at: string;
  readonly value: Json;
  readonly above: readonly LevelLayer[];
  readonly isVoid: boolean;
}

function overrideAt({ level, at, value, above, isVoid }: Leaf): readonly Override[] {
  const inherited = inheritedAt(above, at);
  const isNothing = inherited === undefined || inherited.value === null;
  if (isNothing && value !== null) return [];
  const effect = isVoid || isNothing ? 'void' : addsNothing(value, inherited.value) ? 'redundant' : 'effective';
  return [{ level, pointer: at, value, ...(isNothing ? {} : { inherited }), effect }];
}

/** Whether the value says no more than what is inherited: the same, or only that an entry is there. */
function addsNothing(value: Json, inherited: Json): boolean {
  return same(value, inherited) || (isObject(value) && Object.keys(value).length === 0);
}

/** For what holds several settings, such as a table entry that a tombstone removes, the most specific level that says something there. */
function inheritedAt(above: readonly LevelLayer[], at: string): Said | undefined {
  const path = parts(at);
  try {
    const { level, value } = explain(above, path);
    return { level, value };
  } catch (error) {
    if (isNamed(error, 'not-found')) return undefined;
    if (!isNamed(error, 'invalid-input')) throw error;
  }
  return above
    .map(({ level, layer }) => ({ level, value: sayingAt(layer, path) }))
    .findLast((said): said is Said => said.value !== undefined);
}
