/** Named certificates as people see them: where each is bound, what it says, and which machines use it. Pure. */
import { demonstrationName } from '../config/defaults.ts';
import { defaultsLevel } from '../config/levels.ts';
import { references } from '../config/references.ts';
import type { Effective } from '../config/resolve.ts';
import type { ChainFacts } from '../pki/chain-facts.ts';
import { isDemonstration } from '../pki/demonstration.ts';
import { pointer } from '../schema/pointer.ts';
import type { CertificateBinding, CertificateView, Configuration, TrustList } from '../schema/types.generated.ts';

/** A name bound at a level. */
export interface Bound {
  readonly level: string;
  readonly name: string;
  readonly binding: CertificateBinding;
}

/** Every binding of a configuration, and the built-in one. */
export function bindings({ layers }: Configuration, demonstration: CertificateBinding): readonly Bound[] {
  const set = Object.entries(layers).flatMap(([level, layer]) => {
    const certificates = (layer['certificates'] ?? {}) as Readonly<Record<string, CertificateBinding | null>>;
    // null: a tombstone, which binds nothing.
    return Object.entries(certificates).flatMap(([name, binding]) => (binding ? [{ level, name, binding }] : []));
  });
  return [...set, { level: defaultsLevel, name: demonstrationName, binding: demonstration }];
}

/** A trust list at a level. */
export interface Listed {
  readonly level: string;
  readonly name: string;
  readonly list: TrustList;
}

/** Every trust list of a configuration, without the built-in one. */
export function trustLists({ layers }: Configuration): readonly Listed[] {
  return Object.entries(layers).flatMap(([level, layer]) => {
    const lists = (layer['trust'] ?? {}) as Readonly<Record<string, TrustList | null>>;
    // null: a tombstone, which trusts nobody.
    return Object.entries(lists).flatMap(([name, list]) => (list ? [{ level, name, list }] : []));
  });
}

/** Which settings of which machines end up at each binding (of a certificate, or of a trust list), keyed by `useKey`. */
export function uses(
  machines: ReadonlyMap<string, Effective>,
  section: 'certificates' | 'trust' = 'certificates',
): ReadonlyMap<string, CertificateView['usedBy']> {
  const out = new Map<string, CertificateView['usedBy'][number][]>();
  for (const [machine, { settings, origins }] of machines) {
    for (const { from, to } of references(settings)) {
      const [named, name] = to;
      const level = named === section ? origins.get(pointer(to)) : undefined;
      if (level === undefined) continue;
      const key = useKey(level, name);
      const found = out.get(key) ?? [];
      found.push({ machine, pointer: pointer(from) });
      out.set(key, found);
    }
  }
  return out;
}

export function useKey(level: string, name: string): string {
  return `${level} ${name}`;
}

export function certificateView(
  { level, name, binding: { key, chain } }: Bound,
  facts: ChainFacts,
  usedBy: CertificateView['usedBy'] = [],
): CertificateView {
  return {
    level,
    name,
    key,
    chain,
    subject: facts.subject,
    issuer: facts.issuer,
    names: [...facts.names],
    notBefore: facts.notBefore.toISOString(),
    notAfter: facts.notAfter.toISOString(),
    selfSigned: facts.selfSigned,
    demonstration: isDemonstration(facts),
    fingerprint: facts.leaf,
    usedBy: [...usedBy],
  };
}
