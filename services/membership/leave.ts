/** What leaves the configuration when a machine leaves: said before it happens, kept in the archive after it. */
import { pointer } from '../schema/pointer.ts';
import { isObject, type Json } from '../schema/json.ts';
import type { LeavePlan } from './contract.ts';

export function leavePlan(machine: string, layer: Readonly<Record<string, unknown>>, reachable: boolean): LeavePlan {
  const certificates = layer['certificates'] as Json | undefined;
  return {
    machine,
    settings: Object.entries(layer).flatMap(([section, value]) =>
      isObject(value as Json)
        ? Object.keys(value as object).map((name) => pointer([section, name]))
        : [pointer([section])],
    ),
    certificates: isObject(certificates) ? Object.keys(certificates) : [],
    reachable,
  };
}
