/** Stored chains with their certificates: a fleet may have thousands, so others run while they are read. */
import { setImmediate as breathe } from 'node:timers/promises';

import { isNamed } from '../errors.ts';
import { readCertificatePem, type Certificate } from '../pki/certificate.ts';
import type { ChainFacts } from '../pki/chain-facts.ts';
import type { PkiService } from '../pki/service.ts';

/** Leaf first. */
export type Chain = readonly [Certificate, ...Certificate[]];

export interface KnownChain {
  readonly chain: Chain;
  readonly facts: ChainFacts;
}

/** Chains that are read before the event loop has its turn: some 10 ms of work. */
const stride = 5;

/** Chains by id, without those that are not stored. `read` answers one, undefined when it is not. */
export async function readChains(
  ids: Iterable<string>,
  { pki, read }: { readonly pki: Pick<PkiService, 'facts'>; readonly read: (id: string) => Promise<Chain | undefined> },
): Promise<ReadonlyMap<string, KnownChain>> {
  const found = new Map<string, KnownChain>();
  const all = [...new Set(ids)];
  for (let start = 0; start < all.length; start += stride) {
    const some = all.slice(start, start + stride);
    const facts = await pki.facts(some);
    for (const id of some) {
      const [chain, known] = [await read(id), facts.get(id)];
      if (chain && known) found.set(id, { chain, facts: known });
    }
    await breathe();
  }
  return found;
}

export async function readChain(pki: Pick<PkiService, 'chain'>, id: string): Promise<Chain | undefined> {
  try {
    const [leaf, ...issuers] = (await pki.chain(id)).map(readCertificatePem);
    return leaf && [leaf, ...issuers];
  } catch (error) {
    if (isNamed(error, 'not-found')) return undefined;
    throw error;
  }
}
