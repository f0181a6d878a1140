/** Everything that peers may mind about a chain, for an administrator to read before it serves. */
import type { Finding } from '../../errors.ts';
import type { Certificate } from '../certificate.ts';
import { issuerFindings, type Roots } from './issuers.ts';
import { lifetime, longValidity } from './lifetime.ts';
import { purpose } from './purpose.ts';
import { strength } from './strength.ts';

export interface Linted {
  /** Leaf first, in order, without the root. */
  readonly chain: readonly [Certificate, ...Certificate[]];
  /** All that came with it; a root among them completes the chain, though it is not kept. */
  readonly given: readonly Certificate[];
  readonly now: Date;
  /** The public ones when left out. */
  readonly roots?: Roots;
}

/** The findings of a chain whose key was proven, most urgent first. Nothing is fetched. */
export function lint({ chain, given, now, roots }: Linted): readonly Finding[] {
  const [leaf, ...issuers] = chain;
  return [
    ...lifetime(leaf, now),
    ...issuers.flatMap((one) => lifetime(one, now, 'expired-issuer')),
    ...issuerFindings(chain, given, roots),
    ...purpose(leaf),
    ...chain.flatMap(strength),
    ...longValidity(leaf),
  ];
}
