/** Merges a draft onto a head that moved on since the draft's base: three ways, by field or unit, never last writer wins. */
import { canonicalJson, own, type Json } from '../schema/json.ts';
import { withValueAt } from '../schema/pointer.ts';
import type { Configuration, Operation } from '../schema/types.generated.ts';
import { parseLevel } from './levels.ts';
import { placeName, settingIn, valueOf, type Place } from './places.ts';
import { finalPlaces, formerPlace, renamesOf, withRenames } from './renames.ts';
import { close, open, putLayer, type Working } from './working.ts';

/** A place that both sides changed, to different ends. */
export interface Conflict {
  readonly place: Place;
  /** The same by the name the head has for it, where the draft renames its group. */
  readonly formerly?: Place;
  /** What the draft makes of it; undefined: nothing is set, null: removed. */
  readonly ours: Json | undefined;
  /** What the head made of it. */
  readonly theirs: Json | undefined;
  /** Set when the values do not tell: what does not fit together. */
  readonly reason?: string;
}

export interface Merge {
  /** The head with the draft's changes; at a conflict, as the head has it. */
  readonly configuration: Configuration;
  readonly conflicts: readonly Conflict[];
}

export interface MergeInput {
  readonly base: Configuration;
  readonly head: Configuration;
  /** The base with the operations applied. */
  readonly draft: Configuration;
  readonly operations: readonly Operation[];
}

/**
 * The draft's changes on the head. An operation conflicts when the head changed the same field or unit, or one above or
 * below it, unless both ended with the same value; and when what it changes is gone.
 */
export function merge(given: MergeInput): Merge {
  const renames = renamesOf(given.base, given.operations);
  const renamed = withRenames(given.head, renames);
  if (renamed.missed.length > 0) {
    const clashes = renamed.missed.map(({ place, reason }) => misfit(given, place, reason));
    return { configuration: given.head, conflicts: clashes };
  }
  const input = { ...given, base: withRenames(given.base, renames).configuration, head: renamed.configuration };
  const { head, draft } = input;
  const places = changedPlaces(input);
  const conflicts = places.flatMap((place) => clash(input, place));
  const clashing = new Set(conflicts.map(({ place }) => placeName(place)));
  const merged = open(head);
  for (const place of places) {
    if (!clashing.has(placeName(place))) copy(draft, merged, place);
  }
  const configuration = close(merged);
  const found = once([...conflicts, ...misfits(input, places, configuration)]);
  if (renames.length === 0) return { configuration, conflicts: found };
  return { configuration, conflicts: found.map((one) => ({ ...one, formerly: formerPlace(one.place, renames) })) };
}

/** The places where a draft differs from its base, its groups renamed as in the draft; each once, those above before those below. */
export function changedPlaces({ base, draft, operations }: MergeInput): readonly Place[] {
  const places = new Map(
    finalPlaces(operations)
      .flat()
      .map((place) => [placeName(place), place]),
  );
  return [...places.values()]
    .filter((place) => !same(valueOf(base, place), valueOf(draft, place)))
    .sort((a, b) => depth(a) - depth(b));
}

export function same(a: Json | undefined, b: Json | undefined): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

function clash({ base, head, draft }: MergeInput, place: Place): readonly Conflict[] {
  const [ours, theirs] = [valueOf(draft, place), valueOf(head, place)];
  const isUntouched = same(valueOf(base, place), theirs) && removedAt(base, place) === removedAt(head, place);
  return isUntouched || same(ours, theirs) ? [] : [{ place, ours, theirs }];
}

/**
 * How deep the tombstone stands that removes the place, -1 for none: tells a removal of more than before from the one that was there,
 * as setting the place again would undo it.
 */
function removedAt(configuration: Configuration, place: Place): number {
  if (place.kind !== 'setting') return -1;
  return place.path.findIndex(
    (_part, index) => valueOf(configuration, { ...place, path: place.path.slice(0, index + 1) }) === null,
  );
}

/** Writes what the draft has at a place into the merged configuration. */
function copy(draft: Configuration, merged: Working, place: Place): void {
  if (place.kind === 'setting') {
    const value = valueOf(draft, place);
    const layer = merged.layers.get(place.level) ?? {};
    // A removal above this place says the same, and is a place of its own.
    if (!same(value, settingIn(layer, place.path)))
      putLayer(merged, place.level, withValueAt(layer, place.path, value));
  } else if (place.kind === 'group') {
    put(merged.groups, place.name, own(draft.groups, place.name));
  } else {
    put(merged.machines, place.name, own(draft.machines, place.name));
  }
}

function put<T>(entries: Map<string, T>, name: string, entry: T | undefined): void {
  if (entry === undefined) entries.delete(name);
  else entries.set(name, entry);
}

function once(conflicts: readonly Conflict[]): readonly Conflict[] {
  const first = new Map(conflicts.toReversed().map((one) => [placeName(one.place), one]));
  return conflicts.filter((one) => first.get(placeName(one.place)) === one);
}

/** What fits by field and yet not together, since an entry that one side needs is gone on the other. */
function misfits(input: MergeInput, places: readonly Place[], merged: Configuration): readonly Conflict[] {
  return [
    ...places.flatMap((place) => (place.kind === 'setting' ? ownerGone(input, merged, place.level) : [])),
    ...layersLeft(input, merged),
    ...groupsGone(input, merged),
    ...twins(input, merged),
  ];
}

function ownerGone(input: MergeInput, merged: Configuration, level: string): readonly Conflict[] {
  const at = parseLevel(level);
  if (at.kind === 'cluster') return [];
  const [ours, left] = [valueOf(input.draft, at), valueOf(merged, at)];
  if (ours === undefined) return [];
  if (left === undefined) return [misfit(input, at, 'it is gone')];
  // Under the same name, a machine with another id is another machine.
  const isAnother =
    at.kind === 'machine' && own(input.draft.machines, at.name)?.id !== own(merged.machines, at.name)?.id;
  return isAnother ? [misfit(input, at, 'it is another machine now')] : [];
}

/** Settings that the head brought to a machine or group that the draft takes away. */
function layersLeft({ draft, head }: MergeInput, merged: Configuration): readonly Conflict[] {
  return Object.keys(merged.layers).flatMap((level) => {
    const at = parseLevel(level);
    if (at.kind === 'cluster' || valueOf(merged, at) !== undefined || valueOf(head, at) === undefined) return [];
    const place: Place = { kind: 'setting', level, path: [] };
    return [{ place, ours: valueOf(draft, place), theirs: valueOf(head, place) }];
  });
}

function groupsGone(input: MergeInput, merged: Configuration): readonly Conflict[] {
  return Object.entries(merged.machines)
    .filter(([, { group }]) => !Object.hasOwn(merged.groups, group))
    .map(([machine, { group }]) =>
      misfit(input, { kind: 'group', name: group }, `it is deleted, and ${machine} is in it`),
    );
}

/** One machine that was admitted on both sides, under two names. */
function twins(input: MergeInput, merged: Configuration): readonly Conflict[] {
  const names = new Map(Object.entries(input.head.machines).map(([name, { id }]) => [id, name]));
  return Object.entries(merged.machines).flatMap(([name, { id }]) => {
    const other = names.get(id);
    if (other === undefined || other === name || own(merged.machines, other)?.id !== id) return [];
    return [misfit(input, { kind: 'machine', name }, `the same machine is a member as ${other}`)];
  });
}

function misfit({ draft, head }: MergeInput, place: Place, reason: string): Conflict {
  return { place, ours: valueOf(draft, place), theirs: valueOf(head, place), reason };
}

function depth(place: Place): number {
  return place.kind === 'setting' ? 1 + place.path.length : 0;
}
