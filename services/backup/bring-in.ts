/** Brings in what a configuration file carries beside settings: keys, chains, trust lists and private authorities. */
import { NamedError } from '../errors.ts';
import type { AuthorityService } from '../pki/authority/contract.ts';
import type { Binding, PkiService } from '../pki/service.ts';
import type { Opened } from './open.ts';

export interface Into {
  readonly pki: Pick<PkiService, 'importPem' | 'putBundle'>;
  readonly authorities: Pick<AuthorityService, 'restore'>;
}

/** Blobs first: they are immutable and named by their content, so what is brought in for nothing does no harm. */
export async function bringIn({ pki, authorities }: Into, { file, needed, carried, keys }: Opened): Promise<void> {
  for (const binding of needed.bindings) {
    await restore(pki, binding, keys[binding.key] ?? '', file.chains[binding.chain] ?? []);
  }
  for (const id of needed.bundles) {
    const { bundle } = await pki.putBundle(file.bundles[id] ?? '');
    if (bundle !== id) throw notItsName(`bundle ${id}`);
  }
  await authorities.restore(carried, keys);
}

/** Bindings of settings and archives: the demonstration certificate is nobody's own. */
export function bound({ file, needed }: Opened): readonly Binding[] {
  const demonstration = file.controller?.demonstration.chain;
  return needed.bindings.filter(({ chain }) => chain !== demonstration);
}

/** Imports a key and its chain, and holds what came out against the names the configuration has for them. */
async function restore(
  pki: Into['pki'],
  { key, chain }: Binding,
  keyPem: string,
  certificates: readonly string[],
): Promise<void> {
  const { binding } = await pki.importPem([keyPem, ...certificates].join('\n'));
  if (binding.key === key && binding.chain === chain) return;
  throw notItsName(`key ${key} or chain ${chain}`);
}

function notItsName(what: string): NamedError {
  return new NamedError(
    'bad-certificate',
    `${what} in the configuration file is not what its name says; the file was changed or damaged`,
  );
}
