/** The operations that bring one configuration to another: how a configuration file becomes a draft. */
import { canonicalJson, isObject, own, type Json, type JsonObject } from '../schema/json.ts';
import { pointer } from '../schema/pointer.ts';
import type { Configuration, Operation } from '../schema/types.generated.ts';

/** What a draft on `present` needs to become `wanted`. Machines that only `present` has stay as they are, and so do their groups. */
export function operationsTo(present: Configuration, wanted: Configuration): readonly Operation[] {
  const out: Operation[] = [];
  for (const [group, { description }] of Object.entries(wanted.groups)) {
    if (!Object.hasOwn(present.groups, group))
      out.push({ op: 'create-group', group, ...(description === undefined ? {} : { description }) });
    else if (present.groups[group]?.description !== description)
      out.push({ op: 'describe-group', group, ...(description === undefined ? {} : { description }) });
  }
  const stays = Object.keys(present.machines).filter((machine) => !Object.hasOwn(wanted.machines, machine));
  for (const [machine, { id, group }] of Object.entries(wanted.machines)) {
    const now = present.machines[machine];
    if (!now) out.push({ op: 'admit', machine, id, group, layer: wanted.layers[`machine/${machine}`] ?? {} });
    else if (now.group !== group) out.push({ op: 'move', machine, group });
  }
  const keptGroups = new Set(
    stays
      .map((machine) => present.machines[machine]?.group ?? '')
      .filter((group) => !Object.hasOwn(wanted.groups, group)),
  );
  const admitted = new Set(Object.keys(wanted.machines).filter((machine) => !Object.hasOwn(present.machines, machine)));
  const levels = new Set([...Object.keys(present.layers), ...Object.keys(wanted.layers)]);
  for (const level of [...levels].sort()) {
    const [kind, name = ''] = level.split('/');
    if (kind === 'machine' && (admitted.has(name) || stays.includes(name))) continue;
    // The layer of a group goes with the group.
    if (kind === 'group' && !Object.hasOwn(wanted.groups, name)) continue;
    out.push(
      ...layerOperations(
        level,
        (present.layers[level] ?? {}) as JsonObject,
        (wanted.layers[level] ?? {}) as JsonObject,
      ),
    );
  }
  for (const group of Object.keys(present.groups)) {
    if (!Object.hasOwn(wanted.groups, group) && !keptGroups.has(group)) out.push({ op: 'delete-group', group });
  }
  return out;
}

/** Section by section and entry by entry, so that a load conflicts only where someone else changed the same entry. */
function layerOperations(level: string, present: JsonObject, wanted: JsonObject): readonly Operation[] {
  const out: Operation[] = [];
  for (const section of new Set([...Object.keys(present), ...Object.keys(wanted)])) {
    const before = present[section];
    const after = wanted[section];
    if (isObject(before) && isObject(after)) {
      for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
        out.push(...change(level, [section, name], own(before, name), own(after, name)));
      }
    } else {
      out.push(...change(level, [section], before, after));
    }
  }
  return out;
}

function change(
  level: string,
  path: readonly string[],
  before: Json | undefined,
  after: Json | undefined,
): readonly Operation[] {
  if (canonicalJson(before) === canonicalJson(after)) return [];
  const common = { level, path: pointer(path) };
  if (after === undefined) return [{ op: 'unset', ...common }];
  if (after === null) return [{ op: 'remove', ...common }];
  return [{ op: 'set', ...common, value: after }];
}
