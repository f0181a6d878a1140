/** The effective settings of the machines of one configuration: machines share what their own layer does not touch. */
import type { Configuration } from '../schema/types.generated.ts';
import { layersOf, memberOf, type LevelLayer } from './levels.ts';
import { resolveSection, type EffectiveSection } from './resolve.ts';
import { settingsShape } from './units.ts';

/** A machine with its layers, least specific first, without the defaults. */
export interface MemberLayers {
  readonly id: string;
  readonly group: string;
  readonly layers: readonly LevelLayer[];
}

/** A machine with all that takes effect on it. */
export interface Member {
  readonly id: string;
  /** All layers, defaults first. */
  readonly layers: readonly LevelLayer[];
  /** By section; one that the machine's own layer says nothing about is the same object for its whole group. */
  readonly sections: ReadonlyMap<string, EffectiveSection>;
}

/** Resolves machines of one configuration, each section of each group once. Not for machines of several configurations. */
export function fleet(defaults: LevelLayer): (machine: MemberLayers) => Member {
  const groups = new Map<string, Member['sections']>();

  return ({ id, group, layers: held }) => {
    const layers = [defaults, ...held];
    const shared = groups.get(group) ?? resolveAll(layers.slice(0, -1));
    groups.set(group, shared);
    const mine = Object.keys(layers.at(-1)?.layer ?? {}).map((name) => [name, resolveSection(name, layers)] as const);
    return { id, layers, sections: mine.length === 0 ? shared : new Map([...shared, ...mine]) };
  };
}

/** The layers of a machine in a configuration; throws `not-found` when it is no member. */
export function memberLayersIn(configuration: Configuration, machine: string): MemberLayers {
  return { ...memberOf(configuration, machine), layers: layersOf(configuration, machine) };
}

function resolveAll(layers: readonly LevelLayer[]): Member['sections'] {
  return new Map([...settingsShape.fields.keys()].map((section) => [section, resolveSection(section, layers)]));
}
