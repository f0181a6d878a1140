/** What is different on a machine that was left alone: field by field, by who changed it. Pure. */
import { leaves } from '../config/leaves.ts';
import { same } from '../config/merge.ts';
import type { Effective } from '../config/resolve.ts';
import type { Edit } from '../platforms/postfix/drift.ts';
import { keyOf, type Meaning } from '../platforms/postfix/present/meaning.ts';
import type { Present } from '../platforms/postfix/present/present.ts';
import type { Json } from '../schema/json.ts';
import { parts } from '../schema/pointer.ts';
import { meant, placesOf } from './meant.ts';

export interface Difference {
  /** The path of the setting; where Signet has none for it, what was changed, by file and name or in words. */
  readonly path: string;
  readonly changed: 'configuration' | 'machine' | 'both';
  /** What the machine had, what the configuration has for it now, and what it has itself; absent where there is nothing. */
  readonly before?: Json;
  readonly configuration?: Json;
  readonly machine?: Json;
  /** Set when nobody has to decide, as the configuration says by now what the machine has. */
  readonly same?: true;
  /** Why the machine's value cannot be taken into the configuration; absent where it can. */
  readonly obstacle?: string;
  /** What was changed on the machine, in words. */
  readonly edits: readonly string[];
  /** Whether the machine had been changed so before it was disconnected; absent where that is not known. */
  readonly earlier?: boolean;
  /** Where the machine's value stands in what was read of it. */
  readonly read?: readonly string[];
}

export interface Sides {
  /** The effective settings of the revision it was given last, where that is known, and of the head. */
  readonly before: Effective['settings'] | undefined;
  readonly head: Effective['settings'];
  /** What was read of the machine, and what would be read of it without the edits. */
  readonly live: Present;
  readonly unedited: Present;
  readonly edits: readonly Edit[];
  /** Those, in words, that are not what the head wants by now. */
  readonly open: readonly string[];
  /** The settings that Signet owns, by file and name, when it was disconnected and now. */
  readonly found: Readonly<Record<string, string>> | undefined;
  readonly owned: Readonly<Record<string, string>>;
}

/** In the order of their paths: first the settings, then what Signet has no path for. */
export function differences(sides: Sides): readonly Difference[] {
  const onMachine = machineDifferences(sides);
  const taken = new Set(onMachine.map(({ path }) => path));
  const inConfiguration = configurationDifferences(sides).filter(({ path }) => !taken.has(path));
  return [...inConfiguration, ...onMachine].sort((a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : 1));
}

/** Whether someone has to say what becomes of it. */
export function isOpen({ changed, same: isSame }: Difference): boolean {
  return changed !== 'configuration' && isSame !== true;
}

function configurationDifferences({ before, head }: Sides): readonly Difference[] {
  if (!before) return [];
  const [was, is] = [leaves(before), leaves(head)];
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((path) => {
    const [old, fresh] = [was.get(path), is.get(path)];
    if (same(old, fresh)) return [];
    return [{ path, changed: 'configuration' as const, ...values(old, fresh, old), edits: [] }];
  });
}

/** Each edit is in at least one of them: what nobody decides on is not overwritten. */
function machineDifferences(sides: Sides): readonly Difference[] {
  const found = new Map<string, { readonly at: At; readonly edits: Edit[] }>();
  for (const edit of sides.edits) {
    for (const at of placesFor(edit, sides)) {
      const present = found.get(at.path);
      if (present) present.edits.push(edit);
      else found.set(at.path, { at, edits: [edit] });
    }
  }
  return [...found.values()].map(({ at, edits }) => difference(at, edits, sides));
}

/** Where an edit belongs: to settings, by their path and by where the machine's value was read; or to itself alone. */
interface At {
  readonly path: string;
  readonly read?: readonly string[];
  readonly obstacle?: string;
}

function placesFor({ setting, detail }: Edit, sides: Sides): readonly At[] {
  if (!setting) return [{ path: detail, obstacle: 'Signet has no setting for it' }];
  const alone = (obstacle: string) => [{ path: keyOf(setting), obstacle }];
  const meaning = meaningOf(setting, sides);
  if (meaning?.kind === 'lost') return alone(meaning.why);
  if (meaning?.kind !== 'expressed' || meaning.pointer === '') return alone('Signet sets it itself');
  const places = placesOf(parts(meaning.pointer), setting.place, sides);
  if (places.length === 0) return alone('the configuration has no listener at this address and port');
  return places;
}

function meaningOf(setting: NonNullable<Edit['setting']>, { live, unedited }: Sides): Meaning | undefined {
  const isIt = (other: { readonly place: string; readonly name: string }) => keyOf(other) === keyOf(setting);
  // One that is gone means what it meant where it stood.
  return (live.settings.find(isIt) ?? unedited.settings.find(isIt))?.meaning;
}

function difference({ path, read, obstacle }: At, edits: readonly Edit[], sides: Sides): Difference {
  const { before, head, live, open } = sides;
  const told = edits.map(({ detail }) => detail);
  const settled = told.every((detail) => !open.includes(detail));
  const earlier = wasThere(edits, sides);
  const common = { path, edits: told, ...(earlier === undefined ? {} : { earlier }) };
  if (!read) {
    const [first] = edits;
    const [was, is] = [first?.setting?.was, first?.setting?.is];
    const sideValues = edits.length === 1 ? values(was, was, is) : {};
    return {
      ...common,
      changed: 'machine',
      ...sideValues,
      ...(settled ? { same: true } : {}),
      obstacle: obstacle ?? '',
    };
  }
  const at = parts(path);
  const [was, wanted, is] = [before && meant(before, at), meant(head, at), meant(live.layer, read)];
  return {
    ...common,
    changed: before && !same(was, wanted) ? 'both' : 'machine',
    ...values(was, wanted, is),
    ...(settled || same(wanted, is) ? { same: true } : {}),
    ...(obstacle === undefined ? {} : { obstacle }),
    read,
  };
}

/** Undefined where the edit is in a file that a setting names: of these nothing is noted. */
function wasThere(edits: readonly Edit[], { found, owned }: Sides): boolean | undefined {
  if (!found || edits.some(({ setting }) => setting?.was === setting?.is)) return undefined;
  return edits.every(({ setting }) => setting && found[keyOf(setting)] === owned[keyOf(setting)]);
}

function values(before: Json | undefined, configuration: Json | undefined, machine: Json | undefined) {
  return {
    ...(before === undefined ? {} : { before }),
    ...(configuration === undefined ? {} : { configuration }),
    ...(machine === undefined ? {} : { machine }),
  };
}

function rank({ path }: Difference): number {
  return path.startsWith('/') ? 0 : 1;
}
