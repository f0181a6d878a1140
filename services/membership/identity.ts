/** Whose machine a candidate is, told by its identity and its host key, and what has to be decided where these disagree with the records. */
import { holdsName } from '../machines/names.ts';
import type { Archive } from '../machines/service.ts';
import { own } from '../schema/json.ts';
import type { Configuration, Registration } from '../schema/types.generated.ts';

/** What an administrator says of a machine that cannot be told for sure: it takes a machine's place, or is one of its own. */
export type Claim = 'replace' | 'new';

export interface Candidate {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly hostKey: string;
  /** Of the id file on it; empty for a machine that has none. */
  readonly identity: string;
  readonly claim?: Claim | undefined;
}

export interface Records {
  readonly configuration: Pick<Configuration, 'machines'>;
  readonly registrations: readonly Registration[];
  readonly archives: readonly Archive[];
  /** Whether the machine of a registration answers at its own address, with the host key that is on record. */
  readonly answers: (id: string) => boolean;
}

export interface Standing {
  /** Why it may not join until someone decides, and what can be decided. */
  readonly conflict?: string;
  /** The identity it joins with; empty when it gets a new one. */
  readonly identity: string;
  /** The identity whose place it takes: its own when only its host key is another one. */
  readonly succeeds?: string;
}

/** Where the candidate stands. Looked at twice it is the same: nothing is asked of the network here. */
export function standing(candidate: Candidate, records: Records): Standing {
  const identity = candidate.claim === 'new' ? '' : candidate.identity;
  const there = atItsPlace(candidate, records);
  if (there) return { identity, conflict: there };
  const same = records.registrations.find(({ id }) => id === identity);
  const forgotten = same ? undefined : records.archives.find(({ id }) => id === identity);
  const byIdentity = same ? ofItsIdentity(candidate, same, records) : forgotten && ofAForgotten(candidate, forgotten);
  if (byIdentity) return { identity, ...byIdentity };
  const byName = ofItsName(candidate, identity, records);
  if (byName.succeeds === undefined) {
    const idle = candidate.claim === 'replace' && byName.conflict === undefined && !same && !forgotten;
    return { identity, ...(idle ? { conflict: nothingToReplace(candidate) } : byName) };
  }
  // What it had of its own as another machine stays in the archive of that one.
  const isArchived = records.archives.some(({ id }) => id === identity);
  return { identity: isArchived ? '' : identity, ...byName };
}

/** Registrations that may be asked whether they answer: only of these does it matter. */
export function doubtful(
  candidate: Candidate,
  { registrations }: Pick<Records, 'registrations'>,
): readonly Registration[] {
  return registrations.filter(
    (one) =>
      one.state === 'member' &&
      (one.id === candidate.identity ? one.hostKey !== candidate.hostKey : one.name === candidate.name),
  );
}

/** One gateway cannot be two members, whatever identity it shows. Under its own name the other rules know better what to say. */
function atItsPlace({ name, host, port, hostKey }: Candidate, { registrations }: Records): string | undefined {
  const member = registrations.find(
    (one) => one.state === 'member' && one.hostKey === hostKey && one.host === host && one.port === port,
  );
  if (!member || member.name === name) return undefined;
  return `the member ${member.name} is at this address, with this host key; let ${member.name} leave first, then this one can join as ${name}`;
}

type Verdict = Omit<Standing, 'identity'>;

/** Undefined when nothing is odd about it: a machine that left, waits, or whose join broke off. */
function ofItsIdentity(candidate: Candidate, same: Registration, records: Records): Verdict | undefined {
  const { name, hostKey, claim } = candidate;
  const { answers, archives } = records;
  const isMember = same.state === 'member';
  if (same.hostKey === hostKey) {
    if (!isMember) return undefined;
    if (same.name === name)
      return { conflict: `${name} is a member already, at ${same.host}; let it leave first to join it anew` };
    return {
      conflict: `this machine has the identity and the host key of the member ${same.name} (${same.host}): it is the same machine under another name, or a copy of it; let ${same.name} leave first, or join the copy with --new-identity`,
    };
  }
  const hasNothing = same.state === 'left' && archives.every(({ id }) => id !== same.id);
  if (same.state === 'joining' || hasNothing) return undefined;
  if (isMember && answers(same.id)) {
    return {
      conflict: `this machine has the identity of the member ${same.name}, which answers at ${same.host} with a host key of its own: it is a copy of it; join the copy with --new-identity`,
    };
  }
  if (claim === 'replace') return isMember ? { succeeds: same.id } : undefined;
  const was = isMember
    ? `the member ${same.name}, which does not answer at ${same.host} as it did`
    : `${same.name}, a machine known from before`;
  return {
    conflict: `this machine has the identity of ${was}, but another host key than is on record: if it is that machine, reinstalled or with new host keys, join it with --replace; if it is a copy of it, with --new-identity`,
  };
}

/** Of one that was forgotten only its archive is left, and no host key that could tell it from a copy. */
function ofAForgotten({ claim }: Candidate, { name, left }: Archive): Verdict | undefined {
  if (claim !== undefined) return undefined;
  return {
    conflict: `this machine has the identity of ${name}, which left on ${left.slice(0, 10)} and was forgotten, so its host key is no longer on record: if it is that machine, join it with --replace; if it is a copy of it, with --new-identity`,
  };
}

/** Of a machine of its own under a name that another has, or had when it left. */
function ofItsName({ name, host, claim }: Candidate, identity: string, records: Records): Verdict {
  const { configuration, registrations, archives, answers } = records;
  const others = registrations.filter((one) => one.name === name && one.id !== identity);
  const holder = others.find(holdsName);
  if (holder && answers(holder.id)) {
    const first = `the name ${name} belongs to another machine (${holder.host}), which answers there with its own host key`;
    return {
      conflict: `${first}; let that one leave first${claim === 'replace' ? ', then this one can replace it' : ', or choose another name'}`,
    };
  }
  const enrolled = own(configuration.machines, name);
  const predecessor = holder?.id ?? (enrolled && enrolled.id !== identity ? enrolled.id : undefined);
  if (predecessor !== undefined) {
    if (claim === 'replace') return { succeeds: predecessor };
    const place = holder
      ? `belongs to another machine (${holder.host})`
      : 'is in the configuration for another machine, which waits to be taken over';
    const odd =
      holder?.host === host
        ? `; that was at this address, with another host key and identity: it seems to have been reinstalled`
        : '';
    return {
      conflict: `the name ${name} ${place}${odd}; if this one takes its place, with its settings and certificates, join it with --replace; otherwise let that one leave first, or choose another name`,
    };
  }
  const left = departed(name, identity, archives);
  if (!left || archives.some(({ id }) => id === identity)) return {};
  if (claim === 'replace') return { succeeds: left.id };
  if (claim === 'new') return {};
  return {
    conflict: `a machine called ${name} left on ${left.left.slice(0, 10)}, and this one has another identity; if it is that one, reinstalled, join it with --replace, which brings its archived settings and certificates back; if it is another machine, with --new-identity`,
  };
}

/** The last that left under this name. */
function departed(name: string, identity: string, archives: readonly Archive[]): Archive | undefined {
  const found = archives.filter((one) => one.name === name && one.id !== identity);
  return found.sort((a, b) => (a.left < b.left ? 1 : -1))[0];
}

function nothingToReplace({ name }: Candidate): string {
  return `there is no machine ${name} whose place this one could take; join it without --replace`;
}
