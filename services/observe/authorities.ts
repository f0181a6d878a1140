/** The certificates of the private authorities as what may expire, with the settings that lead back to each. Pure. */
import type { AuthorityView } from '../schema/types.generated.ts';
import type { Held } from './expiring.ts';

/**
 * Root and issuing certificate of each authority. With a root fails what uses a chain under it; what uses a chain with the
 * issuing certificate in it is among `held`, as an intermediate of that chain.
 */
export function heldByAuthorities(authorities: readonly AuthorityView[], held: readonly Held[]): readonly Held[] {
  return authorities.flatMap(({ name, root, issuing }) => {
    const under = held.filter(({ role, issuer }) => role === 'intermediate' && issuer === root.subject);
    const uses = under.flatMap((one) => one.uses);
    return [part(name, root, root.subject, uses), part(name, issuing, root.subject, [])];
  });
}

function part(
  name: string,
  { fingerprint, subject, notBefore, notAfter }: AuthorityView['root'],
  issuer: string,
  uses: Held['uses'],
): Held {
  return {
    ...{ fingerprint, subject, issuer, notBefore: new Date(notBefore), notAfter: new Date(notAfter) },
    ...{ role: 'authority', level: '', place: ['authorities', name], uses },
  };
}
