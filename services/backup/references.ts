/** Which keys, chains and bundles layers refer to. */
import { isObject, type Json } from '../schema/json.ts';
import type { Archive, CertificateBinding, Configuration, ConfigurationHistory } from '../schema/types.generated.ts';

export interface References {
  readonly bindings: readonly Bound[];
  readonly keys: readonly string[];
  readonly chains: readonly string[];
  readonly bundles: readonly string[];
}

/** A binding, and where it is, in words. */
export interface Bound extends CertificateBinding {
  readonly at: string;
}

type Layer = Readonly<Record<string, Json>>;

/** Over all levels of a configuration, the layers of machines that left, and the demonstration certificate when it is given. */
export function references(
  configuration: Configuration,
  archives: readonly Archive[],
  demonstration?: CertificateBinding,
): References {
  const layers = [
    ...Object.entries(configuration.layers as Readonly<Record<string, Layer>>),
    ...archives.map(({ name, layer }) => [`the archive of ${name}`, layer as Layer] as const),
  ];
  const entries = (section: string) =>
    layers.flatMap(([at, layer]) =>
      isObject(layer[section])
        ? Object.entries(layer[section]).map(([name, entry]) => ({ at: `${section}/${name} at ${at}`, entry }))
        : [],
    );
  const bound = entries('certificates').flatMap(({ at, entry }) =>
    isObject(entry) ? [{ key: text(entry['key']), chain: text(entry['chain']), at }] : [],
  );
  const bindings = [...bound, ...(demonstration ? [{ ...demonstration, at: 'the demonstration certificate' }] : [])];
  const bundles = entries('trust').flatMap(({ entry }) =>
    isObject(entry) && entry['source'] === 'bundle' ? [text(entry['bundle'])] : [],
  );
  return {
    bindings,
    keys: [...new Set(bindings.map(({ key }) => key))].sort(),
    chains: [...new Set(bindings.map(({ chain }) => chain))].sort(),
    bundles: [...new Set(bundles)].sort(),
  };
}

/** Over all that a history has ever said. */
export function bindingsOf({ blobs }: ConfigurationHistory): References {
  return references({ groups: {}, machines: {}, layers: blobs }, []);
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
