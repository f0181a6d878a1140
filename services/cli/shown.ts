/** How values look to people. */
import type { Json } from '../schema/json.ts';

/** A value on one line. */
export function shown(value: Json | undefined): string {
  if (value === undefined) return '(nothing)';
  return value === null ? '(removed)' : JSON.stringify(value);
}
