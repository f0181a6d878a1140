/** Which keys, chains and bundles layers refer to. */
import { isObject, type Json } from '../schema/json.ts';
import type { Archive, CertificateBinding, Configuration } from '../schema/types.generated.ts';

export interface References {
  readonly bindings: readonly { readonly key: string; readonly chain: string }[];
  readonly keys: readonly string[];
  readonly chains: readonly string[];
  readonly bundles: readonly string[];
}

/** Over all levels of a configuration, the layers of machines that left, and the demonstration certificate when it is given. */
export function references(
  configuration: Configuration,
  archives: readonly Archive[],
  demonstration?: CertificateBinding,
): References {
  const held = [...Object.values(configuration.layers), ...archives.map(({ layer }) => layer)];
  const layers = held as readonly Readonly<Record<string, Json>>[];
  const entries = (section: string) =>
    layers.flatMap((layer) => (isObject(layer[section]) ? Object.values(layer[section]) : []));
  const bound = entries('certificates').flatMap((entry) =>
    isObject(entry) ? [{ key: text(entry['key']), chain: text(entry['chain']) }] : [],
  );
  const bindings = [...bound, ...(demonstration ? [demonstration] : [])];
  const bundles = entries('trust').flatMap((entry) =>
    isObject(entry) && entry['source'] === 'bundle' ? [text(entry['bundle'])] : [],
  );
  return {
    bindings,
    keys: [...new Set(bindings.map(({ key }) => key))].sort(),
    chains: [...new Set(bindings.map(({ chain }) => chain))].sort(),
    bundles: [...new Set(bundles)].sort(),
  };
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
