/** Where what a machine gets breaks a pin: which pin, which level breaks it, and what to do. Pure. */
import type { Finding } from '../errors.ts';
import { isObject, own, type Json, type JsonObject } from '../schema/json.ts';
import { parts, pointer, valueAt } from '../schema/pointer.ts';
import type { Configuration } from '../schema/types.generated.ts';
import { sayingAt } from './explain.ts';
import type { Member } from './fleet.ts';
import { defaultsLevel, layerAt, levelsOf, type LevelLayer } from './levels.ts';
import { same } from './merge.ts';
import { pinsOf, type HeldPin } from './pins.ts';
import { resolveSection } from './resolve.ts';
import { scaleAt } from './strictness.ts';

/**
 * The breaches of one machine of a configuration. A machine that lacks what it must set itself is told so, and nothing is
 * refused for it, when it is new or lacked it under such a pin `before`: so machines can join, and groups be renamed. Not for several configurations.
 */
export function pinBreaches(
  before: Configuration | undefined,
): (machine: string, member: Member) => readonly Finding[] {
  const known = new Map<string, JsonObject>();

  return (machine, member) => pinsOf(member.layers).flatMap((pin) => found(machine, member, pin));

  function found(machine: string, member: Member, pin: HeldPin): readonly Finding[] {
    const path = parts(pin.pointer);
    const [section = ''] = path;
    const is: JsonObject = { [section]: member.sections.get(section)?.value ?? {} };
    switch (pin.rule) {
      case 'fixed': {
        const upper = heldAt(member, pin, section);
        return concrete(upper, path).flatMap((at) => fixedBreach(member, pin, at, { upper, is }));
      }
      case 'floor': {
        const upper = heldAt(member, pin, section);
        return concrete(is, path).flatMap((at) => floorBreach(member, pin, at, { upper, is }));
      }
      case 'perMachine': {
        const lacking = concrete(is, path).filter((at) => isLacking(member.layers.at(-1)?.layer ?? {}, at));
        const isOld = before === undefined ? () => false : lackedBefore(before, machine, pin);
        return lacking.map((at) => ({
          ...perMachineBreach(machine, pin, pointer(at)),
          ...(isOld(at) ? { severity: 'warning' as const } : {}),
        }));
      }
    }
  }

  /** A section as it would be without the levels below that of the pin. */
  function heldAt({ layers }: Member, { level }: HeldPin, section: string): JsonObject {
    const key = `${level} ${section}`;
    const upTo = layers.findIndex((one) => one.level === level) + 1;
    const held = known.get(key) ?? { [section]: resolveSection(section, layers.slice(0, upTo)).value };
    known.set(key, held);
    return held;
  }
}

interface Values {
  /** As the level of the pin has it, and as the machine gets it. */
  readonly upper: JsonObject;
  readonly is: JsonObject;
}

function fixedBreach(member: Member, pin: HeldPin, at: readonly string[], { upper, is }: Values): readonly Finding[] {
  const [wanted, value] = [valueAt(upper, at), valueAt(is, at)];
  if (same(wanted, value)) return [];
  const level = lastSaying(member.layers, at, pin.level);
  const place = pointer(at);
  const detail = `${place} is ${inWords(value)} at ${level}, and ${pin.level} fixes it at ${inWords(wanted)}; unset it at ${level}, or unpin it at ${pin.level}`;
  return [{ pointer: place, level, detail, rule: 'pin' }];
}

function floorBreach(member: Member, pin: HeldPin, at: readonly string[], { upper, is }: Values): readonly Finding[] {
  const [held, value] = [valueAt(upper, at), valueAt(is, at)];
  const lowest = pin.lowest ?? held;
  if (lowest === undefined) return [];
  // Where there is no entry, there is nothing to be strict about, unless one was taken away.
  const isNowhere = member.layers.every(({ layer }) => sayingAt(layer, at) === undefined);
  if (isNowhere && value === undefined && valueAt(is, at.slice(0, -1)) === undefined) return [];
  if (value !== undefined && scaleAt(at)?.isAtLeast(value, lowest)) return [];
  const place = pointer(at);
  const said = lastSaying(member.layers, at, defaultsLevel);
  // Nobody can edit the defaults.
  const level = said === defaultsLevel ? pin.level : said;
  const detail = `${place} is ${inWords(value)} at ${level}, below the floor ${inWords(lowest)} that ${pin.level} pins; set ${inWords(lowest)} or what is stricter at ${level}, or unpin it at ${pin.level}`;
  return [{ pointer: place, level, detail, rule: 'pin' }];
}

function perMachineBreach(machine: string, pin: HeldPin, place: string): Finding {
  const level = `machine/${machine}`;
  const detail = `${place} must be set for every machine, says ${pin.level}; set it at ${level}, or unpin it at ${pin.level}`;
  return { pointer: place, level, detail, rule: 'pin' };
}

function isLacking(layer: JsonObject, at: readonly string[]): boolean {
  const said = sayingAt(layer, at);
  return said === undefined || said === null;
}

function lackedBefore(before: Configuration, machine: string, pin: HeldPin): (at: readonly string[]) => boolean {
  const entry = own(before.machines, machine);
  if (!entry) return () => true;
  const layers = levelsOf(machine, entry.group).map((level) => ({ level, layer: layerAt(before, level) }));
  // At whichever level: a group may have another name now, or the machine be in another group that demands the same.
  const wasPinned = pinsOf(layers).some(({ pointer: at, rule }) => at === pin.pointer && rule === pin.rule);
  return (at) => wasPinned && isLacking(layers.at(-1)?.layer ?? {}, at);
}

/** The most specific level that says something about a place, below one level; that level when none does. */
function lastSaying(layers: readonly LevelLayer[], at: readonly string[], below: string): string {
  const start = layers.findIndex(({ level }) => level === below) + 1;
  return layers.slice(start).findLast(({ layer }) => sayingAt(layer, at) !== undefined)?.level ?? below;
}

/** The places that a path with `*` stands for: one for each entry that is there. */
function concrete(document: JsonObject, path: readonly string[]): readonly (readonly string[])[] {
  const star = path.indexOf('*');
  if (star < 0) return [path];
  const table = valueAt(document, path.slice(0, star));
  if (!isObject(table)) return [];
  return Object.keys(table).flatMap((name) =>
    concrete(document, [...path.slice(0, star), name, ...path.slice(star + 1)]),
  );
}

function inWords(value: Json | undefined): string {
  if (value === undefined) return 'not set';
  const text = JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}
