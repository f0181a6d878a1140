/** JSON Pointers (RFC 6901): the paths of settings, since domain names hold dots. */
import { NamedError } from '../errors.ts';
import { isObject, type Json, type JsonObject } from './json.ts';

/** The unescaped parts of a pointer; the leading slash may be left out, as on the command line. */
export function parts(pointer: string): readonly string[] {
  const text = pointer === '' || pointer.startsWith('/') ? pointer : `/${pointer}`;
  if (/~(?![01])/.test(text)) {
    throw new NamedError('invalid-input', `"${pointer}" is not a path: write ~ as ~0 and / inside a name as ~1`);
  }
  return text
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The pointer with the given parts, escaped. */
export function pointer(path: readonly string[]): string {
  return path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Whether a pointer, in which `*` stands for any name, leads to a path, above it, or below it. */
export function isAround(pattern: string, path: readonly string[]): boolean {
  return parts(pattern).every((part, index) => part === '*' || index >= path.length || part === path[index]);
}

/** The value at `path`, or undefined where there is none. Arrays are not entered: lists are whole. */
export function valueAt(document: Json | undefined, path: readonly string[]): Json | undefined {
  let value: Json | undefined = document;
  for (const part of path) {
    if (!isObject(value) || !Object.hasOwn(value, part)) return undefined;
    value = value[part];
  }
  return value;
}

/** A copy of `document` with `value` at `path`; undefined deletes it, and objects left empty by that go too. */
export function withValueAt(document: JsonObject, path: readonly string[], value: Json | undefined): JsonObject {
  const [first, ...rest] = path;
  if (first === undefined) return isObject(value) ? value : {};
  const { [first]: present, ...others } = document;
  if (rest.length === 0) return value === undefined ? others : { ...document, [first]: value };
  const inner = withValueAt(isObject(present) ? present : {}, rest, value);
  return value === undefined && Object.keys(inner).length === 0 ? others : { ...document, [first]: inner };
}
