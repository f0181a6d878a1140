/** The certificates of the whole fleet, read from the head: one pass over the machines, one over the bindings. */
import { NamedError } from '../errors.ts';
import { chainVerdict } from '../pki/chain-verdict.ts';
import { keyKind } from '../pki/key-kind.ts';
import type { CertificateStanding, CertificateView } from '../schema/types.generated.ts';
import { readChains, type Chain, type KnownChain } from './chains.ts';
import type { CertificateDeps, Inventory } from './contract.ts';
import { effectiveSettings } from './effective.ts';
import { links } from './links.ts';
import { knownRoots, type RootSources } from './roots.ts';
import { serving, sightings } from './serving.ts';
import { shadows } from './shadows.ts';
import { bindings, certificateView, useKey, uses, type Bound } from './view.ts';

export interface InventoryDeps extends Pick<CertificateDeps, 'config' | 'pki' | 'push' | 'now'> {
  /** A stored chain; undefined when it is not stored. */
  readonly readChain: (id: string) => Promise<Chain | undefined>;
  readonly roots: RootSources;
}

export function inventory({ config, pki, push, now, readChain, roots }: InventoryDeps): Inventory {
  async function read(only: (one: Bound) => boolean = () => true) {
    const { number } = await config.head();
    const configuration = await config.configuration(number);
    const wanted = bindings(configuration, await pki.demonstration('')).filter(only);
    const [chains, anchors, statuses, used] = await Promise.all([
      readChains(
        wanted.map(({ binding }) => binding.chain),
        { pki, read: readChain },
      ),
      knownRoots(roots, configuration),
      push.statuses(),
      effectiveSettings(config, Object.keys(configuration.machines), number).then((machines) => uses(machines)),
    ]);
    const members = statuses.filter(({ machine }) => Object.hasOwn(configuration.machines, machine));
    const seen = sightings(members);
    const hidden = shadows(configuration);

    function view(
      one: Bound,
      { chain, facts }: KnownChain,
    ): CertificateView & { readonly standing: CertificateStanding } {
      const usedBy = used.get(useKey(one.level, one.name)) ?? [];
      const standing = {
        keyKind: keyKind(chain[0]),
        verdict: chainVerdict(chain, anchors, now()),
        ...(hidden.get(useKey(one.level, one.name)) ?? { shadows: [], shadowedBy: [] }),
        served: serving(facts.leaf, usedBy, seen),
      };
      return { ...certificateView(one, facts, usedBy), standing };
    }
    const found = wanted.flatMap((one) => {
      const known = chains.get(one.binding.chain);
      return known ? [{ view: view(one, known), chain: known.chain }] : [];
    });
    return { found, anchors };
  }

  return {
    list: async () => (await read()).found.map(({ view }) => view),
    async show(level, name) {
      const { found, anchors } = await read((one) => one.level === level && one.name === name);
      const [one] = found;
      if (!one) {
        throw new NamedError('not-found', `there is no certificate ${name} at ${level}; see the list of certificates`);
      }
      const pem = (await pki.chain(one.view.chain)).join('');
      return { ...one.view, pem, links: links(one.chain, anchors, now()) };
    },
  };
}
