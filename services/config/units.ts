/** The shape of the settings, read from the schema once: what merges by field, what only as a whole, and how names compare. */
import { NamedError } from '../errors.ts';
import { documents, follow } from '../schema/documents.ts';
import { canonicalDomain } from '../schema/domain.ts';
import { isObject, without, type Json, type JsonObject } from '../schema/json.ts';
import { pointer } from '../schema/pointer.ts';
import { canonicalSender } from '../schema/sender.ts';

export type Shape =
  /** Named fields, each of which merges by itself. */
  | { readonly kind: 'record'; readonly fields: ReadonlyMap<string, Shape> }
  /** Entries by names that administrators give; `builtin` holds the entries that are there from the start. */
  | { readonly kind: 'table'; readonly keys: 'name' | 'domain'; readonly entry: Shape; readonly builtin: JsonObject }
  /** An object that only makes sense whole (`x-merge: replace`). */
  | { readonly kind: 'unit' }
  /** A scalar or a list; `fallback` is what it is when no level says anything, `items` how those of a list compare. */
  | { readonly kind: 'leaf'; readonly fallback: Json | undefined; readonly items?: 'sender' };

export interface Location {
  readonly shape: Shape;
  /** The path in its stored form: domains in canonical form. */
  readonly path: readonly string[];
  /** The part of the path that merges as one: the path itself, or the unit that it goes into. */
  readonly whole: readonly string[];
}

/** The shape of the whole settings document: one field per section. */
export const settingsShape: Extract<Shape, { kind: 'record' }> = readSettings();

/** The shape of a layer: the sections, and beside them what the level demands of those below it. */
export const layerShape: Extract<Shape, { kind: 'record' }> = {
  kind: 'record',
  fields: new Map([
    ...settingsShape.fields,
    ['pins', read(documents.get('pins.schema.json') ?? {}, 'pins.schema.json')],
  ]),
};

/** The shape of a section; throws when there is none of that name. */
export function sectionShape(section: string): Shape {
  const shape = settingsShape.fields.get(section);
  if (!shape) throw new Error(`no section ${section}`);
  return shape;
}

/** Where a path leads. Throws `invalid-input` when there is no such setting, or when it goes into a list or a value. */
export function locate(path: readonly string[]): Location {
  let shape: Shape = layerShape;
  const canonical: string[] = [];
  for (const [depth, part] of path.entries()) {
    if (shape.kind === 'unit') {
      if (depth + 1 < path.length) throw notEntered(path, depth + 1);
      return { shape: { kind: 'leaf', fallback: undefined }, path: [...canonical, part], whole: canonical };
    }
    if (shape.kind === 'leaf') throw notEntered(path, depth);
    const inner: Shape | undefined = shape.kind === 'table' ? shape.entry : shape.fields.get(part);
    if (!inner) {
      const known = shape.kind === 'record' ? [...shape.fields.keys()].join(', ') : '';
      throw new NamedError('invalid-input', `there is no setting ${pointer(path)}: use one of ${known}`, {
        findings: [{ pointer: pointer(path), detail: `there is no setting "${part}"` }],
      });
    }
    canonical.push(shape.kind === 'table' && shape.keys === 'domain' ? canonicalDomain(part) : part);
    shape = inner;
  }
  return { shape, path: canonical, whole: canonical };
}

/**
 * A value as it is stored at a shape: domains and senders in canonical form, and no empty tables, since those say nothing.
 * Undefined when nothing is left. Throws `invalid-input` when two names are the same domain.
 */
export function canonicalValue(shape: Shape, value: Json, isEntry = false): Json | undefined {
  if (shape.kind === 'leaf' && shape.items === 'sender' && Array.isArray(value)) {
    return (value as readonly Json[]).map((item) => (typeof item === 'string' ? canonicalSender(item) : item));
  }
  if (!isObject(value) || shape.kind === 'leaf' || shape.kind === 'unit') return value;
  const out: Record<string, Json> = {};
  for (const [name, inner] of Object.entries(value)) {
    const key = shape.kind === 'table' && shape.keys === 'domain' ? canonicalDomain(name) : name;
    if (Object.hasOwn(out, key)) {
      throw new NamedError('invalid-input', `"${key}" is given twice in different spellings; keep one of them`);
    }
    const innerShape = shape.kind === 'table' ? shape.entry : shape.fields.get(name);
    const stored = innerShape ? canonicalValue(innerShape, inner, shape.kind === 'table') : inner;
    if (stored !== undefined) out[key] = stored;
  }
  return Object.keys(out).length > 0 || isEntry ? out : undefined;
}

function notEntered(path: readonly string[], depth: number): NamedError {
  const whole = pointer(path.slice(0, depth));
  return new NamedError('invalid-input', `${pointer(path)} goes into a value: set ${whole} as a whole`, {
    findings: [{ pointer: pointer(path), detail: `${whole} is a list or a single value and is set as a whole` }],
  });
}

function readSettings(): Extract<Shape, { kind: 'record' }> {
  const path = 'settings.schema.json';
  const shape = read(documents.get(path) ?? {}, path);
  if (shape.kind !== 'record') throw new Error(`${path} does not describe an object`);
  return shape;
}

function read(schema: JsonObject, path: string): Shape {
  const reference = schema['$ref'];
  if (typeof reference === 'string') {
    const target = follow(reference, path);
    return read({ ...target.schema, ...without(schema, '$ref') }, target.path);
  }
  if (schema['type'] === 'object') {
    if (schema['x-merge'] === 'replace') return { kind: 'unit' };
    const { properties, additionalProperties: entry, default: builtin } = schema;
    if (isObject(properties)) {
      const fields = Object.entries(properties).map(
        ([name, inner]) => [name, read(inner as JsonObject, path)] as const,
      );
      return { kind: 'record', fields: new Map(fields) };
    }
    if (isObject(entry)) {
      const keys = schema['x-keys'] === 'domain' ? 'domain' : 'name';
      return { kind: 'table', keys, entry: read(entry, path), builtin: isObject(builtin) ? builtin : {} };
    }
  }
  const items = schema['x-items'] === 'sender' ? ({ items: 'sender' } as const) : {};
  return { kind: 'leaf', fallback: schema['default'], ...items };
}
