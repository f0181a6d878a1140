/** An author's uncommitted operations against the revision they were begun on. */
import { NamedError } from '../errors.ts';
import type { Configuration, Draft, DraftChange } from '../schema/types.generated.ts';
import { expandAll } from './changes.ts';
import { changedPlaces, same, type Merge } from './merge.ts';
import { applyAll } from './operations.ts';
import { placeName, placesOf, valueOf } from './places.ts';

export function emptyDraft(author: string, base: number, now: Date): Draft {
  return { author, base, operations: [], updated: now.toISOString() };
}

/** The draft with more changes; throws what the first one throws that cannot be applied after those before it. */
export function amended(draft: Draft, base: Configuration, changes: readonly DraftChange[], now: Date): Draft {
  const present = applyAll(base, draft.operations);
  const operations = expandAll(present, changes);
  applyAll(present, operations);
  return { ...draft, operations: [...draft.operations, ...operations], updated: now.toISOString() };
}

export interface RebaseInput {
  readonly draft: Draft;
  /** The configuration of the draft's base, and that configuration with the draft's operations. */
  readonly base: Configuration;
  readonly drafted: Configuration;
  readonly head: { readonly number: number; readonly configuration: Configuration };
  readonly merge: Merge;
  /** Whose side is kept where both changed the same. */
  readonly keep: 'mine' | 'theirs';
  readonly now: Date;
}

/**
 * The draft on the head: its way out of a conflict. Operations that change nothing any more go, and with `theirs` those
 * that conflict go too. Throws what an operation throws that cannot be applied to the head, such as one for a machine that left.
 */
export function rebased({ draft, base, drafted, head, merge, keep, now }: RebaseInput): Draft {
  const { operations } = draft;
  const changed = new Set(changedPlaces({ base, draft: drafted, head: head.configuration, operations }).map(placeName));
  const clashing = new Set(merge.conflicts.map(({ place }) => placeName(place)));
  const kept = operations.filter((operation) => {
    const places = placesOf(operation).filter((place) => changed.has(placeName(place)));
    if (keep === 'theirs' && places.some((place) => clashing.has(placeName(place)))) return false;
    return places.some((place) => !same(valueOf(drafted, place), valueOf(head.configuration, place)));
  });
  applyAll(head.configuration, kept);
  return { ...draft, base: head.number, operations: kept, updated: now.toISOString() };
}

/** Refuses a draft that nothing is in. */
export function checkNotEmpty({ author, operations }: Draft): void {
  if (operations.length > 0) return;
  throw new NamedError('nothing-to-commit', `the draft of ${author} is empty; change something first`);
}
