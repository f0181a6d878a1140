/** Settings of one level brought to another, as operations of a draft: copied, or moved. Pure. */
import { NamedError, type Finding } from '../errors.ts';
import { isObject, type Json, type JsonObject } from '../schema/json.ts';
import { parts, pointer, valueAt } from '../schema/pointer.ts';
import type { Configuration, CopySettingsChange, MoveSettingsChange, Operation } from '../schema/types.generated.ts';
import { leaves } from './leaves.ts';
import { layerAt } from './levels.ts';
import { same } from './merge.ts';
import { locate } from './units.ts';

/**
 * The operations that say at `to` what `from` says at the path, setting by setting, removals and whole units (a key with
 * its chain) included; the empty path is everything. Throws `not-found` when `from` says nothing there, and `already-exists`, with each place,
 * when `to` says something else and that is not to be replaced.
 */
export function transfer(
  configuration: Configuration,
  { op, path, from, to, replace = false }: CopySettingsChange | MoveSettingsChange,
): readonly Operation[] {
  if (from === to) throw new NamedError('invalid-input', `${to} is where it is already; name another level`);
  const { path: start, whole } = locate(parts(path));
  if (whole.length < start.length) {
    const unit = pointer(whole);
    throw new NamedError('invalid-input', `${pointer(start)} goes together with the rest of ${unit}; name ${unit}`);
  }
  const held = valueAt(layerAt(configuration, from), start);
  if (held === undefined || (isObject(held) && start.length === 0 && Object.keys(held).length === 0)) {
    throw new NamedError('not-found', `${from} says nothing at ${pointer(start) || '/'}; see signet layer ${from}`);
  }
  const target = layerAt(configuration, to);
  const steps = [...leaves(layerAt(configuration, from))]
    .filter(([at]) => start.every((part, index) => parts(at)[index] === part))
    .flatMap(([at, value]) => step(target, at, value));
  const taken = [...new Set(steps.flatMap(({ taken: place }) => (place === undefined ? [] : [place])))];
  if (taken.length > 0 && !replace) throw refusal(target, to, taken);
  // A removal above what is to be said goes first, and with it what it said below.
  const lifted = taken.filter((place) => steps.some(({ at }) => at.startsWith(`${place}/`)));
  return [
    ...lifted.map(unsetAt(to)),
    ...steps
      .filter(({ covered }) => covered === undefined || lifted.includes(covered))
      .map(({ at, value }): Operation => said(to, at, value)),
    ...(op === 'move-settings' ? [unsetAt(from)(pointer(start))] : []),
  ];
}

interface Step {
  readonly at: string;
  readonly value: Json;
  /** Where the target says something that does not go together with it. */
  readonly taken?: string;
  /** The removal at the target that says as much. */
  readonly covered?: string;
}

function step(target: JsonObject, at: string, value: Json): readonly Step[] {
  const path = parts(at);
  const depth = path.findIndex((_part, index) => index > 0 && valueAt(target, path.slice(0, index)) === null);
  const above = pointer(path.slice(0, Math.max(depth, 0)));
  if (depth > 0) return [{ at, value, ...(value === null ? { covered: above } : { taken: above }) }];
  const present = valueAt(target, path);
  if (present === undefined) return [{ at, value }];
  // An entry without fields only says that it is there, as an entry with fields does.
  const isSaid = same(present, value) || (isObject(present) && isObject(value) && Object.keys(value).length === 0);
  return isSaid ? [] : [{ at, value, taken: at }];
}

function said(level: string, path: string, value: Json): Operation {
  return value === null ? { op: 'remove', level, path } : { op: 'set', level, path, value };
}

function unsetAt(level: string): (path: string) => Operation {
  return (path) => ({ op: 'unset', level, path });
}

function refusal(target: JsonObject, to: string, taken: readonly string[]): NamedError {
  const findings = taken.map((place): Finding => {
    const present = valueAt(target, parts(place));
    const what = present === null ? 'removes it' : `has ${JSON.stringify(present)}`;
    return { level: to, pointer: place, detail: `${to} ${what} at ${place}` };
  });
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : '';
  return new NamedError(
    'already-exists',
    `${findings[0]?.detail ?? to}${more}; look at it, and replace it (--replace), or leave it out`,
    { findings },
  );
}
