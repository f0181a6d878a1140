/** Where this package is and which version it has, wherever it was built to. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The version that controller and clients report. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(`${packageFolder()}package.json`, 'utf8')) as { readonly version: string }).version;
}

/** The folder with the package.json above this file, with a slash at the end. */
export function packageFolder(): string {
  for (let folder = new URL('./', import.meta.url); folder.pathname !== '/'; folder = new URL('../', folder)) {
    if (existsSync(new URL('package.json', folder))) return fileURLToPath(folder);
  }
  throw new Error('no package.json above this file');
}
