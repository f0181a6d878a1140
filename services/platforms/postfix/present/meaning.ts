/** What a present setting comes to in Signet's terms. */
import type { Json } from '../../../schema/json.ts';

export type Meaning =
  /** The adopted layer says the same, at this pointer. */
  | { readonly kind: 'expressed'; readonly pointer: string }
  /** It is the machine's own affair, and goes on counting. */
  | { readonly kind: 'own' }
  /** Signet sets it, and cannot say what it says; `why` is a sentence part. */
  | { readonly kind: 'lost'; readonly why: string };

/** One setting of the layer, and the present settings it comes from. */
export interface Expressed {
  readonly path: readonly string[];
  readonly value: Json;
}

/** What a part of the reader makes of the files. */
export interface Reading {
  readonly expressed: readonly Expressed[];
  /** By place and name, as `keyOf` joins them. */
  readonly meanings: ReadonlyMap<string, Meaning>;
}

export function keyOf({ place, name }: { readonly place: string; readonly name: string }): string {
  return `${place} ${name}`;
}

/** The place and name that `keyOf` has joined: a name has no space in it. */
export function settingOf(key: string): { readonly place: string; readonly name: string } {
  const space = key.lastIndexOf(' ');
  return { place: key.slice(0, space), name: key.slice(space + 1) };
}
