/** Checks a configuration as it would take effect: every layer, and the effective settings of every machine. */
import type { Finding } from '../errors.ts';
import { compareNames } from '../machines/names.ts';
import type { Platform } from '../platforms/platform.ts';
import type { JsonObject } from '../schema/json.ts';
import { findings as schemaFindings, layerFindings } from '../schema/parse.ts';
import { parts, pointer } from '../schema/pointer.ts';
import type { Configuration, Facts, Settings, Shapes } from '../schema/types.generated.ts';
import { alertFindings } from './alerts.ts';
import { bindingFaults, type Fault, type Material } from './bindings.ts';
import { blame } from './blame.ts';
import { certificateWarnings } from './certificate-warnings.ts';
import { sayingAt } from './explain.ts';
import { fleet, memberLayersIn, type Member } from './fleet.ts';
import { layerAt, type LevelLayer } from './levels.ts';
import { pinBreaches } from './pin-breaches.ts';
import { pinFaults } from './pins.ts';
import { dangling, type Reference } from './references.ts';
import { settingsOf, type EffectiveSection } from './resolve.ts';

export interface ValidationInput {
  readonly configuration: Configuration;
  readonly defaults: LevelLayer;
  readonly material: Material;
  /** What is known of machines, by id; platforms are asked only about machines in it. */
  readonly facts: ReadonlyMap<string, Facts>;
  readonly platforms: readonly Platform[];
  /** What it would replace, when that is known: what a machine lacked there already is no reason to refuse a commit. */
  readonly before?: Configuration;
}

/**
 * Everything that is wrong, each finding with the setting, the level to edit, and the machine where it shows. Yields after
 * each machine, so that the caller can let others run: 2,000 machines take a second or so.
 */
export function* validate(input: ValidationInput): Generator<readonly Finding[], void> {
  const { configuration, defaults, material } = input;
  const layers = [
    defaults,
    ...Object.keys(configuration.layers).map((level) => ({ level, layer: layerAt(configuration, level) })),
  ];
  const malformed = layers.flatMap(({ level, layer }) => {
    const found = layerFindings(layer).map((finding) => ({ ...finding, level }));
    return found.length > 0 ? found : pinFaults(level, layer);
  });
  yield malformed;
  // What is no layer cannot be resolved.
  if (malformed.length > 0) return;

  yield alertFindings(configuration, input.facts);

  const faults = bindingFaults(layers, material);
  const shown = new Set<string>();
  const resolveMember = fleet(defaults);
  const checkSections = sectionChecks();
  const breaches = pinBreaches(input.before);
  for (const machine of Object.keys(configuration.machines).sort(compareNames)) {
    const member = resolveMember(memberLayersIn(configuration, machine));
    const found = memberFindings(member, faults, checkSections);
    for (const { level, pointer: at } of found) shown.add(`${level ?? ''}${at ?? ''}`);
    const asked = found.length > 0 ? found : [...settledFindings(input, machine, member), ...breaches(machine, member)];
    yield asked.map((finding) => ({ ...finding, machine }));
  }
  // Bindings that no machine gets are wrong too: the next machine to join would.
  yield faults.filter((fault) => !shown.has(fault.level + fault.pointer));
}

/** What keeps the settings of one machine from being rendered. `faults` are those of its bindings, or of more. */
export function memberFindings(
  member: Member,
  faults: readonly Fault[],
  checkSections: SectionChecks,
): readonly Finding[] {
  const bound = faults.filter(({ level, pointer: at }) => originOf(member, at) === level);
  const found = [...checkSections(member), ...bound];
  return found.length > 0 ? found : missing(member, settingsOf(member.sections));
}

export type SectionChecks = (member: Member) => readonly Finding[];

/** The schema's check of effective settings. A section that machines share is checked once. */
export function sectionChecks(): SectionChecks {
  const known = new WeakMap<EffectiveSection, readonly Finding[]>();
  return (member) =>
    [...member.sections].flatMap(([name, section]) => {
      const found = known.get(section) ?? checkSection(name, section.value);
      known.set(section, found);
      return found.map((finding) => ({ ...finding, level: blame(member, finding.pointer ?? '') }));
    });
}

function checkSection(section: string, value: JsonObject): readonly Finding[] {
  const shape = section.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`) as keyof Shapes;
  return schemaFindings(shape, value).map((finding) => {
    const at = finding.pointer ?? '';
    const where = at === '' ? 'the document' : at;
    const detail = finding.detail.replace(where, `/${section}${at}`);
    return { ...finding, pointer: `/${section}${at}`, detail };
  });
}

function originOf(member: Member, at: string): string | undefined {
  return member.sections.get(parts(at)[0] ?? '')?.origins.get(at);
}

/** Names that lead nowhere on this machine, and the entries that must be there. */
function missing(member: Member, settings: JsonObject): readonly Finding[] {
  const found = dangling(settings).map((reference) => danglingFinding(member, reference));
  const destinations = member.sections.get('destinations')?.value ?? {};
  if (Object.hasOwn(destinations, 'default')) return found;
  const at = ['destinations', 'default'];
  const level = removedAt(member, at) ?? blame(member, '/destinations');
  return [
    ...found,
    {
      pointer: pointer(at),
      level,
      detail: `/destinations/default was removed at ${level}; set it, or unset the removal`,
    },
  ];
}

function danglingFinding(member: Member, { from, to, noun }: Reference): Finding {
  const [at, target] = [pointer(from), pointer(to)];
  const removed = removedAt(member, to);
  const level = removed ?? blame(member, at);
  const why = removed === undefined ? '' : ` (removed at ${removed})`;
  return {
    pointer: at,
    level,
    detail: `${at} names the ${noun} "${to[1]}", which this machine does not have${why}; set ${target}, or change ${at} at ${blame(member, at)}`,
  };
}

/** The level whose tombstone is why nothing stands at a place. */
function removedAt({ layers }: Member, path: readonly string[]): string | undefined {
  const said = layers.map(({ level, layer }) => ({ level, value: sayingAt(layer, path) }));
  const last = said.findLast(({ value }) => value !== undefined);
  return last?.value === null ? last.level : undefined;
}

/** The effective settings of a member that was checked: they have passed their schema, section by section. */
export function typedSettings(member: Member): Settings {
  return settingsOf(member.sections) as unknown as Settings;
}

/** What is only asked of settings that are whole, each with the level to edit. */
function settledFindings(input: ValidationInput, machine: string, member: Member): readonly Finding[] {
  const warnings = certificateWarnings(typedSettings(member), input.material.chains);
  return [...warnings, ...platformFindings(input, machine, member)].map((finding) => ({
    level: blame(member, finding.pointer ?? ''),
    ...finding,
  }));
}

function platformFindings(
  { platforms, facts, material }: ValidationInput,
  machine: string,
  member: Member,
): readonly Finding[] {
  const known = facts.get(member.id);
  if (!known) return [];
  const input = { machine, settings: typedSettings(member), facts: known, chains: material.chains };
  return platforms.filter((platform) => platform.found(known)).flatMap((platform) => platform.check(input));
}
