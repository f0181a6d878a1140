/** Turns a key prefix into a range of keys, which is how both stores read and watch it. */

export interface KeyRange {
  /** The first key of the range. */
  readonly from: string;
  /** The first key behind the range; undefined when it is open. */
  readonly to: string | undefined;
}

/** The keys that start with `prefix`, behind `startAfter` when that is given, in bytewise order. */
export function keyRange(prefix: string, startAfter?: string): KeyRange {
  const to = prefixEnd(prefix);
  if (startAfter === undefined || Buffer.compare(Buffer.from(startAfter), Buffer.from(prefix)) < 0) {
    return { from: prefix, to };
  }
  return { from: `${startAfter}\0`, to };
}

/** UTF-8 sorts by bytes as it does by code points, so the next code point in the last place ends the prefix. */
function prefixEnd(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last < 0x10ffff) return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return undefined;
}
