/** Compiles the schemas once (ajv, JSON Schema 2020-12, strict) and derives the layer schema from the settings schema. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

import { base, documents, follow } from './documents.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import { canonicalSender, readSender } from './sender.ts';
import type { Shapes } from './types.generated.ts';

export { documents, follow };

const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
addFormats.default(ajv);
// How layers merge: 'replace' makes a unit that only makes sense whole (docs/settings.md).
ajv.addKeyword({ keyword: 'x-merge', schemaType: 'string', metaSchema: { const: 'replace' } });
// How the names of a table compare: 'domain' names are stored in their canonical form.
ajv.addKeyword({ keyword: 'x-keys', schemaType: 'string', metaSchema: { const: 'domain' } });
// How the items of a list compare: 'sender' items are stored in their canonical form, which is what the format means.
ajv.addKeyword({ keyword: 'x-items', schemaType: 'string', metaSchema: { const: 'sender' } });
// Chains from the loosest value to the strictest; a value that follows another is at least as strict (docs/settings.md, pins).
ajv.addKeyword({ keyword: 'x-strictness', schemaType: 'array' });
ajv.addFormat('sender', (text: string) => readSender(text) !== undefined && canonicalSender(text) === text);
for (const document of documents.values()) ajv.addSchema(document);

/** The same shape for a layer: nothing required outside units, and null (a tombstone) wherever a value may stand. */
function asLayer(schema: JsonObject, path: string): JsonObject {
  const reference = schema['$ref'];
  if (typeof reference === 'string') {
    const target = follow(reference, path);
    return asLayer({ ...target.schema, ...without(schema, ['$ref']) }, target.path);
  }
  if (schema['type'] !== 'object' || schema['x-merge'] === 'replace') return absolute(schema, path);
  const out: Record<string, Json> = { ...absolute(without(schema, ['required', '$id', '$schema']), path) };
  if (isObject(schema['properties'])) {
    out['properties'] = Object.fromEntries(
      Object.entries(schema['properties']).map(([name, inner]) => [name, orNull(asLayer(inner as JsonObject, path))]),
    );
  }
  if (isObject(schema['additionalProperties'])) {
    out['additionalProperties'] = orNull(asLayer(schema['additionalProperties'], path));
  }
  return out;
}

function orNull(schema: JsonObject): JsonObject {
  return { if: { not: { type: 'null' } }, then: schema };
}

function without(schema: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !keys.includes(key)));
}

/** Relative references made absolute, since the derived schema stands elsewhere. */
function absolute(schema: JsonObject, path: string): JsonObject {
  const convert = (value: Json): Json => {
    if (Array.isArray(value)) return (value as readonly Json[]).map(convert);
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) =>
        key === '$ref' && typeof inner === 'string' ? [key, new URL(inner, base + path).href] : [key, convert(inner)],
      ),
    );
  };
  return convert(schema) as JsonObject;
}

const settings = documents.get('settings.schema.json');
if (!settings) throw new Error('schemas/settings.schema.json is missing');
const layer = asLayer(settings, 'settings.schema.json');
const pins = { $ref: `${base}pins.schema.json` };
ajv.addSchema({ ...layer, properties: { ...(layer['properties'] as JsonObject), pins }, $id: `${base}layer` });

/** Where the schema of each shape stands, below `schemas/`. */
const places: ReadonlyMap<string, string> = new Map(
  [...documents.keys()].map((path) => [path.slice(path.lastIndexOf('/') + 1, -'.schema.json'.length), path]),
);

/** The compiled check of one shape; `layer` is derived, the others are files. */
export function validator(shape: keyof Shapes | 'layer'): ValidateFunction {
  const found = ajv.getSchema(base + (shape === 'layer' ? 'layer' : (places.get(shape) ?? '')));
  if (!found) throw new Error(`no schema for ${shape}`);
  return found;
}
