/** The schema documents as data, and how a reference from one to another is followed; without the cost of compiling them. */
import { isObject, type Json, type JsonObject } from './json.ts';
import { schemas } from './schemas.generated.ts';

/** What the `$id` of every schema begins with. */
export const base = 'https://signet.invalid/schemas/';

/** The schema documents by their path below `schemas/`, such as `settings/listeners.schema.json`. */
export const documents: ReadonlyMap<string, JsonObject> = new Map(
  schemas.map((schema) => [String(schema['$id']).slice(base.length), schema as JsonObject]),
);

/** The schema a `$ref` inside the document `from` points to, and the document it stands in. */
export function follow(ref: string, from: string): { readonly schema: JsonObject; readonly path: string } {
  const url = new URL(ref, base + from);
  const path = url.pathname.slice(new URL(base).pathname.length);
  let schema: Json | undefined = documents.get(path);
  for (const part of url.hash.slice(1).split('/').slice(1)) schema = isObject(schema) ? schema[part] : undefined;
  if (!isObject(schema)) throw new Error(`no schema at ${ref} from ${from}`);
  return { schema, path };
}
