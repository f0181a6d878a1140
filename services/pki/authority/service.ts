/** Private authorities, put together over the store and the sealed keys; each group of operations has a file of its own. */
import { createPrivateKey, randomBytes } from 'node:crypto';

import type { Secrets } from '../../secrets/service.ts';
import type { Store } from '../../store/store.ts';
import { keyId, privateKeyPem } from '../keys.ts';
import { carrying } from './carrying.ts';
import type { Context } from './context.ts';
import type { AuthorityService } from './contract.ts';
import { founding } from './founding.ts';
import { issuing } from './issuing.ts';
import { authorityRecords } from './records/service.ts';
import { revoking } from './revoking.ts';

export interface AuthorityDependencies {
  readonly store: Store;
  readonly secrets: Secrets;
  readonly pki: Context['pki'];
  readonly now: () => Date;
  readonly random?: Context['random'];
}

export function authorityService({
  store,
  secrets,
  pki,
  now,
  random = randomBytes,
}: AuthorityDependencies): AuthorityService {
  const keys: Context['keys'] = {
    seal: (key) => secrets.put(keyId(key), Buffer.from(privateKeyPem(key))),
    open: async (id) => createPrivateKey(Buffer.from(await secrets.get(id))),
    forget: (key) => secrets.remove(keyId(key)),
  };
  const context: Context = { records: authorityRecords(store), pki, keys, now, random };
  return { ...founding(context), ...issuing(context), ...revoking(context), ...carrying(context) };
}
