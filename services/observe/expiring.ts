/** Certificates that end, wherever they are held, as conditions: one for each certificate, whatever its names and levels. Pure. */
import { compareNames } from '../machines/names.ts';
import { pointer } from '../schema/pointer.ts';
import type { AlertUse, ExpiringCertificate } from '../schema/types.generated.ts';
import type { Condition } from './assess.ts';
import { dayMilliseconds } from './ladder.ts';

type Role = ExpiringCertificate['role'];

/** A certificate at one of the places that hold it. */
export interface Held {
  readonly fingerprint: string;
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly role: Role;
  /** Where it is set. An authority is set nowhere: its level is empty. */
  readonly level: string;
  readonly place: readonly [section: string, name: string];
  readonly uses: readonly Use[];
  /** Nobody minds when it ends while nothing uses it. */
  readonly onlyWhenUsed?: boolean;
}

/** A setting of a machine. */
export interface Use {
  readonly machine: string;
  readonly pointer: string;
}

/** What it is called by, when it is held in several ways. */
const precedence: readonly Role[] = ['authority', 'leaf', 'intermediate', 'trusted'];

/** The conditions for all of `held`. A rung that is as long as a certificate lives is left out, or it would begin with an alert. */
export function expiring(held: readonly Held[], ladder: readonly number[]): readonly Condition[] {
  const together = grouped(held, ({ fingerprint }) => fingerprint);
  return [...together.values()].flatMap((places) => {
    const [first] = [...places].sort((a, b) => precedence.indexOf(a.role) - precedence.indexOf(b.role));
    const uses = places.flatMap((one) => one.uses);
    if (!first || (uses.length === 0 && places.every(({ onlyWhenUsed }) => onlyWhenUsed))) return [];
    const days = (first.notAfter.getTime() - first.notBefore.getTime()) / dayMilliseconds;
    return [
      {
        id: `expiry-${first.fingerprint.slice(0, 16)}`,
        kind: 'expiry' as const,
        due: first.notAfter.toISOString(),
        rungs: ladder.filter((rung) => rung < days),
        summary: `${nouns[first.role]} ${named(first)} (${first.subject}), valid until ${first.notAfter.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
        remedy: remedies[first.role](first),
        certificate: {
          fingerprint: first.fingerprint,
          subject: first.subject,
          issuer: first.issuer,
          role: first.role,
          bound: distinct(
            places
              .filter(({ role }) => role !== 'authority')
              .map(({ level, place }) => ({ level, pointer: pointer(place) })),
          ),
        },
        breaks: breaks(uses),
      },
    ];
  });
}

/** Many machines break alike: each setting is told once. */
export function breaks(uses: readonly Use[]): readonly AlertUse[] {
  const settings = grouped(uses, (use) => use.pointer);
  return [...settings].map(([at, all]) => {
    const machines = [...new Set(all.map(({ machine }) => machine))].sort(compareNames);
    return { pointer: at, machines: machines.slice(0, namedMachines), count: machines.length };
  });
}

/** Machines that are named; of the others only their number is told. */
const namedMachines = 10;

const nouns: Readonly<Record<Role, string>> = {
  leaf: 'the certificate',
  intermediate: 'an intermediate of',
  trusted: 'an authority of the trust list',
  authority: 'the authority',
};

const remedies: Readonly<Record<Role, (held: Held) => string>> = {
  leaf: ({ level, place: [, name] }) =>
    `renew it, or upload its successor, under the same name: "signet certificate list" shows ${name} at ${level} and all that use it`,
  intermediate: ({ level, place: [, name] }) =>
    `get the present intermediate from the issuer and import the chain of ${name} at ${level} again`,
  trusted: ({ level, place: [, name] }) =>
    `import the trust list again with the successor in it: "signet trust import ${name} --level ${level} FILE"`,
  authority: ({ place: [, name] }) =>
    `renew the authority ${name}, before what it issued has to be issued anew: "signet authority show ${name}"`,
};

function named({ role, level, place: [, name] }: Held): string {
  return role === 'authority' ? name : `${name} at ${level}`;
}

function grouped<T>(values: readonly T[], by: (value: T) => string): ReadonlyMap<string, readonly T[]> {
  const out = new Map<string, T[]>();
  for (const value of values) {
    const group = out.get(by(value));
    if (group) group.push(value);
    else out.set(by(value), [value]);
  }
  return out;
}

function distinct<T>(values: readonly T[]): readonly T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
