/** The operations on keys, certificates and trust lists; the only file here that touches the store. */
import { randomBytes, type KeyObject } from 'node:crypto';

import pLimit from 'p-limit';

import { isNamed, NamedError, type Finding } from '../errors.ts';
import type { CertificateBinding, CertificateRequest } from '../schema/types.generated.ts';
import type { Secrets } from '../secrets/service.ts';
import { remembered } from '../store/cache.ts';
import { keys as storeKeys } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import { readBundle } from './bundle.ts';
import { certificatePem, chainId, readCertificatePem, type Certificate } from './certificate.ts';
import { chainFacts, type ChainFacts } from './chain-facts.ts';
import { demonstrationRequest } from './demonstration.ts';
import { exporting, type Exporting } from './export.ts';
import { createKey, keyId, privateKeyPem, type KeyKind } from './keys.ts';
import { maximumHeavyJobs } from './limits.ts';
import { assemble, fromPem, fromPkcs12, type Assembled, type Material } from './material.ts';
import { readPemKey } from './pem-key.ts';
import { splitPem } from './pem.ts';
import { defaultKeyKind, selfSign } from './self-signed.ts';
import { unlockKey, unlockPkcs12 } from './unlock.ts';

export type Binding = CertificateBinding;

export interface Issued {
  readonly binding: Binding;
  readonly facts: ChainFacts;
  /** What was repaired on the way in, and what peers will mind. */
  readonly findings: readonly Finding[];
}

export interface StoredBundle {
  readonly bundle: string;
  readonly findings: readonly Finding[];
}

export interface PkiService extends Exporting {
  /** Makes a private key, at most a few at a time; it is not kept. */
  makeKey(kind: KeyKind): Promise<KeyObject>;

  /** Makes a self-signed certificate, for a new key unless one is given. */
  create(request: CertificateRequest, key?: KeyObject): Promise<Issued>;

  /**
   * Takes the key and chain of a PKCS#12 file; wrong-passphrase | bad-certificate | key-mismatch | invalid-input. With `check`
   * nothing is kept.
   */
  importPkcs12(der: Uint8Array, password: string, check?: boolean): Promise<Issued>;

  /** Takes a key and its chain, in any order in one text; as `importPkcs12`. */
  importPem(text: string, passphrase?: string, check?: boolean): Promise<Issued>;

  /** The demonstration certificate of this installation, made at the first call for `hostname` and the same ever after. */
  demonstration(hostname: string): Promise<Binding>;

  /** The certificates of a chain in PEM, leaf first; not-found. */
  chain(id: string): Promise<readonly string[]>;

  /** Facts by chain id; chains that are not stored are left out. */
  facts(ids: Iterable<string>): Promise<Map<string, ChainFacts>>;

  /** The private key as PKCS#8 PEM: a secret; not-found. */
  keyPem(id: string): Promise<string>;

  /** Takes the authorities of a trust list from PEM; bad-certificate | invalid-input. */
  putBundle(pem: string): Promise<StoredBundle>;

  /** The authorities of a trust list as one PEM text; not-found. */
  bundle(id: string): Promise<string>;
}

export interface PkiDependencies {
  readonly store: Store;
  readonly secrets: Secrets;
  readonly now: () => Date;
  readonly random?: (bytes: number) => Uint8Array;
}

/** Chains whose facts are kept at hand, about 1 kB each: those of the largest fleet, and of its latest renewals. */
const rememberedChains = 8_192;

/** Keys are sealed under their own id and chains stored under theirs, each once and never changed; a layer only binds a name to both. */
export function pkiService({ store, secrets, now, random = randomBytes }: PkiDependencies): PkiService {
  const generating = pLimit(maximumHeavyJobs);
  const unlocking = pLimit(maximumHeavyJobs);
  const factsOf = remembered(readFacts, { limit: rememberedChains, size: () => 1 });
  const unlock = (der: Uint8Array, passphrase: string) => unlocking(() => unlockKey(der, passphrase));

  const exports = exporting({ keyPem, chain }, unlocking);

  return {
    ...exports,
    makeKey,
    create,
    importPkcs12,
    importPem,
    demonstration,
    chain,
    facts,
    keyPem,
    putBundle,
    bundle,
  };

  function makeKey(kind: KeyKind): Promise<KeyObject> {
    return generating(() => createKey(kind));
  }

  async function create(request: CertificateRequest, key?: KeyObject): Promise<Issued> {
    return keep(await make(request, key));
  }

  async function make(request: CertificateRequest, given?: KeyObject): Promise<Assembled> {
    const key = given ?? (await makeKey(request.key ?? defaultKeyKind));
    const { certificate, findings } = await selfSign({ request, key, now: now(), random: random(16) });
    return { key, chain: [certificate], findings };
  }

  async function importPkcs12(der: Uint8Array, password: string, check = false): Promise<Issued> {
    return take(fromPkcs12(await unlocking(() => unlockPkcs12(der, password))), check);
  }

  async function importPem(text: string, passphrase?: string, check = false): Promise<Issued> {
    return take(await fromPem(splitPem(text), (block) => readPemKey(block, passphrase, unlock)), check);
  }

  async function take(material: Material, check: boolean): Promise<Issued> {
    const assembled = assemble(material, now());
    return check ? issued(assembled) : keep(assembled);
  }

  /** Key first: a chain whose key is missing would look complete, a key without a chain is only unused. */
  async function keep(assembled: Assembled): Promise<Issued> {
    const made = issued(assembled);
    await seal(assembled.key);
    await putOnce(storeKeys.chain(made.binding.chain), serialized(assembled.chain));
    return made;
  }

  async function seal(key: KeyObject): Promise<void> {
    await secrets.put(keyId(key), Buffer.from(privateKeyPem(key)));
  }

  /** Content-addressed: whoever was first wrote the same. */
  async function putOnce(key: string, value: string): Promise<void> {
    await store.transact({ compare: [{ key, absent: true }], writes: [{ put: key, value }] });
  }

  async function demonstration(hostname: string): Promise<Binding> {
    const present = await presentDemonstration();
    if (present) return present;
    const { key, chain } = await make(demonstrationRequest(hostname));
    const binding: Binding = { key: keyId(key), chain: chainId(chain) };
    await seal(key);
    const { applied } = await store.transact({
      compare: [{ key: storeKeys.demonstration, absent: true }],
      writes: [
        { put: storeKeys.chain(binding.chain), value: serialized(chain) },
        { put: storeKeys.demonstration, value: JSON.stringify(binding) },
      ],
    });
    if (applied) return binding;
    // Another process was faster; two keys are never the same, so ours is of no use to anyone.
    await secrets.remove(binding.key);
    return demonstration(hostname);
  }

  async function presentDemonstration(): Promise<Binding | undefined> {
    const entry = await store.get(storeKeys.demonstration);
    return entry && (JSON.parse(entry.value) as Binding);
  }

  async function chain(id: string): Promise<readonly string[]> {
    return (await stored(storeKeys.chain(id))) ?? missing(`certificate chain ${id}`);
  }

  async function facts(ids: Iterable<string>): Promise<Map<string, ChainFacts>> {
    const found = await Promise.all(
      [...new Set(ids)].map(async (id) => [id, await factsOf(id).catch(absent)] as const),
    );
    return new Map(found.flatMap(([id, known]) => (known ? [[id, known] as const] : [])));
  }

  async function readFacts(id: string): Promise<ChainFacts> {
    const [leaf, ...issuers] = (await chain(id)).map(readCertificatePem);
    return leaf ? chainFacts([leaf, ...issuers]) : missing(`certificate in chain ${id}`);
  }

  async function keyPem(id: string): Promise<string> {
    return Buffer.from(await secrets.get(id)).toString();
  }

  async function putBundle(pem: string): Promise<StoredBundle> {
    const { certificates, findings } = readBundle(pem, now());
    const id = chainId(certificates);
    await putOnce(storeKeys.bundle(id), serialized(certificates));
    return { bundle: id, findings };
  }

  async function bundle(id: string): Promise<string> {
    return ((await stored(storeKeys.bundle(id))) ?? missing(`trust list ${id}`)).join('');
  }

  async function stored(key: string): Promise<readonly string[] | undefined> {
    const entry = await store.get(key);
    return entry && (JSON.parse(entry.value) as readonly string[]);
  }
}

/** A key and its chain as a layer binds them. */
export function issued({ key, chain, findings }: Assembled): Issued {
  return { binding: { key: keyId(key), chain: chainId(chain) }, facts: chainFacts(chain), findings };
}

function serialized(certificates: readonly Certificate[]): string {
  return JSON.stringify(certificates.map(certificatePem));
}

function absent(error: unknown): undefined {
  if (!isNamed(error, 'not-found')) throw error;
}

function missing(what: string): never {
  throw new NamedError('not-found', `there is no ${what}; it may have been removed since`);
}
