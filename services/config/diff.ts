/** What differs between two configurations: settings by level, groups and machines. */
import { own, type Json } from '../schema/json.ts';
import type { Configuration } from '../schema/types.generated.ts';
import { leaves } from './leaves.ts';
import { layerAt } from './levels.ts';
import { same } from './merge.ts';

/** One leaf that differs. Absent: nothing is set there; null: a tombstone. */
export interface SettingChange {
  readonly pointer: string;
  readonly before?: Json;
  readonly after?: Json;
}

export interface LevelChanges {
  readonly level: string;
  readonly changes: readonly SettingChange[];
}

export type StructureChange =
  | { readonly kind: 'group-created' | 'group-deleted' | 'group-described'; readonly group: string }
  | { readonly kind: 'machine-admitted' | 'machine-dismissed'; readonly machine: string; readonly group: string }
  | { readonly kind: 'machine-moved'; readonly machine: string; readonly from: string; readonly to: string };

export interface ConfigurationDiff {
  readonly settings: readonly LevelChanges[];
  readonly structure: readonly StructureChange[];
}

export function diffConfigurations(before: Configuration, after: Configuration): ConfigurationDiff {
  const settings = names(before.layers, after.layers)
    .map((level) => ({ level, changes: diffLayers(before, after, level) }))
    .filter(({ changes }) => changes.length > 0);
  return { settings, structure: [...diffGroups(before, after), ...diffMachines(before, after)] };
}

function diffLayers(before: Configuration, after: Configuration, level: string): readonly SettingChange[] {
  const [old, present] = [layerAt(before, level), layerAt(after, level)];
  if (old === present) return [];
  const [left, right] = [leaves(old), leaves(present)];
  return [...new Set([...left.keys(), ...right.keys()])].sort().flatMap((pointer) => {
    const [was, is] = [left.get(pointer), right.get(pointer)];
    if (same(was, is)) return [];
    return [{ pointer, ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { after: is }) }];
  });
}

function diffGroups({ groups: before }: Configuration, { groups: after }: Configuration): readonly StructureChange[] {
  return names(before, after).flatMap((group): readonly StructureChange[] => {
    if (!Object.hasOwn(before, group)) return [{ kind: 'group-created', group }];
    if (!Object.hasOwn(after, group)) return [{ kind: 'group-deleted', group }];
    return own(before, group)?.description === own(after, group)?.description
      ? []
      : [{ kind: 'group-described', group }];
  });
}

function diffMachines(
  { machines: before }: Configuration,
  { machines: after }: Configuration,
): readonly StructureChange[] {
  return names(before, after).flatMap((machine): readonly StructureChange[] => {
    const [was, is] = [own(before, machine), own(after, machine)];
    const isSame = was?.id === is?.id;
    if (isSame && was && is) {
      return was.group === is.group ? [] : [{ kind: 'machine-moved', machine, from: was.group, to: is.group }];
    }
    return [
      ...(was ? [{ kind: 'machine-dismissed', machine, group: was.group } as const] : []),
      ...(is ? [{ kind: 'machine-admitted', machine, group: is.group } as const] : []),
    ];
  });
}

function names(...objects: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return [...new Set(objects.flatMap((object) => Object.keys(object)))].sort();
}
