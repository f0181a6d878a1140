/** What leaves the configuration when a machine leaves, and what stands in the way: said before it happens. */
import { pointer } from '../schema/pointer.ts';
import { isObject, type Json } from '../schema/json.ts';
import type { Registration } from '../schema/types.generated.ts';
import type { LeavePlan } from './contract.ts';

/** How a gateway takes the controller: `shut-out` when it does not let it log in, `succeeded` when it has seen a later one. */
export type Reach = 'answers' | 'shut-out' | 'succeeded' | 'silent';

export interface Leaver {
  readonly registration: Pick<Registration, 'id' | 'name' | 'state'>;
  /** Its machine-level settings; undefined when it is not in the roster, as after a leave that broke off. */
  readonly layer: Readonly<Record<string, unknown>> | undefined;
  readonly reach: Reach;
}

export function leavePlan({ registration, layer, reach }: Leaver): LeavePlan {
  const obstacle = obstacleTo(registration, layer !== undefined, reach);
  return {
    machine: registration.name,
    settings: settingsOf(layer ?? {}),
    certificates: certificatesOf(layer ?? {}),
    ...(layer ? { archive: registration.id } : {}),
    reachable: reach === 'answers',
    ...(obstacle === undefined ? {} : { obstacle }),
  };
}

/** The paths of a layer's settings, entry by entry. */
export function settingsOf(layer: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(layer).flatMap(([section, value]) =>
    isObject(value as Json)
      ? Object.keys(value as object).map((name) => pointer([section, name]))
      : [pointer([section])],
  );
}

function certificatesOf(layer: Readonly<Record<string, unknown>>): readonly string[] {
  const certificates = layer['certificates'] as Json | undefined;
  return isObject(certificates) ? Object.keys(certificates) : [];
}

/** Why it may only leave by force. One that is out of the configuration and shuts the controller out has left but for the record. */
function obstacleTo({ name, state }: Leaver['registration'], enrolled: boolean, reach: Reach): string | undefined {
  if (state === 'waiting') {
    return `${name} waits to be taken over, and this controller has no access to it; take it over with "signet machine join ${name}", or let it go with --force`;
  }
  if (reach === 'succeeded') {
    return `${name} follows another controller by now, and takes nothing from this one; let it leave there, or take it out of this configuration alone with --force`;
  }
  if (reach === 'silent') {
    return `${name} cannot be reached, so Signet's key and script would stay on it; bring it back first, or let it go with --force`;
  }
  if (reach === 'shut-out' && enrolled) {
    return `${name} refuses the controller's key, so Signet's script would stay on it; let it go with --force, and join it anew if it is to come back`;
  }
  return undefined;
}
