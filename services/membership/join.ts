/** What joining means, worked out before anything happens: the layer a machine starts with, and what stands in the way. */
import type { Finding } from '../errors.ts';
import type { Archive } from '../machines/service.ts';
import type { Platform } from '../platforms/platform.ts';
import type { Facts, Registration } from '../schema/types.generated.ts';

export interface Candidate {
  readonly name: string;
  readonly group: string;
  readonly host: string;
  readonly hostKey: string;
  readonly facts: Facts;
}

export interface Roster {
  readonly groups: readonly string[];
  readonly registrations: readonly Registration[];
}

/** The layer a machine starts with: its interface `main`, from what was found. */
export function firstLayer(facts: Facts): Readonly<Record<string, unknown>> {
  const hostname = facts.postfix?.parameters['myhostname'] ?? facts.hostname;
  return { interfaces: { main: { address: 'all', hostname } } };
}

/** What keeps the candidate from joining; empty when nothing does. */
export function obstacles(candidate: Candidate, roster: Roster, platforms: readonly Platform[]): readonly Finding[] {
  const { name, group, facts } = candidate;
  const members = roster.registrations.filter(({ state }) => state === 'member');
  const sameName = members.find((member) => member.name === name);
  const sameIdentity = members.find(({ id }) => facts.identity !== '' && id === facts.identity);
  const findings: Finding[] = [];
  if (sameName) {
    findings.push({
      detail:
        sameName.id === facts.identity
          ? `${name} is a member already; to change its address or group, use "signet machine" commands instead of join`
          : `the name ${name} belongs to another machine (${sameName.host}); let that one leave first, or choose another name`,
      machine: name,
    });
  } else if (sameIdentity) {
    findings.push({
      detail: `this machine has the identity of the member ${sameIdentity.name} (${sameIdentity.host}): it is the same machine under another name, or a copy of it; let ${sameIdentity.name} leave first, or remove /var/lib/signet/identity from the copy`,
      machine: name,
    });
  }
  if (!roster.groups.includes(group)) {
    findings.push({
      detail: `there is no group ${group}; create it with "signet group create ${group}" and commit first`,
    });
  }
  if (!platforms.some((platform) => platform.found(facts))) {
    findings.push({
      detail: `${candidate.host} runs nothing that Signet knows; install Postfix there first`,
      machine: name,
    });
  } else if (facts.postfix && !facts.postfix.running) {
    findings.push({
      detail: `Postfix is installed on ${candidate.host} but not running; start it, so that its listeners can be proven`,
      machine: name,
    });
  }
  return findings;
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
