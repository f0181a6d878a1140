/** Which binding an administrator means by a name at a level: the one in their draft when it sets one, or else the head's. */
import { isDeepStrictEqual } from 'node:util';

import { applyAll } from '../config/operations.ts';
import { NamedError } from '../errors.ts';
import type { CertificateBinding, Configuration } from '../schema/types.generated.ts';
import type { CertificateDeps } from './contract.ts';

/** So that nothing has to be committed before it can be worked with. Throws `not-found` when neither binds the name there. */
export async function boundFor(
  { config }: Pick<CertificateDeps, 'config'>,
  author: string,
  level: string,
  name: string,
): Promise<CertificateBinding> {
  const draft = await config.draft(author);
  const base = await config.configuration(draft.base);
  const drafted = bindingAt(applyAll(base, draft.operations), level, name);
  // A draft on an older revision says nothing about what it does not touch.
  if (drafted && !isDeepStrictEqual(drafted, bindingAt(base, level, name))) return drafted;
  const head = await config.configuration((await config.head()).number);
  const found = bindingAt(head, level, name);
  if (found) return found;
  throw new NamedError('not-found', `there is no certificate ${name} at ${level}; see the list of certificates`);
}

function bindingAt({ layers }: Configuration, level: string, name: string): CertificateBinding | undefined {
  const certificates = layers[level]?.['certificates'] as
    Readonly<Record<string, CertificateBinding | null>> | undefined;
  return certificates?.[name] ?? undefined;
}
