/** Taking another machine's place: what it has there, and the operations that hand it over. */
import type { Archive } from '../machines/service.ts';
import type { AdmitOperation, Configuration, Operation } from '../schema/types.generated.ts';
import { placeOf } from './join.ts';

export interface Predecessor {
  readonly id: string;
  readonly name: string;
  readonly group: string;
  readonly layer: Readonly<Record<string, unknown>>;
  /** Set when it left, and what it had is in its archive. */
  readonly archive?: Archive;
}

/** The machine with this identity as it stands in the configuration, or else in its archive. */
export function predecessor(
  id: string,
  configuration: Configuration,
  archives: readonly Archive[],
): Predecessor | undefined {
  const place = placeOf(id, configuration);
  if (place) return { id, ...place, layer: configuration.layers[`machine/${place.name}`] ?? {} };
  const archive = archives.find((one) => one.id === id);
  return archive && { id, name: archive.name, group: archive.group, layer: archive.layer, archive };
}

/**
 * Puts a machine into the roster, in the place of the one whose identity is `succeeds` if the roster has that: with its
 * settings as they are by now. None when it has this very place already.
 */
export function admission(
  admit: AdmitOperation,
  succeeds: string | undefined,
  configuration: Configuration,
): readonly Operation[] {
  const { id, machine } = admit;
  if (placeOf(id, configuration)?.name === machine) return [];
  const former = succeeds === undefined ? undefined : predecessor(succeeds, configuration, []);
  if (!former) return [admit];
  return [
    { op: 'dismiss', machine: former.name },
    { ...admit, layer: former.layer },
  ];
}
