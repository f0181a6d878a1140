/** What the store holds of secrets: sealed values, their data keys wrapped apart from them, and the master keys it goes by. */
import { isObject, type Json } from '../schema/json.ts';
import { corrupt, type Box } from './box.ts';

/** A value sealed under a data key of its own. It is written once and never again. */
export interface Sealed {
  readonly format: 1;
  readonly box: Box;
}

/** A data key, wrapped under each master key that may open it: one, or two while one replaces the other. */
export interface Wrapped {
  readonly format: 1;
  readonly under: Boxes;
}

/** Which master keys the store accepts; each seals a known value, which tells a wrong key at start. */
export interface Accepted {
  readonly format: 1;
  readonly keys: Boxes;
  readonly rotation?: Rotation;
}

/** A rotation under way. `from` opens everything until it is no longer among the accepted keys, `to` from the beginning. */
export interface Rotation {
  readonly from: string;
  readonly to: string;
  /** The master key `from`, sealed under `to`: so the new key alone can finish. */
  readonly old: Box;
}

/** By the id of the master key. */
export type Boxes = Readonly<Record<string, Box>>;

export function readSealed(text: string, what: string): Sealed {
  const record = read(text, what);
  return { format: 1, box: readBox(record['box'], what) };
}

export function readWrapped(text: string, what: string): Wrapped {
  const record = read(text, what);
  return { format: 1, under: readBoxes(record['under'], what) };
}

export function readAccepted(text: string, what: string): Accepted {
  const record = read(text, what);
  const keys = readBoxes(record['keys'], what);
  const rotation = record['rotation'];
  if (rotation === undefined) return { format: 1, keys };
  if (!isObject(rotation)) throw corrupt(what);
  const { from, to, old } = rotation;
  if (typeof from !== 'string' || typeof to !== 'string') throw corrupt(what);
  return { format: 1, keys, rotation: { from, to, old: readBox(old, what) } };
}

function read(text: string, what: string): Readonly<Record<string, Json>> {
  let record: Json;
  try {
    record = JSON.parse(text) as Json;
  } catch (cause) {
    throw corrupt(what, cause);
  }
  if (!isObject(record) || record['format'] !== 1) throw corrupt(what);
  return record;
}

function readBoxes(value: Json | undefined, what: string): Boxes {
  if (!isObject(value)) throw corrupt(what);
  return Object.fromEntries(Object.entries(value).map(([id, box]) => [id, readBox(box, what)]));
}

function readBox(value: Json | undefined, what: string): Box {
  if (!isObject(value)) throw corrupt(what);
  const { iv, data, tag } = value;
  if (typeof iv !== 'string' || typeof data !== 'string' || typeof tag !== 'string') throw corrupt(what);
  return { iv, data, tag };
}
