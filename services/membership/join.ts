/** What joining means, worked out before anything happens: the layer a machine starts with, and what stands in the way. */
import { firstGroup } from '../config/levels.ts';
import type { ErrorCode, Finding } from '../errors.ts';
import { holdsName } from '../machines/names.ts';
import type { Archive } from '../machines/service.ts';
import type { Configuration, Facts, Registration } from '../schema/types.generated.ts';

export interface Candidate {
  readonly name: string;
  readonly group: string;
  readonly host: string;
  readonly hostKey: string;
  readonly facts: Facts;
}

export interface Roster {
  readonly configuration: Pick<Configuration, 'groups' | 'machines'>;
  readonly registrations: readonly Registration[];
}

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
export function obstacles(candidate: Candidate, roster: Roster): readonly Obstacle[] {
  const { name, group, facts, host } = candidate;
  const detail = identityConflict(candidate, roster);
  const found: Obstacle[] = [];
  if (detail !== undefined) found.push({ code: 'identity-conflict', finding: { detail, machine: name } });
  if (!Object.hasOwn(roster.configuration.groups, group)) {
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

/** Why the name or the identity belongs to another; undefined when both are this machine's to have. */
function identityConflict(
  { name, group, facts }: Candidate,
  { configuration, registrations }: Roster,
): string | undefined {
  const { identity } = facts;
  const holder = registrations.find((one) => one.name === name && holdsName(one) && one.id !== identity);
  if (holder) {
    return `the name ${name} belongs to another machine (${holder.host}); let that one leave first, or choose another name`;
  }
  const same = registrations.find(({ id, state }) => id === identity && state === 'member');
  if (same?.name === name) {
    return `${name} is a member already, at ${same.host}; let it leave first to join it anew`;
  }
  if (same) {
    return `this machine has the identity of the member ${same.name} (${same.host}): it is the same machine under another name, or a copy of it; let ${same.name} leave first, or remove /var/lib/signet/identity from the copy`;
  }
  const place = placeOf(identity, configuration);
  if (place && place.name !== name) {
    return `the configuration knows this machine as ${place.name}; join it under that name, or let ${place.name} leave first`;
  }
  if (place && place.group !== group) {
    return `the configuration has ${name} in the group ${place.group}; join it there, and move it afterwards`;
  }
  if (!place && Object.hasOwn(configuration.machines, name)) {
    return `the configuration has another machine called ${name}, which waits to be taken over; let that one leave first, or choose another name`;
  }
  return undefined;
}

/** What an administrator should know before accepting. */
export function notes({ facts, host }: Candidate, archive: Archive | undefined): readonly string[] {
  const out: string[] = [];
  if (facts.bootHook === 'none') {
    out.push(
      'revert not reboot-safe: there is neither systemd nor cron, so a change that is not confirmed stays when the machine restarts in its window',
    );
  }
  if (facts.freeKilobytes < 20_000) out.push(`only ${facts.freeKilobytes} kB are free on ${host}`);
  // What a machine that was a member has of Signet's is no news.
  const own = archive ? [] : tlsParameters(facts);
  if (own.length > 0) {
    out.push(
      `its present TLS settings would be replaced where Signet sets them: ${own.join(', ')}; they are kept on the machine and can be put back when it leaves`,
    );
  }
  return out;
}

function tlsParameters(facts: Facts): readonly string[] {
  const names = (facts.postfix?.mainCf ?? '').matchAll(/^((?:smtpd?|lmtp)_(?:tls|use_tls|enforce_tls)\w*)\s*=/gm);
  return [...new Set([...names].map(([, name]) => name ?? ''))];
}
