/** Which value of a setting is stricter than another, as the schemas say it (`x-strictness`). */
import { documents, follow } from '../schema/documents.ts';
import { isObject, own, type Json, type JsonObject } from '../schema/json.ts';

/** What can be ranked. */
type Ranked = string | boolean;

export interface Scale {
  /** Every value, those that are looser before those that are stricter. */
  readonly values: readonly Ranked[];
  /** Whether a value is as strict as another, or stricter; two values may each be as strict as the other, or neither. */
  readonly isAtLeast: (value: Json, lowest: Json) => boolean;
}

/** The scale of the setting at a path, where `*` is any entry of a table; undefined when its values have no order. */
export function scaleAt(path: readonly string[]): Scale | undefined {
  let place: Place | undefined = { schema: documents.get('settings.schema.json') ?? {}, path: 'settings.schema.json' };
  for (const part of path) place = place && below(place, part);
  const chains = place?.schema['x-strictness'];
  if (!Array.isArray(chains)) return undefined;
  return scale(chains as readonly (readonly Ranked[])[]);
}

interface Place {
  readonly schema: JsonObject;
  readonly path: string;
}

function below({ schema, path }: Place, part: string): Place | undefined {
  const { properties, additionalProperties: entry } = schema;
  const inner = isObject(properties) ? own(properties, part) : entry;
  if (!isObject(inner)) return undefined;
  const reference = inner['$ref'];
  return typeof reference === 'string' ? follow(reference, path) : { schema: inner, path };
}

function scale(chains: readonly (readonly Ranked[])[]): Scale {
  const next = (value: Ranked) =>
    chains.flatMap((chain) => chain.flatMap((each, at) => (each === value ? chain.slice(at) : [])));
  const reached = (from: Ranked): ReadonlySet<Json> => {
    const seen = new Set([from]);
    // A set also gives what is added to it while it is walked.
    for (const value of seen) for (const stricter of next(value)) seen.add(stricter);
    return seen;
  };
  const values = [...new Set(chains.flat())];
  const known = new Map<Json, ReadonlySet<Json>>(values.map((value) => [value, reached(value)]));
  return { values, isAtLeast: (value, lowest) => known.get(lowest)?.has(value) ?? false };
}
