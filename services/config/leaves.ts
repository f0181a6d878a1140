/** A layer as its leaves: scalars, lists, units and tombstones, by JSON Pointer. */
import { isObject, type Json, type JsonObject } from '../schema/json.ts';
import { pointer } from '../schema/pointer.ts';
import { layerShape, type Shape } from './units.ts';

/** The leaves in the order of their pointers; a table entry without fields is a leaf too, since it says that it exists. */
export function leaves(layer: JsonObject): ReadonlyMap<string, Json> {
  const found: (readonly [string, Json])[] = [];
  collect(layerShape, layer, [], found);
  return new Map(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function collect(shape: Shape, value: Json, path: readonly string[], found: (readonly [string, Json])[]): void {
  const isLeaf = shape.kind === 'leaf' || shape.kind === 'unit' || !isObject(value);
  if (isLeaf || (Object.keys(value).length === 0 && path.length > 1)) {
    found.push([pointer(path), value]);
    return;
  }
  for (const [name, inner] of Object.entries(value)) {
    const below = shape.kind === 'table' ? shape.entry : shape.fields.get(name);
    if (below) collect(below, inner, [...path, name], found);
  }
}
