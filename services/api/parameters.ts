/** The strings of a path and a query as the numbers and names they stand for, checked by their schemas. */
import { documents, follow } from '../schema/documents.ts';
import { isObject, type JsonObject } from '../schema/json.ts';
import { parse } from '../schema/parse.ts';
import type { Shapes } from '../schema/types.generated.ts';

/** Typed as `shape`; throws `invalid-input` with a finding for each one that does not fit or is unknown. */
export function readParameters<S extends keyof Shapes>(
  shape: S,
  given: Readonly<Record<string, unknown>>,
  what: string,
): Shapes[S] {
  const numbers = new Set(
    [...parameterSchemas(shape)].flatMap(([name, { type }]) => (type === 'integer' ? [name] : [])),
  );
  const converted = Object.entries(given).map(([name, value]) => [
    name,
    numbers.has(name) && typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value,
  ]);
  return parse(shape, Object.fromEntries(converted), what);
}

/** The schema of each parameter of a shape, references followed one step; for reading them and for documenting them. */
export function parameterSchemas(shape: keyof Shapes): ReadonlyMap<string, JsonObject> {
  const path = `api/${shape}.schema.json`;
  const properties = documents.get(path)?.['properties'];
  if (!isObject(properties)) throw new Error(`${path} does not describe parameters`);
  return new Map(
    Object.entries(properties).map(([name, schema]) => {
      const { $ref: reference, ...beside } = schema as JsonObject;
      return [name, typeof reference === 'string' ? { ...follow(reference, path).schema, ...beside } : beside];
    }),
  );
}
