/** Reads a value from the command line the way the setting it is for wants it: 25 is a number for a port and text for a name. */
import { documents, follow } from '../schema/documents.ts';
import { isObject, type Json, type JsonObject } from '../schema/json.ts';

/** JSON when the setting at `path` takes what it says, otherwise text; the controller judges the rest. */
export function readValue(text: string, path: readonly string[]): Json {
  const parsed = tryJson(text);
  const wanted = wantedTypes(path);
  if (parsed !== undefined && (wanted.size === 0 || wanted.has(typeOf(parsed)))) return parsed;
  if (wanted.has('string') || parsed === undefined) return text;
  return parsed;
}

/** The JSON types that the settings schema allows at `path`; none for a path it does not know. */
export function wantedTypes(path: readonly string[]): ReadonlySet<string> {
  let places: readonly Place[] = [
    { file: 'settings.schema.json', schema: documents.get('settings.schema.json') ?? {} },
  ];
  for (const part of path) places = places.flatMap(alternatives).flatMap((place) => below(place, part));
  return new Set(places.flatMap(alternatives).flatMap(({ schema }) => typesOf(schema)));
}

interface Place {
  readonly file: string;
  readonly schema: JsonObject;
}

/** The schemas that a value may satisfy here: references followed, unions opened. */
function alternatives(place: Place): readonly Place[] {
  const { $ref, anyOf, oneOf, ...rest } = place.schema;
  if (typeof $ref === 'string') {
    const target = follow($ref, place.file);
    return alternatives({ file: target.path, schema: target.schema });
  }
  const branches = [anyOf, oneOf].flatMap((list) => (Array.isArray(list) ? (list as readonly JsonObject[]) : []));
  if (branches.length === 0) return [place];
  return [
    { file: place.file, schema: rest },
    ...branches.flatMap((schema) => alternatives({ file: place.file, schema })),
  ];
}

function below({ file, schema }: Place, part: string): readonly Place[] {
  const properties = schema['properties'];
  const named =
    isObject(properties) && Object.hasOwn(properties, part) ? properties[part] : schema['additionalProperties'];
  return isObject(named) ? [{ file, schema: named }] : [];
}

function typesOf(schema: JsonObject): readonly string[] {
  if (typeof schema['type'] === 'string') return schema['type'] === 'integer' ? ['number'] : [schema['type']];
  if ('const' in schema) return [typeOf(schema['const'] ?? null)];
  return [];
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function tryJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
