/** What one machine gets at one revision: effective settings, explanations, manifest and the difference of two manifests. */
import { NamedError } from '../errors.ts';
import { parts } from '../schema/pointer.ts';
import type { Configuration, Facts, Manifest, Revision } from '../schema/types.generated.ts';
import { readMaterial } from './check.ts';
import type { ConfigDeps, Explanation } from './contract.ts';
import { explain } from './explain.ts';
import { resolveMember, type Member } from './fleet.ts';
import { lastChange, memberLayers, type Archive, type MemberLayers } from './history.ts';
import { defaultsLevel, layersOf, memberOf, type LevelLayer } from './levels.ts';
import { manifestOf, manifestText } from './manifest.ts';
import { unifiedDiff } from './unified-diff.ts';
import { memberFindings, typedSettings } from './validate.ts';

export interface ViewDeps extends Pick<ConfigDeps, 'pki' | 'machines' | 'platforms'> {
  readonly archive: Archive;
  readonly defaults: () => Promise<LevelLayer>;
}

/** A machine in a configuration, with all its layers. Throws `not-found` when it is no member. */
export async function memberAt(deps: ViewDeps, at: Revision | Configuration, machine: string): Promise<Member> {
  return resolveMember(await layersAt(deps, at, machine), await deps.defaults());
}

/** The reason of a setting, with the revision that brought it. */
export async function explanation(
  deps: ViewDeps,
  revision: Revision,
  machine: string,
  path: string,
): Promise<Explanation> {
  const { layers } = await memberLayers(deps.archive, revision, machine);
  const reason = explain([await deps.defaults(), ...layers], parts(path));
  if (reason.level === defaultsLevel) return { machine, ...reason };
  const place = { kind: 'setting', level: reason.level, path: parts(reason.pointer) } as const;
  const { number, author, time, comment } = await lastChange(deps.archive, revision, place);
  return { machine, ...reason, revision: number, author, time, comment };
}

/** The manifest of a machine, with what is known of it now. */
export async function manifestAt(deps: ViewDeps, at: Revision | Configuration, machine: string): Promise<Manifest> {
  const member = await memberAt(deps, at, machine);
  const facts = await deps.machines.facts(member.id);
  if (!facts) {
    throw new NamedError('not-found', `nothing is known of ${machine} yet; probe it, and try again`);
  }
  return render(deps, machine, member, facts);
}

/** The unified diff of what a machine has in two configurations. */
export async function manifestDifference(
  deps: ViewDeps,
  machine: string,
  before: Revision | Configuration,
  after: Revision | Configuration,
): Promise<string> {
  const [left, right] = await Promise.all([before, after].map((at) => manifestTextAt(deps, at, machine)));
  return unifiedDiff(
    { name: nameOf(before, machine), text: left ?? '' },
    { name: nameOf(after, machine), text: right ?? '' },
  );
}

async function manifestTextAt(deps: ViewDeps, at: Revision | Configuration, machine: string): Promise<string> {
  if (!(await isMember(deps, at, machine))) return '';
  const member = await memberAt(deps, at, machine);
  const facts = await deps.machines.facts(member.id);
  if (!facts) return '';
  try {
    return manifestText(await render(deps, machine, member, facts));
  } catch (error) {
    if (error instanceof NamedError) return `(not rendered: ${error.message})\n`;
    throw error;
  }
}

async function render(deps: ViewDeps, machine: string, member: Member, facts: Facts): Promise<Manifest> {
  const material = await readMaterial(deps.pki, member.layers);
  const [fault] = memberFindings(member, material);
  if (fault) {
    throw new NamedError('invalid-configuration', `the settings of ${machine} cannot be rendered: ${fault.detail}`, {
      findings: [{ ...fault, machine }],
    });
  }
  return manifestOf(deps.platforms, { machine, settings: typedSettings(member), facts, chains: material.chains });
}

async function layersAt({ archive }: ViewDeps, at: Revision | Configuration, machine: string): Promise<MemberLayers> {
  if ('number' in at) return memberLayers(archive, at, machine);
  return { ...memberOf(at, machine), layers: layersOf(at, machine) };
}

async function isMember({ archive }: ViewDeps, at: Revision | Configuration, machine: string): Promise<boolean> {
  const { machines } = 'number' in at ? ((await archive.blob(at.roster)) as unknown as Configuration) : at;
  return Object.hasOwn(machines, machine);
}

function nameOf(at: Revision | Configuration, machine: string): string {
  return 'number' in at ? `${machine}, revision ${at.number}` : `${machine}, draft`;
}
