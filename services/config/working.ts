/** A configuration while operations are applied to it: a copy of its own, so that thousands of them cost one copy. */
import { NamedError } from '../errors.ts';
import type { JsonObject } from '../schema/json.ts';
import type { Configuration } from '../schema/types.generated.ts';

export interface Working {
  readonly groups: Map<string, Configuration['groups'][string]>;
  readonly machines: Map<string, Configuration['machines'][string]>;
  /** Layers themselves are never changed, only replaced; an empty one has no entry. */
  readonly layers: Map<string, JsonObject>;
}

export function open({ groups, machines, layers }: Configuration): Working {
  return {
    groups: new Map(Object.entries(groups)),
    machines: new Map(Object.entries(machines)),
    layers: new Map(Object.entries(layers) as [string, JsonObject][]),
  };
}

export function close({ groups, machines, layers }: Working): Configuration {
  return {
    groups: Object.fromEntries(groups),
    machines: Object.fromEntries(machines),
    layers: Object.fromEntries(layers),
  };
}

export function putLayer({ layers }: Working, level: string, layer: JsonObject): void {
  if (Object.keys(layer).length > 0) layers.set(level, layer);
  else layers.delete(level);
}

/** Throws `not-found` when there is no such group. */
export function checkGroup({ groups }: Working, group: string): void {
  if (groups.has(group)) return;
  const known = [...groups.keys()].sort().join(', ');
  throw new NamedError('not-found', `there is no group "${group}"; create it first, or use one of ${known}`);
}

/** The roster entry of a machine; throws `not-found` when it is no member. */
export function checkMachine({ machines }: Working, machine: string): Configuration['machines'][string] {
  const entry = machines.get(machine);
  if (entry) return entry;
  throw new NamedError('not-found', `there is no machine "${machine}" in this configuration; see the list of machines`);
}
