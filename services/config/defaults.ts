/** The layer below all others: the entries that are there from the start, so that explain can name where they come from. */
import type { Json, JsonObject } from '../schema/json.ts';
import { defaultsLevel, type LevelLayer } from './levels.ts';
import { settingsShape } from './units.ts';

/** The name that this installation's demonstration certificate is bound to. */
export const demonstrationName = 'demonstration';

/**
 * The built-in entries: those of the `default` keyword of each section's schema, and the demonstration certificate. The
 * `default` of a field is not in it: `resolve` falls back to it wherever no level says anything.
 */
export function defaultsLayer(demonstration?: { readonly key: string; readonly chain: string }): LevelLayer {
  const layer: Record<string, Json> = {};
  for (const [section, shape] of settingsShape.fields) {
    if (shape.kind === 'table' && Object.keys(shape.builtin).length > 0) layer[section] = shape.builtin;
  }
  if (demonstration) layer['certificates'] = { [demonstrationName]: { ...demonstration } };
  return { level: defaultsLevel, layer: layer satisfies JsonObject };
}
