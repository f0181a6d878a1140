/** Follows the names by which settings refer to each other. */
import { NamedError } from '../errors.ts';

/** The entry of a table that `who` names; commit refuses names that are not there, so a caller may rely on it afterwards. */
export function named<T>(table: Readonly<Record<string, T>>, name: string, who: string, kind: string): T {
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  if (found !== undefined) return found;
  throw new NamedError(
    'invalid-configuration',
    `${who} names the ${kind} "${name}", which no level defines; define it or name another one`,
  );
}
