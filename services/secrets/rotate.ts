/**
 * Replaces the master key: re-wraps every data key and leaves every sealed value alone. Both keys open everything until all
 * is wrapped under the new one; a crash at any point is followed by a rotation that ends the same way.
 */
import { NamedError } from '../errors.ts';
import { keys } from '../store/keys.ts';
import type { Entry, Store, TransactionResult } from '../store/store.ts';
import { oldKeyPurpose, type Acceptance } from './acceptance.ts';
import { corrupt, seal, type Random } from './box.ts';
import { checkBox, unwrap, wrap, type Keyring, type MasterKey } from './keyring.ts';
import { readWrapped, type Accepted, type Boxes, type Rotation } from './records.ts';

/** Records read and written at a time; far below the limits of a transaction. */
const page = 64;

/** Accepts `to` beside the present key; the old key is left readable to the new one. Does nothing when that is so already. */
export async function begin(
  store: Store,
  now: Acceptance,
  to: MasterKey,
  random: Random,
): Promise<Accepted | undefined> {
  const { accepted, ring } = now;
  if (accepted.rotation) {
    if (accepted.rotation.to === to.id) return accepted;
    throw new NamedError(
      'precondition-failed',
      `a rotation to the master key ${accepted.rotation.to} has not ended; finish it with that key before another`,
      { facts: { to: accepted.rotation.to } },
    );
  }
  const [from] = ring.values();
  if (!from) throw new Error('a keyring holds at least one key');
  return save(store, now, {
    format: 1,
    keys: { ...accepted.keys, [to.id]: checkBox(to, random) },
    rotation: { from: from.id, to: to.id, old: seal(to.wrapping, from.bytes, oldKeyPurpose, random) },
  });
}

/** The old key is accepted no longer; the rotation stays on record until its last wrapping is gone. */
export function retire(store: Store, now: Acceptance, rotation: Rotation): Promise<Accepted | undefined> {
  const { [rotation.to]: box } = now.accepted.keys;
  if (!box) throw corrupt(keys.masterKeyCheck);
  return save(store, now, { format: 1, keys: { [rotation.to]: box }, rotation });
}

export function end(store: Store, now: Acceptance): Promise<Accepted | undefined> {
  return save(store, now, { format: 1, keys: now.accepted.keys });
}

/** Undefined when another process changed the record meanwhile. */
async function save(store: Store, now: Acceptance, accepted: Accepted): Promise<Accepted | undefined> {
  const { applied } = await store.transact({
    compare: [{ key: keys.masterKeyCheck, modRevision: now.modRevision }],
    writes: [{ put: keys.masterKeyCheck, value: JSON.stringify(accepted) }],
  });
  return applied ? accepted : undefined;
}

/** Wraps every data key under `wanted`, and under those of `kept` as before. Returns how many records it wrote. */
export async function rewrap(
  store: Store,
  ring: Keyring,
  { wanted, kept, random }: { readonly wanted: MasterKey; readonly kept: readonly string[]; readonly random: Random },
): Promise<number> {
  let written = 0;
  let last: string | undefined;
  for (;;) {
    const { entries } = await store.range(keys.allWrapped, {
      limit: page,
      ...(last === undefined ? {} : { startAfter: last }),
    });
    const changed = entries.flatMap((entry) => rewrapped(entry, ring, wanted, kept, random));
    // A record that went or changed meanwhile fails the page, and the page is read again.
    if (changed.length > 0 && !(await replace(store, changed)).applied) continue;
    written += changed.length;
    last = entries.at(-1)?.key;
    if (last === undefined || entries.length < page) return written;
  }
}

interface Replacement {
  readonly entry: Entry;
  readonly under: Boxes;
}

function rewrapped(
  entry: Entry,
  ring: Keyring,
  wanted: MasterKey,
  kept: readonly string[],
  random: Random,
): readonly Replacement[] {
  const { under } = readWrapped(entry.value, entry.key);
  const staying = Object.entries(under).filter(([id]) => id === wanted.id || kept.includes(id));
  if (under[wanted.id] && staying.length === Object.keys(under).length) return [];
  const purpose = wrappingPurpose(entry.key.slice(keys.allWrapped.length));
  const dataKey = unwrap(ring, under, purpose);
  if (!dataKey) throw corrupt(entry.key);
  const added = under[wanted.id] ? {} : wrap([wanted], dataKey, purpose, random);
  dataKey.fill(0);
  return [{ entry, under: { ...Object.fromEntries(staying), ...added } }];
}

function replace(store: Store, changed: readonly Replacement[]): Promise<TransactionResult> {
  return store.transact({
    compare: changed.map(({ entry }) => ({ key: entry.key, modRevision: entry.modRevision })),
    writes: changed.map(({ entry, under }) => ({ put: entry.key, value: JSON.stringify({ format: 1, under }) })),
  });
}

/** Binds a wrapped data key to the secret it is for. */
export function wrappingPurpose(id: string): string {
  return `signet data key of ${id}`;
}
