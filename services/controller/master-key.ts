/** Which master key a controller starts with: the one there is, or a new one for a new installation. */
import { existsSync } from 'node:fs';

import { createMasterKey, masterKeyPath, readMasterKey } from '../secrets/master-key.ts';

/** Reads the master key; for a new store it is made when there is none, and never for one that has secrets under another. */
export function masterKey(
  path: string,
  env: NodeJS.ProcessEnv,
  isNewStore: boolean,
): { readonly bytes: Uint8Array; readonly source: string } {
  const source = masterKeyPath(path, env);
  const make = isNewStore && !existsSync(source);
  return { bytes: make ? createMasterKey(source) : readMasterKey(source, env), source };
}
