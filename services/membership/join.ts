/** What joining means, worked out before anything happens: the layer a machine starts with, and what stands in the way. */
import { firstGroup, formatLevel, layerAt } from '../config/levels.ts';
import { pinsOf } from '../config/pins.ts';
import type { ErrorCode, Finding } from '../errors.ts';
import type { Archive } from '../machines/service.ts';
import type { Configuration, Facts, Registration } from '../schema/types.generated.ts';
import type { Standing } from './identity.ts';

export interface Candidate {
  readonly name: string;
  readonly group: string;
  readonly host: string;
  readonly facts: Facts;
}

export type Roster = Pick<Configuration, 'groups' | 'machines'>;

/** The layer a machine starts with: its interface `main`, from what was found. */
export function firstLayer(facts: Facts): Readonly<Record<string, unknown>> {
  const hostname = facts.postfix?.parameters['myhostname'] ?? facts.hostname;
  return { interfaces: { main: { address: 'all', hostname } } };
}

/** Where a machine stands in the roster already, as one does that came with a configuration file and waits. */
export function placeOf(
  identity: string,
  { machines }: Pick<Configuration, 'machines'>,
): { readonly name: string; readonly group: string } | undefined {
  const found = Object.entries(machines).find(([, { id }]) => id === identity);
  return found && { name: found[0], group: found[1].group };
}

/** The group it comes into: the one asked for, else the one it has or had as long as there is one, else the first. */
export function groupOf(
  asked: string | undefined,
  { groups }: Pick<Configuration, 'groups'>,
  place: { readonly group: string } | undefined,
  archive: Archive | undefined,
): string {
  if (asked !== undefined) return asked;
  if (place) return place.group;
  return archive && Object.hasOwn(groups, archive.group) ? archive.group : firstGroup;
}

/** Something that keeps a machine from joining, and the error it is. */
export interface Obstacle {
  readonly code: ErrorCode;
  readonly finding: Finding;
}

/** What keeps the candidate from joining; empty when nothing does. */
export function obstacles(candidate: Candidate, roster: Roster, stands: Standing): readonly Obstacle[] {
  const { name, group, facts, host } = candidate;
  const detail = stands.conflict ?? placeConflict(candidate, roster, stands);
  const found: Obstacle[] = [];
  if (detail !== undefined) found.push({ code: 'identity-conflict', finding: { detail, machine: name } });
  if (!Object.hasOwn(roster.groups, group)) {
    const create = `create it with "signet group create ${group}" and commit first`;
    found.push({ code: 'not-found', finding: { detail: `there is no group ${group}; ${create}` } });
  }
  if (!facts.postfix) {
    const install = `${host} runs no Postfix; install Postfix there first`;
    found.push({ code: 'unsupported-gateway', finding: { detail: install, machine: name } });
  } else if (!facts.postfix.running) {
    const start = `Postfix is installed on ${host} but not running; start it, so that its listeners can be proven`;
    found.push({ code: 'unsupported-gateway', finding: { detail: start, machine: name } });
  }
  return found;
}

/** Why its place in the configuration does not fit; one that takes another's place takes it as it is. */
function placeConflict({ name, group }: Candidate, roster: Roster, stands: Standing): string | undefined {
  const place = stands.succeeds === undefined ? placeOf(stands.identity, roster) : undefined;
  if (place && place.name !== name) {
    return `the configuration knows this machine as ${place.name}; join it under that name, or let ${place.name} leave first`;
  }
  if (place && place.group !== group) {
    return `the configuration has ${name} in the group ${place.group}; join it there, and move it afterwards`;
  }
  return undefined;
}

/** What the group it comes into wants of every machine. It joins without, and a commit warns of it until it is set. */
export function demands(configuration: Configuration, group: string): readonly string[] {
  const levels = ['cluster', formatLevel({ kind: 'group', name: group })];
  return pinsOf(levels.map((level) => ({ level, layer: layerAt(configuration, level) })))
    .filter(({ rule }) => rule === 'perMachine')
    .map(
      ({ level, pointer }) => `${level} wants ${pointer} to be set for every machine: set it here once it has joined`,
    );
}

/** What is odd about one that was let go: its script went with that, so it can only be there from before. */
export function returned(before: Registration | undefined, { script }: Facts): readonly string[] {
  if (before?.state !== 'left' || before.unfinished !== undefined || script === '') return [];
  return [
    `Signet's key and script are on it although ${before.name} left: its disk seems to have been put back to a state from before that; joining goes on from what it has now, with its archive restored or discarded`,
  ];
}

/** What an administrator should know before accepting. */
export function notes({ facts, host }: Candidate): readonly string[] {
  const out: string[] = [];
  if (facts.bootHook === 'none') {
    out.push(
      'revert not reboot-safe: there is neither systemd nor cron, so a change that is not confirmed stays when the machine restarts in its window',
    );
  }
  if (facts.freeKilobytes < 20_000) out.push(`only ${facts.freeKilobytes} kB are free on ${host}`);
  const skew = facts.clockSkewSeconds ?? 0;
  if (Math.abs(skew) > 60) {
    out.push(
      `the clock of ${host} is ${Math.abs(skew)} seconds ${skew > 0 ? 'ahead' : 'behind'}; certificates hold from and until moments there`,
    );
  }
  return out;
}
