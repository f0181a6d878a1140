/** The version of this package, which controller and clients report. */
import { existsSync, readFileSync } from 'node:fs';

/** The version in the package.json above this file, wherever it was built to. */
export function packageVersion(): string {
  for (let folder = new URL('./', import.meta.url); folder.pathname !== '/'; folder = new URL('../', folder)) {
    const path = new URL('package.json', folder);
    if (existsSync(path)) return (JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }).version;
  }
  throw new Error('no package.json above this file');
}
