/** Opens the store the options name. etcd's library is loaded only when it is used: it is the dearest import of all. */
import { readFileSync } from 'node:fs';

import { NamedError } from '../errors.ts';
import { embeddedStore } from '../store/embedded.ts';
import type { Store } from '../store/store.ts';
import type { EtcdFlags, Options } from './options.ts';

export async function openStore({ store }: Pick<Options, 'store'>): Promise<Store> {
  if (store.kind === 'embedded') return embeddedStore(store.path);
  const { etcdStore } = await import('../store/etcd.ts');
  return etcdStore(etcdOptions(store.options));
}

function etcdOptions({ hosts, prefix, ca, certificate, key, user, passwordFile }: EtcdFlags) {
  return {
    hosts,
    prefix,
    ...(ca === undefined ? {} : { ca: read(ca) }),
    ...(certificate === undefined ? {} : { certificate: read(certificate) }),
    ...(key === undefined ? {} : { key: read(key) }),
    ...(user === undefined ? {} : { user }),
    ...(passwordFile === undefined ? {} : { password: read(passwordFile).trimEnd() }),
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new NamedError('invalid-input', `${path} cannot be read; check its name and who may read it`, { cause });
  }
}
