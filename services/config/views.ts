/** What one machine gets at one revision: effective settings, explanations, manifest and the difference of two manifests. */
import { NamedError } from '../errors.ts';
import { compareNames } from '../machines/names.ts';
import { isAround, parts } from '../schema/pointer.ts';
import type { Configuration, Facts, Manifest, Revision } from '../schema/types.generated.ts';
import { bindingFaults } from './bindings.ts';
import type { Members } from './blobs.ts';
import { readMaterial } from './check.ts';
import type { ChangePlan, ConfigDeps, DatedOverride, Explanation } from './contract.ts';
import { effectiveChanges } from './effective-changes.ts';
import { explain } from './explain.ts';
import { fleet, memberLayersIn, type Member, type MemberLayers } from './fleet.ts';
import { configurationAt, lastChange, lastChanges, memberLayers, type Archive } from './history.ts';
import { defaultsLevel, type LevelLayer } from './levels.ts';
import { manifestOf, manifestText } from './manifest.ts';
import { overrides } from './overrides.ts';
import { pinsOf, type HeldPin } from './pins.ts';
import { join, type Effective } from './resolve.ts';
import { unifiedDiff } from './unified-diff.ts';
import { memberFindings, sectionChecks, typedSettings, type SectionChecks } from './validate.ts';

/** A committed configuration, or one that is not. */
export type At = Revision | Configuration;

export interface Views {
  /** The effective settings, and the pins that bind them. */
  effective(at: At, machine: string): Promise<Effective & { readonly pins: readonly HeldPin[] }>;
  explanation(revision: Revision, machine: string, path: string): Promise<Explanation>;
  overrides(revision: Revision): Promise<readonly DatedOverride[]>;
  /** What differs on the machines that are in both. */
  effects(before: Configuration, after: Configuration): Promise<Pick<ChangePlan, 'machines' | 'unchanged'>>;
  manifest(at: At, machine: string): Promise<Manifest>;
  /** The unified diff of two manifests; see the contract. */
  difference(machine: string, before: At, after: At): Promise<string>;
}

export interface ViewDeps extends Pick<ConfigDeps, 'pki' | 'machines' | 'platforms'> {
  readonly archive: Archive;
  readonly defaults: () => Promise<LevelLayer>;
}

/** What the machines of one configuration share. */
interface Shared {
  readonly resolve: (machine: MemberLayers) => Member;
  readonly checkSections: SectionChecks;
}

/** Configurations that are looked at by turns: a rollout asks for each machine at one revision, a diff at two. */
const rememberedConfigurations = 4;

export function views({ pki, machines, platforms, archive, defaults }: ViewDeps): Views {
  const known = new Map<number | Configuration, Shared>();

  return { effective, explanation, overrides: overridesAt, effects, manifest, difference };

  async function effective(at: At, machine: string) {
    const { sections, layers } = await memberAt(at, machine);
    return { ...join(sections), pins: pinsOf(layers) };
  }

  async function explanation(revision: Revision, machine: string, path: string): Promise<Explanation> {
    const { layers } = await memberLayers(archive, revision, machine);
    const found = explain([await defaults(), ...layers], parts(path));
    const pins = pinsOf(layers).filter((pin) => isAround(pin.pointer, parts(found.pointer)));
    const reason = { ...found, ...(pins.length > 0 ? { pins } : {}) };
    if (reason.level === defaultsLevel) return { machine, ...reason };
    const place = { kind: 'setting', level: reason.level, path: parts(reason.pointer) } as const;
    const { number, author, time, comment } = await lastChange(archive, revision, place);
    return { machine, ...reason, revision: number, author, time, comment };
  }

  async function overridesAt(revision: Revision): Promise<readonly DatedOverride[]> {
    const found = overrides(await configurationAt(archive, revision), await defaults());
    const place = (level: string, at: string) => ({ kind: 'setting', level, path: parts(at) }) as const;
    const since = await lastChanges(
      archive,
      revision,
      found.map(({ level, pointer }) => place(level, pointer)),
    );
    const hiding = found.flatMap(({ inherited, pointer }, index) =>
      inherited === undefined || inherited.level === defaultsLevel
        ? []
        : [{ index, place: place(inherited.level, pointer) }],
    );
    const changed = await lastChanges(
      archive,
      revision,
      hiding.map((each) => each.place),
    );
    const inheritedSince = new Map(hiding.map(({ index }, at) => [index, changed[at]]));
    return found.map((override, index) => {
      const hidden = inheritedSince.get(index);
      return { ...override, since: since[index] ?? revision, ...(hidden ? { inheritedSince: hidden } : {}) };
    });
  }

  async function effects(before: Configuration, after: Configuration) {
    const changes = effectiveChanges();
    const machines = [];
    const unchanged = [];
    for (const machine of Object.keys(after.machines).sort(compareNames)) {
      if (!Object.hasOwn(before.machines, machine)) continue;
      const settings = changes(await memberAt(before, machine), await memberAt(after, machine));
      if (settings.length > 0) machines.push({ machine, settings });
      else unchanged.push(machine);
    }
    return { machines, unchanged };
  }

  async function manifest(at: At, machine: string): Promise<Manifest> {
    const member = await memberAt(at, machine);
    const facts = await machines.facts(member.id);
    if (facts) return render(at, machine, member, facts);
    throw new NamedError('not-found', `nothing is known of ${machine} yet; probe it, and try again`);
  }

  async function difference(machine: string, before: At, after: At): Promise<string> {
    const [left, right] = await Promise.all([textAt(before, machine), textAt(after, machine)]);
    return unifiedDiff({ name: nameOf(before, machine), text: left }, { name: nameOf(after, machine), text: right });
  }

  async function textAt(at: At, machine: string): Promise<string> {
    const roster = 'number' in at ? ((await archive.blob(at.roster)) as unknown as Members) : at;
    if (!Object.hasOwn(roster.machines, machine)) return '';
    const member = await memberAt(at, machine);
    const facts = await machines.facts(member.id);
    if (!facts) return '';
    try {
      return manifestText(await render(at, machine, member, facts));
    } catch (error) {
      if (error instanceof NamedError) return `(not rendered: ${error.message})\n`;
      throw error;
    }
  }

  async function render(at: At, machine: string, member: Member, facts: Facts): Promise<Manifest> {
    const material = await readMaterial(pki, member.layers);
    const { checkSections } = await sharedAt(at);
    const [fault] = memberFindings(member, bindingFaults(member.layers, material), checkSections);
    if (fault) {
      throw new NamedError('invalid-configuration', `the settings of ${machine} cannot be rendered: ${fault.detail}`, {
        findings: [{ ...fault, machine }],
      });
    }
    return manifestOf(platforms, { machine, settings: typedSettings(member), facts, chains: material.chains });
  }

  async function memberAt(at: At, machine: string): Promise<Member> {
    const { resolve } = await sharedAt(at);
    return resolve('number' in at ? await memberLayers(archive, at, machine) : memberLayersIn(at, machine));
  }

  async function sharedAt(at: At): Promise<Shared> {
    const key = 'number' in at ? at.number : at;
    const found = known.get(key) ?? { resolve: fleet(await defaults()), checkSections: sectionChecks() };
    known.set(key, found);
    for (const oldest of known.keys()) {
      if (known.size <= rememberedConfigurations) break;
      known.delete(oldest);
    }
    return found;
  }
}

function nameOf(at: At, machine: string): string {
  return 'number' in at ? `${machine}, revision ${at.number}` : `${machine}, draft`;
}
