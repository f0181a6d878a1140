/** Brings in what a configuration file carries beside settings: keys, chains, trust lists and private authorities. */
import { NamedError } from '../errors.ts';
import type { AuthorityService } from '../pki/authority/contract.ts';
import type { Binding, PkiService } from '../pki/service.ts';
import { own } from '../schema/json.ts';
import type { ConfigurationHistory } from '../schema/types.generated.ts';
import type { Opened } from './open.ts';
import { bindingsOf } from './references.ts';

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
    await bringInBundle(pki, id, file.bundles[id] ?? '');
  }
  await authorities.restore(carried, keys);
}

/** What only earlier revisions name, as far as the file has it. */
export async function bringInHistory(pki: Into['pki'], history: ConfigurationHistory, { file, keys, needed }: Opened) {
  const { bindings, bundles } = bindingsOf(history);
  const done = new Set(needed.bindings.map(({ key, chain }) => `${key} ${chain}`));
  for (const binding of bindings) {
    const [key, chain] = [own(keys, binding.key), own(file.chains, binding.chain)];
    const name = `${binding.key} ${binding.chain}`;
    if (key === undefined || chain === undefined || done.has(name)) continue;
    done.add(name);
    await restore(pki, binding, key, chain);
  }
  for (const id of bundles) {
    const pem = own(file.bundles, id);
    if (pem !== undefined) await bringInBundle(pki, id, pem);
  }
}

/** Bindings of settings and archives: the demonstration certificate is nobody's own. */
export function bound({ file, needed }: Opened): readonly Binding[] {
  const demonstration = file.controller?.demonstration.chain;
  return needed.bindings.filter(({ chain }) => chain !== demonstration);
}

async function bringInBundle(pki: Into['pki'], id: string, pem: string): Promise<void> {
  const { bundle } = await pki.putBundle(pem);
  if (bundle !== id) throw notItsName(`bundle ${id}`);
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
