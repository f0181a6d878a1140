/** The effective settings of many machines at once: machines share what their own layer does not touch. */
import type { Configuration } from '../schema/types.generated.ts';
import { layersOf, memberOf, type LevelLayer } from './levels.ts';
import { resolveSection, type EffectiveSection } from './resolve.ts';
import { settingsShape } from './units.ts';

export interface Member {
  readonly id: string;
  /** All layers, defaults first. */
  readonly layers: readonly LevelLayer[];
  readonly sections: Sections;
}

/** By section; one that a machine's own layer says nothing about is the same object for its whole group. */
type Sections = ReadonlyMap<string, EffectiveSection>;

/** One machine with its layers, least specific first. */
export function resolveMember(
  { id, layers }: { readonly id: string; readonly layers: readonly LevelLayer[] },
  defaults: LevelLayer,
): Member {
  const all = [defaults, ...layers];
  return { id, layers: all, sections: resolveAll(all) };
}

/** Resolves machines of one configuration, each section of each group once. */
export function fleet(configuration: Configuration, defaults: LevelLayer): (machine: string) => Member {
  const groups = new Map<string, Sections>();

  return (machine) => {
    const { id, group } = memberOf(configuration, machine);
    const layers = [defaults, ...layersOf(configuration, machine)];
    const shared = groups.get(group) ?? resolveAll(layers.slice(0, -1));
    groups.set(group, shared);
    const mine = Object.keys(layers.at(-1)?.layer ?? {}).map((name) => [name, resolveSection(name, layers)] as const);
    return { id, layers, sections: mine.length === 0 ? shared : new Map([...shared, ...mine]) };
  };
}

function resolveAll(layers: readonly LevelLayer[]): Sections {
  return new Map([...settingsShape.fields.keys()].map((section) => [section, resolveSection(section, layers)]));
}
