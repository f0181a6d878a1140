/** An author's uncommitted operations against the revision they were begun on. */
import { NamedError } from '../errors.ts';
import type { Configuration, Draft, DraftChange, Operation } from '../schema/types.generated.ts';
import { expandAll } from './changes.ts';
import { changedPlaces, merge, same } from './merge.ts';
import { applyAll } from './operations.ts';
import { placeName, valueOf } from './places.ts';
import { checkRenames, finalPlaces, renamesOf, withoutRenames, withRenames } from './renames.ts';

export function emptyDraft(author: string, base: number, now: Date): Draft {
  return { author, base, operations: [], updated: now.toISOString() };
}

/** The draft with more changes; throws what the first one throws that cannot be applied after those before it. */
export function amended(draft: Draft, base: Configuration, changes: readonly DraftChange[], now: Date): Draft {
  const present = applyAll(base, draft.operations);
  const operations = expandAll(present, changes);
  checkRenames(base, [...draft.operations, ...operations]);
  applyAll(present, operations);
  return { ...draft, operations: [...draft.operations, ...operations], updated: now.toISOString() };
}

export interface RebaseInput {
  readonly draft: Draft;
  /** The configuration of the draft's base. */
  readonly base: Configuration;
  readonly head: { readonly number: number; readonly configuration: Configuration };
  /** Whose side is kept where both changed the same. */
  readonly keep: 'mine' | 'theirs';
  readonly now: Date;
}

/**
 * The draft on the head: its way out of a conflict. Operations that change nothing any more go, and with `theirs` those
 * that conflict go too. Throws what an operation throws that cannot be applied to the head, such as one for a machine that left.
 */
export function rebased({ draft, base, head, keep, now }: RebaseInput): Draft {
  const { missed } = withRenames(head.configuration, renamesOf(base, draft.operations));
  const dropped = missed.map(({ rename }) => rename);
  const operations = keep === 'theirs' ? withoutRenames(draft.operations, dropped) : draft.operations;
  const kept = stillNeeded(base, head.configuration, operations, keep);
  applyAll(head.configuration, kept);
  return { ...draft, base: head.number, operations: kept, updated: now.toISOString() };
}

function stillNeeded(
  base: Configuration,
  head: Configuration,
  operations: readonly Operation[],
  keep: 'mine' | 'theirs',
): readonly Operation[] {
  const drafted = applyAll(base, operations);
  const renames = renamesOf(base, operations);
  const { configuration: from } = withRenames(base, renames);
  const { configuration: to, done } = withRenames(head, renames);
  const changed = new Set(changedPlaces({ base: from, draft: drafted, head: to, operations }).map(placeName));
  const { conflicts } = merge({ base, head, draft: drafted, operations });
  const clashing = new Set(keep === 'theirs' ? conflicts.map(({ place }) => placeName(place)) : []);
  const places = finalPlaces(operations);
  const clashes = operations.filter((_one, index) => places[index]?.some((place) => clashing.has(placeName(place))));
  return operations.filter((operation, index) => {
    if (operation.op === 'rename-group' && renames.includes(operation)) return !done.includes(operation);
    if (clashes.includes(operation) || isForDeletion(operation, base, clashes)) return false;
    return places[index]?.some(
      (place) => changed.has(placeName(place)) && !same(valueOf(drafted, place), valueOf(to, place)),
    );
  });
}

/** A machine that only moves because its group goes stays where the group does. */
function isForDeletion(operation: Operation, { machines }: Configuration, clashes: readonly Operation[]): boolean {
  if (operation.op !== 'move') return false;
  const group = machines[operation.machine]?.group;
  return clashes.some((one) => one.op === 'delete-group' && one.group === group);
}

/** Refuses a draft that nothing is in. */
export function checkNotEmpty({ author, operations }: Draft): void {
  if (operations.length > 0) return;
  throw new NamedError('nothing-to-commit', `the draft of ${author} is empty; change something first`);
}
