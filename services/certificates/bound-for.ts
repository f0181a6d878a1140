/** Which binding an administrator means by a name at a level: the one in their draft when it sets one, or else the head's. */
import { isDeepStrictEqual } from 'node:util';

import { NamedError } from '../errors.ts';
import type { CertificateBinding } from '../schema/types.generated.ts';
import { boundAt } from './bound.ts';
import type { CertificateDeps } from './contract.ts';
import { drafted } from './drafted.ts';

/** So that nothing has to be committed before it can be worked with. Undefined when neither binds the name there. */
export async function boundFor(
  { config }: Pick<CertificateDeps, 'config'>,
  author: string,
  level: string,
  name: string,
): Promise<CertificateBinding | undefined> {
  const { base } = await config.draft(author);
  const before = boundAt(await config.configuration(base), level, name);
  const mine = boundAt(await drafted(config, author), level, name);
  // A draft on an older revision says nothing about what it does not touch.
  if (!isDeepStrictEqual(mine, before)) return mine;
  return boundAt(await config.configuration((await config.head()).number), level, name);
}

/** As `boundFor`; throws `not-found` when neither binds it. */
export async function mustBeBoundFor(
  deps: Pick<CertificateDeps, 'config'>,
  author: string,
  level: string,
  name: string,
): Promise<CertificateBinding> {
  const found = await boundFor(deps, author, level, name);
  if (found) return found;
  throw new NamedError('not-found', `there is no certificate ${name} at ${level}; see the list of certificates`);
}
