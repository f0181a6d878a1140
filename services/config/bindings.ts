/** The certificates and trust bundles that layers bind: what they refer to, and what does not fit. */
import { isObject, type Json } from '../schema/json.ts';
import { pointer } from '../schema/pointer.ts';
import type { RenderInput } from '../platforms/platform.ts';
import type { LevelLayer } from './levels.ts';

export type Chains = RenderInput['chains'];

/** What the store knows of certificates. */
export interface Material {
  readonly chains: Chains;
  /** The ids of the trust bundles that are stored. */
  readonly bundles: ReadonlySet<string>;
}

/** Something wrong with a binding, wherever it takes effect. */
export interface Fault {
  readonly level: string;
  readonly pointer: string;
  readonly detail: string;
}

/** The chains and bundles that the layers refer to. */
export function referredMaterial(layers: readonly LevelLayer[]): {
  readonly chains: ReadonlySet<string>;
  readonly bundles: ReadonlySet<string>;
} {
  const found = layers.flatMap(bindings);
  return {
    chains: new Set(found.flatMap(({ chain }) => (chain === undefined ? [] : [chain]))),
    bundles: new Set(found.flatMap(({ bundle }) => (bundle === undefined ? [] : [bundle]))),
  };
}

/** Bindings to what is not stored, and keys that are not those of their chain. */
export function bindingFaults(layers: readonly LevelLayer[], { chains, bundles }: Material): readonly Fault[] {
  return layers.flatMap(bindings).flatMap(({ level, at, name, key, chain, bundle }): readonly Fault[] => {
    const fault = (detail: string) => [{ level, pointer: at, detail }];
    if (bundle !== undefined) {
      return bundles.has(bundle)
        ? []
        : fault(`the trust list "${name}" names a bundle that is not stored; upload it again`);
    }
    const facts = chain === undefined ? undefined : chains.get(chain);
    if (!facts) return fault(`the certificate "${name}" names a chain that is not stored; import it again`);
    return facts.key === key
      ? []
      : fault(`the key of the certificate "${name}" does not belong to its chain; bind the pair that belongs together`);
  });
}

interface Bound {
  readonly level: string;
  readonly at: string;
  readonly name: string;
  readonly key?: string;
  readonly chain?: string;
  readonly bundle?: string;
}

function bindings({ level, layer }: LevelLayer): readonly Bound[] {
  const certificates = entries(layer['certificates']).map(([name, binding]) => ({
    ...{ level, at: pointer(['certificates', name]), name },
    ...{ key: text(binding['key']), chain: text(binding['chain']) },
  }));
  const lists = entries(layer['trust'])
    .filter(([, list]) => list['source'] === 'bundle')
    .map(([name, list]) => ({ level, at: pointer(['trust', name]), name, bundle: text(list['bundle']) }));
  return [...certificates, ...lists];
}

function entries(table: Json | undefined): readonly (readonly [string, Readonly<Record<string, Json>>])[] {
  if (!isObject(table)) return [];
  return Object.entries(table).flatMap(([name, entry]) => (isObject(entry) ? [[name, entry] as const] : []));
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
