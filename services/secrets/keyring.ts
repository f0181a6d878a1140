/** Master keys in memory: each under an id that says nothing about it, and the keys that it opens. */
import { hkdfSync } from 'node:crypto';

import { corrupt, open, seal, type Box, type Random } from './box.ts';
import type { Boxes } from './records.ts';

export interface MasterKey {
  /** Derived one way from the key, so it may stand in records and messages. */
  readonly id: string;
  readonly bytes: Uint8Array;
  /** Derived as well, so that the master key itself encrypts nothing. */
  readonly wrapping: Uint8Array;
}

export type Keyring = ReadonlyMap<string, MasterKey>;

/** RFC 5869; the master key is uniformly random, so no salt is needed. */
export function masterKeyOf(bytes: Uint8Array): MasterKey {
  const derive = (purpose: string, size: number) =>
    Buffer.from(hkdfSync('sha256', bytes, new Uint8Array(), `signet master key: ${purpose}`, size));
  return { id: derive('id', 8).toString('hex'), bytes, wrapping: derive('wrapping', 32) };
}

/** `value` sealed under each of `keys`. */
export function wrap(keys: Iterable<MasterKey>, value: Uint8Array, purpose: string, random: Random): Boxes {
  return Object.fromEntries([...keys].map((key) => [key.id, seal(key.wrapping, value, purpose, random)]));
}

/** Opens the first box that a key of the ring fits; undefined when none fits. */
export function unwrap(ring: Keyring, boxes: Boxes, purpose: string): Uint8Array | undefined {
  const [fitting] = Object.entries(boxes).flatMap(([id, box]) => pair(ring.get(id), box));
  return fitting && open(fitting.key.wrapping, fitting.box, purpose);
}

const known = Buffer.from('signet');
const knownPurpose = 'signet master key check';

/** The known value under `key`: what tells at start whether a key is the store's. */
export function checkBox(key: MasterKey, random: Random): Box {
  return seal(key.wrapping, known, knownPurpose, random);
}

/** Throws `sealed-corrupt` when `box` is not the known value under `key`. */
export function verifyCheckBox(key: MasterKey, box: Box): void {
  if (!known.equals(open(key.wrapping, box, knownPurpose))) throw corrupt(knownPurpose);
}

function pair(key: MasterKey | undefined, box: Box): readonly { readonly key: MasterKey; readonly box: Box }[] {
  return key ? [{ key, box }] : [];
}
