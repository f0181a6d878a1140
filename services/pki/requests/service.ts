/** Requests that wait for the answer of an authority: signed, kept as records of the store, and taken back. */
import { createPrivateKey, type KeyObject } from 'node:crypto';

import { NamedError, type Finding } from '../../errors.ts';
import { parse } from '../../schema/parse.ts';
import type { CertificateRequest, SigningRequest } from '../../schema/types.generated.ts';
import type { Secrets } from '../../secrets/service.ts';
import { keys } from '../../store/keys.ts';
import { readAll } from '../../store/read-all.ts';
import { unchanged, type Entry, type Store } from '../../store/store.ts';
import { certificatePem, readCertificatePem, type Certificate } from '../certificate.ts';
import { keyId, privateKeyPem } from '../keys.ts';
import { complete } from '../material.ts';
import { pemBlock } from '../pem.ts';
import { issued, type Issued } from '../service.ts';
import { signRequest } from './sign.ts';

export interface Asking {
  readonly author: string;
  readonly level: string;
  readonly name: string;
  readonly request: Pick<CertificateRequest, 'subject' | 'alternativeNames'>;
  /** The id of a key that is held, or a new key, which is sealed. */
  readonly key: string | KeyObject;
  /** The chain of that key which is bound now. */
  readonly replaces?: string;
}

export interface SigningRequests {
  /** Signs a request and keeps it, in place of an earlier one of the same key; not-found without the key. */
  ask(asked: Asking): Promise<{ readonly record: SigningRequest; readonly findings: readonly Finding[] }>;
  /** Every request, oldest first. */
  list(): Promise<readonly SigningRequest[]>;
  /** Forgets a request; its key as well, unless a certificate of it was ever kept: then a binding may need it. not-found. */
  withdraw(key: string): Promise<void>;
  /**
   * Keeps the chain that answers for a held key; with `check` nothing is kept. Throws what `complete` throws, not-found
   * without the key, and store-conflict when the request was withdrawn or made anew at this moment.
   */
  answer(key: string, certificates: readonly Certificate[], check: boolean): Promise<Issued>;
}

export interface SigningRequestDependencies {
  readonly store: Store;
  readonly secrets: Secrets;
  readonly now: () => Date;
}

export function signingRequests({ store, secrets, now }: SigningRequestDependencies): SigningRequests {
  return {
    async ask({ key: given, request, ...rest }) {
      const key = typeof given === 'string' ? await open(given) : given;
      const { der, findings } = await signRequest(key, request);
      const record: SigningRequest = {
        ...{ key: keyId(key), request, created: now().toISOString(), ...rest },
        pem: pemBlock('CERTIFICATE REQUEST', der),
      };
      await secrets.put(record.key, Buffer.from(privateKeyPem(key)));
      await store.transact({
        compare: [],
        writes: [{ put: keys.request(record.key), value: JSON.stringify(record) }],
      });
      return { record, findings };
    },
    async list() {
      return (await readAll(store, keys.requests)).map(read).sort((a, b) => (a.created < b.created ? -1 : 1));
    },
    async withdraw(key) {
      const entry = await store.get(keys.request(key));
      if (!entry) throw new NamedError('not-found', `there is no signing request of the key ${key}; see their list`);
      // The record first: an answer that comes now is refused, and one that came before has kept its chain.
      await store.transact({ compare: [], writes: [{ delete: entry.key }] });
      if (!(await hasCertificate(key))) await secrets.remove(key);
    },
    async answer(key, certificates, check) {
      const pending = await store.get(keys.request(key));
      const assembled = complete(await open(key), certificates, now());
      const made = issued(assembled);
      if (!check) await keep(made.binding.chain, assembled.chain, pending, key);
      return made;
    },
  };

  async function open(key: string): Promise<KeyObject> {
    return createPrivateKey(Buffer.from(await secrets.get(key)));
  }

  /** Only while the request is as it was: whoever withdraws it looks for chains after the record is gone. */
  async function keep(
    id: string,
    chain: readonly Certificate[],
    pending: Entry | undefined,
    key: string,
  ): Promise<void> {
    const { applied } = await store.transact({
      compare: [unchanged(keys.request(key), pending)],
      writes: [{ put: keys.chain(id), value: JSON.stringify(chain.map(certificatePem)) }],
    });
    if (!applied) {
      throw new NamedError(
        'store-conflict',
        `the signing request of the key ${key} was withdrawn or made anew at this moment; look at the requests, and send the answer again`,
      );
    }
  }

  async function hasCertificate(key: string): Promise<boolean> {
    return (await readAll(store, keys.chains)).some(({ value }) => {
      const [leaf = ''] = JSON.parse(value) as readonly string[];
      return readCertificatePem(leaf).key === key;
    });
  }
}

function read({ key, value }: Entry): SigningRequest {
  return parse('signing-request', JSON.parse(value), `the record ${key}`);
}
