/** The workflows on named certificates, put together; each has a file of its own. */
import { systemRoots } from '../pki/system-roots.ts';
import { remembered } from '../store/cache.ts';
import { adding } from './add.ts';
import { answering } from './answers.ts';
import { readChain } from './chains.ts';
import type { CertificateDeps, CertificateService } from './contract.ts';
import { exports } from './export.ts';
import { inventory, type InventoryDeps } from './inventory.ts';
import { renewing } from './renewal.ts';
import { requesting } from './requests.ts';
import { knownRoots, listedRoots, readAuthorities } from './roots.ts';
import { trusting } from './trust.ts';

export function certificateService(deps: CertificateDeps): CertificateService {
  const known = memory(deps);
  const { config } = deps;
  return {
    ...inventory({ ...deps, ...known }),
    roots: async () => knownRoots(known.roots, await config.configuration((await config.head()).number)),
    trusted: (lists) => listedRoots(known.roots, lists),
    ...trusting(deps),
    ...adding(deps),
    ...exports(deps),
    ...requesting(deps),
    ...answering(deps),
    ...renewing(deps),
  };
}

/** Certificates that are remembered, of chains and of trust lists: some 10 KB each. */
const limit = 10_000;

/** Chains and bundles never change under their id, so each is read once. */
function memory({ pki, authorities }: CertificateDeps): Pick<InventoryDeps, 'readChain' | 'roots'> {
  const bundle = async (id: string) => readAuthorities(await pki.bundle(id));
  return {
    readChain: remembered((id) => readChain(pki, id), { limit, size: (one) => one?.length ?? 1 }),
    roots: { authorities, system: systemRoots(), bundle: remembered(bundle, { limit, size: ({ length }) => length }) },
  };
}
