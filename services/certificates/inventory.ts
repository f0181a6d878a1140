/** The certificates of the whole fleet, read from the head. */
import { NamedError } from '../errors.ts';
import type { CertificateView } from '../schema/types.generated.ts';
import type { CertificateDeps, Inventory } from './contract.ts';
import { bindings, certificateView, useKey, uses, type Bound } from './view.ts';

export function inventory({ config, pki }: CertificateDeps): Inventory {
  async function views(only: (one: Bound) => boolean = () => true): Promise<readonly CertificateView[]> {
    const { number } = await config.head();
    const configuration = await config.configuration(number);
    const wanted = bindings(configuration, await pki.demonstration('')).filter(only);
    const facts = await pki.facts(wanted.map(({ binding }) => binding.chain));
    const members = Object.keys(configuration.machines).sort();
    const used = uses(
      new Map(await Promise.all(members.map(async (name) => [name, await config.effective(name, number)] as const))),
    );
    return wanted.flatMap((one) => {
      const known = facts.get(one.binding.chain);
      return known ? [certificateView(one, known, used.get(useKey(one.level, one.name)))] : [];
    });
  }

  return {
    list: () => views(),
    async show(level, name) {
      const [found] = await views((one) => one.level === level && one.name === name);
      if (!found) {
        throw new NamedError('not-found', `there is no certificate ${name} at ${level}; see the list of certificates`);
      }
      return { ...found, pem: (await pki.chain(found.chain)).join('') };
    },
  };
}
