/** Reads the cases that are data. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export function vectors(name: string): readonly unknown[] {
  // From the repository's root, since tests run on the built output.
  return JSON.parse(
    readFileSync(join(process.cwd(), 'test/config/vectors', `${name}.json`), 'utf8'),
  ) as readonly unknown[];
}
