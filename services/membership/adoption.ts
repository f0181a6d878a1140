/** What is put on record of a machine that stays as it was found: by it, what is changed by hand later is told. */
import { digestedNames, sourcesOf } from '../platforms/postfix/present/sources.ts';
import { ownedSettings } from '../platforms/postfix/present/present.ts';
import { readDigests } from '../push/digests.ts';
import type { Connection } from '../push/ssh.ts';
import type { Facts, Registration } from '../schema/types.generated.ts';

/** All but the digest of the manifest that says the same. */
export async function asItIs(
  connection: Connection,
  { postfix }: Facts,
): Promise<Omit<NonNullable<Registration['adopted']>, 'manifest'>> {
  if (!postfix) return { found: {} };
  const files = await readDigests(connection, digestedNames(sourcesOf(postfix)));
  return { found: ownedSettings(postfix), files };
}
