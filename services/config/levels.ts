/** The levels a setting is held at, and those one machine gets its settings from: defaults < cluster < group < machine. */
import { NamedError } from '../errors.ts';
import { own, type JsonObject } from '../schema/json.ts';
import type { Configuration } from '../schema/types.generated.ts';

export type Level =
  | { readonly kind: 'cluster' }
  | { readonly kind: 'group'; readonly name: string }
  | { readonly kind: 'machine'; readonly name: string };

/** A layer with the level it is held at. */
export interface LevelLayer {
  readonly level: string;
  readonly layer: JsonObject;
}

/** Where built-in values come from. It is below every other level and no operation can name it. */
export const defaultsLevel = 'defaults';

/** The group that always exists, from revision 0 on. */
export const firstGroup = 'main';

/** Reads `cluster`, `group/NAME` or `machine/NAME`; throws `invalid-input` for anything else. */
export function parseLevel(text: string): Level {
  const [kind, name, ...rest] = text.split('/');
  if (kind === 'cluster' && name === undefined) return { kind };
  if ((kind === 'group' || kind === 'machine') && name !== undefined && name !== '' && rest.length === 0) {
    return { kind, name };
  }
  throw new NamedError('invalid-input', `"${text}" is not a level: write cluster, group/NAME or machine/NAME`);
}

export function formatLevel(level: Level): string {
  return level.kind === 'cluster' ? level.kind : `${level.kind}/${level.name}`;
}

/** The levels of a machine in a group, least specific first, without the defaults. */
export function levelsOf(machine: string, group: string): readonly string[] {
  return ['cluster', formatLevel({ kind: 'group', name: group }), formatLevel({ kind: 'machine', name: machine })];
}

/** The layer held at a level; empty where nothing is set. */
export function layerAt(configuration: Configuration, level: string): JsonObject {
  // Layers are checked against the layer schema before they get into a configuration, so they are JSON.
  return (own(configuration.layers, level) ?? {}) as JsonObject;
}

/** The layers of a machine, least specific first, without the defaults; throws `not-found` when it is not a member. */
export function layersOf(configuration: Configuration, machine: string): readonly LevelLayer[] {
  return levelsOf(machine, memberOf(configuration, machine).group).map((level) => ({
    level,
    layer: layerAt(configuration, level),
  }));
}

/** The roster entry of a machine; throws `not-found` when it is not a member. */
export function memberOf(
  { machines }: Pick<Configuration, 'machines'>,
  machine: string,
): Configuration['machines'][string] {
  const entry = own(machines, machine);
  if (!entry) {
    throw new NamedError(
      'not-found',
      `there is no machine "${machine}" in this configuration; see the list of machines`,
    );
  }
  return entry;
}
