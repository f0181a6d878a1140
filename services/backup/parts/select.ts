/** The parts of a configuration that were asked for, with what they refer to at the levels above. Pure. */
import { defaultsLayer } from '../../config/defaults.ts';
import { layerAt } from '../../config/levels.ts';
import { references } from '../../config/references.ts';
import { NamedError } from '../../errors.ts';
import { isObject, own, type Json, type JsonObject } from '../../schema/json.ts';
import type { CertificatePlace, Configuration, ConfigurationParts, PartAlong } from '../../schema/types.generated.ts';

export interface Wanted {
  /** Each whole. */
  readonly levels: readonly string[];
  readonly certificates: readonly CertificatePlace[];
}

export interface Selected {
  readonly configuration: Configuration;
  readonly parts: ConfigurationParts;
}

/**
 * Throws `not-found` for a level or certificate that is not there, and for a reference that nothing would satisfy: no selected
 * part, no level above, no level below that has its own, and no built-in entry.
 */
export function select(whole: Configuration, { levels, certificates }: Wanted): Selected {
  for (const level of levels) checkLevel(whole, level);
  const layers = new Map<string, JsonObject>(levels.map((level) => [level, layerAt(whole, level)]));
  const add = (level: string, section: string, name: string, entry: Json) => {
    const layer = layers.get(level) ?? {};
    const entries = layer[section];
    layers.set(level, { ...layer, [section]: { ...(isObject(entries) ? entries : {}), [name]: entry } });
  };
  for (const { level, name } of certificates) {
    checkLevel(whole, level);
    add(level, 'certificates', name, entryAt(whole, level, 'certificates', name) ?? noCertificate(level, name));
  }
  const along: PartAlong[] = [];
  // What comes along may refer to more, so the list grows while it is gone through.
  const open = [...layers].map(([level, layer]) => ({ level, layer }));
  for (const { level, layer } of open) {
    for (const { from, to } of references(layer)) {
      const [section, name] = to;
      const above = levelsAbove(whole, level);
      if (above.some((one) => isObject(layers.get(one)?.[section]) && has(layers.get(one)?.[section], name))) continue;
      const source = above.find((one) => entryAt(whole, one, section, name) !== undefined);
      const entry = source === undefined ? undefined : entryAt(whole, source, section, name);
      if (source === undefined || entry === undefined) {
        if (!isElsewhere(whole, section, name)) throw dangling(level, from, section, name);
        continue;
      }
      add(source, section, name, entry);
      along.push({ level: source, section, name });
      open.push({ level: source, layer: { [section]: { [name]: entry } } });
    }
  }
  return { configuration: reduced(whole, layers, levels), parts: { levels, certificates, along } };
}

/** The groups that are spoken of, and the machines, which are told by their identities. */
function reduced(
  whole: Configuration,
  layers: ReadonlyMap<string, JsonObject>,
  levels: readonly string[],
): Configuration {
  const named = (kind: string) =>
    new Set(
      [...layers.keys(), ...levels].flatMap((level) => (level.startsWith(kind) ? [level.slice(kind.length)] : [])),
    );
  const [groups, machines] = [named('group/'), named('machine/')];
  const pick = <T>(all: Readonly<Record<string, T>>, names: ReadonlySet<string>) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => names.has(name)));
  return {
    groups: pick(whole.groups, groups),
    machines: pick(whole.machines, machines),
    layers: Object.fromEntries([...layers].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** The level itself and those above it, most specific first. */
function levelsAbove({ machines }: Configuration, level: string): readonly string[] {
  if (level === 'cluster') return [level];
  const machine = level.startsWith('machine/') ? own(machines, level.slice('machine/'.length)) : undefined;
  return [level, ...(machine ? [`group/${machine.group}`] : []), 'cluster'];
}

function isElsewhere(whole: Configuration, section: string, name: string): boolean {
  const builtIn = defaultsLayer({ key: '', chain: '' }).layer;
  return (
    has(builtIn[section], name) ||
    Object.keys(whole.layers).some((level) => entryAt(whole, level, section, name) !== undefined)
  );
}

/** Undefined for what is removed there, too. */
function entryAt(whole: Configuration, level: string, section: string, name: string): Json | undefined {
  const entries = layerAt(whole, level)[section];
  return (isObject(entries) ? own(entries, name) : undefined) ?? undefined;
}

function has(entries: Json | undefined, name: string): boolean {
  return isObject(entries) && (own(entries, name) ?? null) !== null;
}

function checkLevel({ groups, machines }: Configuration, level: string): void {
  const [kind, name = ''] = level.split('/');
  if (kind === 'cluster' || Object.hasOwn(kind === 'group' ? groups : machines, name)) return;
  throw new NamedError(
    'not-found',
    `there is no ${kind ?? ''} ${name} at this revision; see the list of ${kind ?? ''}s`,
  );
}

function noCertificate(level: string, name: string): never {
  throw new NamedError(
    'not-found',
    `there is no certificate ${name} at ${level} at this revision; see the list of certificates`,
  );
}

function dangling(level: string, from: readonly string[], section: string, name: string): NamedError {
  return new NamedError(
    'not-found',
    `${level} refers to ${section}/${name} in ${from.join('/')}, which no level has; correct that, or save other parts`,
  );
}
