/** Which master key a controller starts with: the one there is, or a new one for a new installation. */
import { existsSync } from 'node:fs';

import { createMasterKey, masterKeyPath, readMasterKey } from '../secrets/master-key.ts';

/**
 * Reads the master key, or makes it on the first start. A new key for an old store is caught right after, since the store
 * knows what it was sealed under.
 */
export function masterKey(
  path: string,
  env: NodeJS.ProcessEnv,
): { readonly bytes: Uint8Array; readonly source: string } {
  const source = masterKeyPath(path, env);
  return { bytes: existsSync(source) ? readMasterKey(source, env) : createMasterKey(source), source };
}
