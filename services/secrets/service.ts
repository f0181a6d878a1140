/**
 * Secrets at rest: each sealed under a data key of its own, and that data key wrapped under the master key in a record
 * apart. So nothing secret is in the store in clear, and a new master key rewrites no sealed value.
 */
import { randomBytes } from 'node:crypto';

import { isNamed, NamedError } from '../errors.ts';
import { keys } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import { accept } from './acceptance.ts';
import { corrupt, open, seal, type Random } from './box.ts';
import { masterKeyOf, unwrap, wrap, type MasterKey } from './keyring.ts';
import { readSealed, readWrapped } from './records.ts';
import { begin, end, retire, rewrap, wrappingPurpose } from './rotate.ts';

export interface Secrets {
  /** Seals `plaintext` under `id`. An id that is there already keeps what it has: ids are unique or derived from the content. */
  put(id: string, plaintext: Uint8Array): Promise<void>;
  /** Throws `not-found`, and `sealed-corrupt` rather than ever return something else than was put. */
  get(id: string): Promise<Uint8Array>;
  has(id: string): Promise<boolean>;
  remove(id: string): Promise<void>;
  /**
   * Makes `newMasterKey` the store's master key and returns how many data keys were wrapped anew. Until it is done both keys
   * open everything. After a crash, start with the new key (the rest is done then), or with the old one and rotate again.
   */
  rotate(newMasterKey: Uint8Array): Promise<number>;
}

export interface SecretsDependencies {
  readonly store: Store;
  readonly masterKey: Uint8Array;
  /** Where the master key was read from, for messages. */
  readonly source?: string;
  readonly random?: Random;
}

/** Opens the secrets of `store`. Throws `wrong-master-key` when they were sealed under another key than this. */
export async function secretsService(dependencies: SecretsDependencies): Promise<Secrets> {
  const { store, source = 'the configured place', random = randomBytes } = dependencies;
  let key = masterKeyOf(Buffer.from(dependencies.masterKey));
  let now = await accept(store, key, source, random);
  if (now.accepted.rotation?.to === key.id) await rotateTo(key).catch(leaveDamaged);

  return { put, get, has, remove, rotate: (newMasterKey) => rotateTo(masterKeyOf(Buffer.from(newMasterKey))) };

  async function put(id: string, plaintext: Uint8Array): Promise<void> {
    const dataKey = random(32);
    const sealed = { format: 1, box: seal(dataKey, plaintext, sealingPurpose(id), random) };
    for (;;) {
      const accepted = [...now.ring.values()].filter((held) => now.accepted.keys[held.id]);
      const under = wrap(accepted, dataKey, wrappingPurpose(id), random);
      const { applied } = await store.transact({
        compare: [
          { key: keys.sealed(id), absent: true },
          // A rotation that ends between reading and writing must not leave a data key behind under the old key.
          { key: keys.masterKeyCheck, modRevision: now.modRevision },
        ],
        writes: [
          { put: keys.sealed(id), value: JSON.stringify(sealed) },
          { put: keys.wrapped(id), value: JSON.stringify({ format: 1, under }) },
        ],
      });
      if (applied || (await has(id))) break;
      await refresh();
    }
    dataKey.fill(0);
  }

  async function get(id: string): Promise<Uint8Array> {
    const [wrapped, sealed] = await Promise.all([store.get(keys.wrapped(id)), store.get(keys.sealed(id))]);
    if (!wrapped && !sealed) {
      throw new NamedError('not-found', `there is no secret "${id}"; it was removed, or never kept in this store`, {
        facts: { id },
      });
    }
    if (!wrapped) throw corrupt(keys.wrapped(id));
    if (!sealed) throw corrupt(keys.sealed(id));
    const dataKey = await dataKeyOf(id, wrapped.value);
    try {
      return open(dataKey, readSealed(sealed.value, sealed.key).box, sealingPurpose(id));
    } finally {
      dataKey.fill(0);
    }
  }

  async function dataKeyOf(id: string, record: string): Promise<Uint8Array> {
    const { under } = readWrapped(record, keys.wrapped(id));
    const dataKey = unwrap(now.ring, under, wrappingPurpose(id));
    if (dataKey) return dataKey;
    // Another controller may have replaced the master key; then this throws `wrong-master-key`.
    await refresh();
    throw corrupt(keys.wrapped(id));
  }

  async function has(id: string): Promise<boolean> {
    return (await store.get(keys.sealed(id))) !== undefined;
  }

  async function remove(id: string): Promise<void> {
    await store.transact({ compare: [], writes: [{ delete: keys.sealed(id) }, { delete: keys.wrapped(id) }] });
  }

  async function rotateTo(to: MasterKey): Promise<number> {
    if (now.accepted.keys[to.id] && !now.accepted.rotation) return 0;
    if (!(await begin(store, now, to, random))) throw disturbed();
    // From here on the new key is this process's own, and brings the old one with it.
    key = to;
    await refresh();
    const rotation = now.accepted.rotation;
    if (rotation?.to !== to.id) throw disturbed();
    let count = 0;
    if (now.accepted.keys[rotation.from]) {
      count += await rewrap(store, now.ring, { wanted: to, kept: [rotation.from], random });
      if (!(await retire(store, now, rotation))) throw disturbed();
      await refresh();
    }
    const rest = await rewrap(store, now.ring, { wanted: to, kept: [], random });
    if (!(await end(store, now))) throw disturbed();
    await refresh();
    return Math.max(count, rest);
  }

  async function refresh(): Promise<void> {
    now = await accept(store, key, source, random);
  }
}

function sealingPurpose(id: string): string {
  return `signet secret ${id}`;
}

/** One damaged record keeps a rotation from its end, but not the controller from its start: reading that record says so. */
function leaveDamaged(error: unknown): void {
  if (!isNamed(error, 'sealed-corrupt')) throw error;
}

function disturbed(): NamedError {
  return new NamedError(
    'store-conflict',
    'another controller is replacing the master key at this moment; let one of them do it, then start the others with the new key',
    { transient: true },
  );
}
