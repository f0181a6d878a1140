/** Says in words what stands in the way of a merge: both values, and who changed it in which revision. */
import type { Finding } from '../errors.ts';
import type { Json } from '../schema/json.ts';
import { pointer } from '../schema/pointer.ts';
import type { Revision } from '../schema/types.generated.ts';
import type { Conflict } from './merge.ts';
import { placeName } from './places.ts';

/** A conflict as a finding; `by` is the revision that brought the head's value. */
export function conflictFinding({ place, ours, theirs, reason }: Conflict, by: Revision): Finding {
  const what = reason ?? `the draft has ${inWords(ours)}, the head has ${inWords(theirs)}`;
  const detail = `${placeName(place)}: ${what} (changed by ${by.author} in revision ${by.number})`;
  return place.kind === 'setting'
    ? { detail, level: place.level, pointer: pointer(place.path) }
    : { detail, ...(place.kind === 'machine' ? { machine: place.name } : { level: `group/${place.name}` }) };
}

function inWords(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'it removed';
  const text = JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}
