/** Configuration files that were saved once, under `passphrase` of cheaply.ts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const goldenFolder = 'test/backup/golden';

export function goldenPath(format: number): string {
  return join(goldenFolder, `format-${format}.signet`);
}

export function goldenFile(format: number): string {
  return readFileSync(goldenPath(format), 'utf8');
}
