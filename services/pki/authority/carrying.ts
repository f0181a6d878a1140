/** Authorities in a configuration file: what it carries of them, and how that comes back. */
import { createPrivateKey, type KeyObject } from 'node:crypto';

import { NamedError } from '../../errors.ts';
import { keyId } from '../keys.ts';
import type { Context } from './context.ts';
import type { Carrying } from './contract.ts';

export function carrying({ records, pki, keys, now }: Context): Carrying {
  return {
    async records() {
      const authorities = await records.authorities();
      const issued = await Promise.all(authorities.map(({ name }) => records.issued(name)));
      return { authorities, issued: issued.flat().filter(({ notAfter }) => new Date(notAfter) > now()) };
    },
    async checkRecords({ authorities }, pems) {
      const present = new Map((await records.authorities()).map((one) => [one.name, one]));
      for (const { name, root, issuing } of authorities) {
        for (const { key } of [root, issuing]) named(key, pems[key] ?? '');
        const here = present.get(name);
        if (here === undefined || here.root.key === root.key) continue;
        throw new NamedError(
          'precondition-failed',
          `there is another authority ${name} here, with a root of its own; load the file into a controller without it`,
        );
      }
    },
    async restore({ authorities, issued }, pems) {
      for (const authority of authorities) {
        for (const { key } of [authority.root, authority.issuing]) await keys.seal(named(key, pems[key] ?? ''));
        await pki.putBundle(authority.root.pem);
        await records.add(authority);
        const certificates = issued.filter((one) => one.authority === authority.name);
        await records.bringIn(authority.name, certificates);
        for (const { serial, revoked } of certificates) {
          if (revoked) await records.revoke(authority.name, serial, revoked.reason, new Date(revoked.time));
        }
      }
    },
  };
}

/** The key of that id; bad-certificate when the text holds another one or none. */
function named(id: string, pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (keyId(key) === id) return key;
  } catch {
    // The same answer as for another key.
  }
  throw new NamedError(
    'bad-certificate',
    `key ${id} of an authority in the configuration file is not what its name says; the file was changed or damaged`,
  );
}
