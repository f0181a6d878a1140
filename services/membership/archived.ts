/** What a machine had of its own, held against what it would get without that; and what has become of its certificates since. */
import { changes, type EffectiveChange } from '../config/effective-changes.ts';
import { dangling } from '../config/references.ts';
import { resolve } from '../config/resolve.ts';
import type { LevelLayer } from '../config/levels.ts';
import type { PkiService } from '../pki/service.ts';
import type { AuthorityService } from '../pki/authority/contract.ts';
import { isObject, type Json, type JsonObject } from '../schema/json.ts';
import { pointer } from '../schema/pointer.ts';

export interface ComparingDeps {
  readonly pki: Pick<PkiService, 'facts'>;
  readonly authorities: Pick<AuthorityService, 'issuedAs'>;
  readonly now: () => Date;
}

export interface ArchivedCertificate {
  readonly name: string;
  readonly subject?: string;
  readonly expires?: string;
  /** Why it is of no use any more, or not for long; in words that go on after its name. */
  readonly trouble?: string;
}

export interface Comparison {
  /** The level or machine it is held against. */
  readonly against: string;
  /** What is effective without the archive (`before`) and with it (`after`), where these differ. */
  readonly changes: readonly EffectiveChange[];
  readonly certificates: readonly ArchivedCertificate[];
  /** In words, what its settings refer to and would not be there. */
  readonly missing: readonly string[];
}

/** As long before it ends a certificate is worth a word. */
const soonDays = 30;

/** `upper` are the levels above; `without` is what the machine has or would get of its own in the place of `layer`. */
export async function compare(
  deps: ComparingDeps,
  against: string,
  upper: readonly LevelLayer[],
  { layer, without }: { readonly layer: JsonObject; readonly without: JsonObject },
): Promise<Comparison> {
  const at = (own: JsonObject) => resolve([...upper, { level: 'machine', layer: own }]).settings;
  const [before, after] = [at(without), at(layer)];
  return {
    against,
    changes: changes(before, after),
    certificates: await archivedCertificates(deps, layer),
    missing: dangling(after).map(
      ({ from, to: [, name], noun }) => `${pointer(from)} names the ${noun} "${name}", which is not there`,
    ),
  };
}

/** Each certificate of a layer, as it stands today. */
export async function archivedCertificates(
  { pki, authorities, now }: ComparingDeps,
  { certificates }: JsonObject,
): Promise<readonly ArchivedCertificate[]> {
  const bound = bindings(certificates);
  const known = await pki.facts(bound.map(({ chain }) => chain));
  return Promise.all(
    bound.map(async ({ name, chain }): Promise<ArchivedCertificate> => {
      const facts = known.get(chain);
      if (!facts) return { name, trouble: 'is not stored here any more; import it again' };
      const issued = await authorities.issuedAs(chain);
      const revoked = issued?.revoked && `was revoked on ${day(issued.revoked.time)} by ${issued.authority}`;
      const trouble = revoked ?? age(facts.notAfter, now());
      return {
        ...{ name, subject: facts.subject, expires: facts.notAfter.toISOString() },
        ...(trouble === undefined ? {} : { trouble }),
      };
    }),
  );
}

/** In words, what is wrong with what would be brought back. */
export function troubles({ certificates, missing }: Pick<Comparison, 'certificates' | 'missing'>): readonly string[] {
  const bad = certificates.flatMap(({ name, subject, trouble }) =>
    trouble === undefined ? [] : [`its certificate ${name}${subject === undefined ? '' : ` (${subject})`} ${trouble}`],
  );
  return [...bad, ...missing];
}

function bindings(certificates: Json | undefined): readonly { readonly name: string; readonly chain: string }[] {
  if (!isObject(certificates)) return [];
  return Object.entries(certificates).flatMap(([name, binding]) =>
    isObject(binding) && typeof binding['chain'] === 'string' ? [{ name, chain: binding['chain'] }] : [],
  );
}

function age(notAfter: Date, now: Date): string | undefined {
  const days = (notAfter.getTime() - now.getTime()) / 86_400_000;
  if (days < 0) return `expired on ${day(notAfter.toISOString())}`;
  return days < soonDays ? `expires on ${day(notAfter.toISOString())}` : undefined;
}

function day(time: string): string {
  return time.slice(0, 10);
}
