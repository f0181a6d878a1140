/** What a change of the configuration does to the effective settings of a machine: the values that differ, whatever level they come from. */
import type { Json, JsonObject } from '../schema/json.ts';
import type { Member } from './fleet.ts';
import { leaves } from './leaves.ts';
import { same } from './merge.ts';
import type { EffectiveSection } from './resolve.ts';

/** One effective value that differs; an absent side is not there. */
export interface EffectiveChange {
  readonly pointer: string;
  readonly before?: Json;
  readonly after?: Json;
}

/** Compares members of two configurations; a pair of sections that many machines share is compared once. */
export function effectiveChanges(): (before: Member, after: Member) => readonly EffectiveChange[] {
  const known = new WeakMap<EffectiveSection, WeakMap<EffectiveSection, readonly EffectiveChange[]>>();

  return (before, after) =>
    [...after.sections].flatMap(([name, is]) => {
      const was = before.sections.get(name);
      if (was === undefined) return [];
      const compared = known.get(was) ?? new WeakMap<EffectiveSection, readonly EffectiveChange[]>();
      known.set(was, compared);
      const found = compared.get(is) ?? sectionChanges(name, was, is);
      compared.set(is, found);
      return found;
    });
}

function sectionChanges(name: string, was: EffectiveSection, is: EffectiveSection): readonly EffectiveChange[] {
  return changes({ [name]: was.value }, { [name]: is.value });
}

/** Compares effective settings, or sections of them. */
export function changes(was: JsonObject, is: JsonObject): readonly EffectiveChange[] {
  const [left, right] = [leaves(was), leaves(is)];
  return [...new Set([...left.keys(), ...right.keys()])].sort().flatMap((pointer) => {
    const [before, after] = [left.get(pointer), right.get(pointer)];
    if (same(before, after)) return [];
    return [{ pointer, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
  });
}
