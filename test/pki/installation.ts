/** A service on a real store in a folder of its own. */
import { join } from 'node:path';

import { pkiService, type PkiService } from '../../services/pki/service.ts';
import { secretsService, type Secrets } from '../../services/secrets/service.ts';
import { embeddedStore } from '../../services/store/embedded.ts';
import type { Store } from '../../services/store/store.ts';
import { removeFolder, temporaryFolder } from './openssl.ts';

export interface Installation {
  readonly pki: PkiService;
  readonly store: Store;
  readonly secrets: Secrets;
  close(): Promise<void>;
}

export async function installation(now: () => Date = () => new Date()): Promise<Installation> {
  const folder = temporaryFolder();
  const store = embeddedStore(join(folder, 'store.sqlite'));
  const secrets = await secretsService({ store, masterKey: new Uint8Array(32).fill(7) });
  return {
    pki: pkiService({ store, secrets, now }),
    store,
    secrets,
    close: async () => {
      await store.close();
      removeFolder(folder);
    },
  };
}
