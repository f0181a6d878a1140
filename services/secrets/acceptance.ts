/** The record of the master keys that a store accepts: made at the first start, checked at every other one. */
import { NamedError } from '../errors.ts';
import { keys } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import { corrupt, open, type Random } from './box.ts';
import { checkBox, masterKeyOf, verifyCheckBox, type Keyring, type MasterKey } from './keyring.ts';
import { readAccepted, type Accepted } from './records.ts';

/** What is accepted, since which revision of the store, and the keys of it that this process holds. */
export interface Acceptance {
  readonly accepted: Accepted;
  readonly modRevision: number;
  readonly ring: Keyring;
}

/** The purpose of the old master key's box in a rotation. */
export const oldKeyPurpose = 'signet old master key';

/** Reads what the store accepts; a store without secrets accepts `key` from then on. Throws `wrong-master-key`. */
export async function accept(store: Store, key: MasterKey, source: string, random: Random): Promise<Acceptance> {
  const entry = await store.get(keys.masterKeyCheck);
  if (entry) {
    const accepted = readAccepted(entry.value, entry.key);
    return { accepted, modRevision: entry.modRevision, ring: ringOf(accepted, key, source) };
  }
  const { entries } = await store.range(keys.allWrapped, { limit: 1 });
  if (entries.length > 0) throw corrupt(keys.masterKeyCheck);
  const accepted: Accepted = { format: 1, keys: { [key.id]: checkBox(key, random) } };
  const { applied, revision } = await store.transact({
    compare: [{ key: keys.masterKeyCheck, absent: true }],
    writes: [{ put: keys.masterKeyCheck, value: JSON.stringify(accepted) }],
  });
  // Another controller was first: then its key counts.
  return applied
    ? { accepted, modRevision: revision, ring: new Map([[key.id, key]]) }
    : accept(store, key, source, random);
}

/** The keys that come with `key`: itself, and the one it replaces while it does. */
function ringOf(accepted: Accepted, key: MasterKey, source: string): Keyring {
  const box = accepted.keys[key.id];
  if (!box) throw wrongKey(accepted, key, source);
  verifyCheckBox(key, box);
  const ring = new Map([[key.id, key]]);
  if (accepted.rotation?.to !== key.id) return ring;
  const old = masterKeyOf(open(key.wrapping, accepted.rotation.old, oldKeyPurpose));
  return ring.set(old.id, old);
}

function wrongKey(accepted: Accepted, key: MasterKey, source: string): NamedError {
  return new NamedError(
    'wrong-master-key',
    `the store was sealed under another master key than the one in ${source}; start with the key that belongs to this store, or with the store that belongs to this key`,
    { facts: { source, given: key.id, expected: Object.keys(accepted.keys).join(', ') } },
  );
}
