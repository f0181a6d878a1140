/** Opens a configuration file and holds it whole: well-formed, unchanged since it was saved, and nothing that it refers to missing. */
import { NamedError } from '../errors.ts';
import type { AuthorityRecords } from '../pki/authority/contract.ts';
import type { ConfigurationFile } from '../schema/types.generated.ts';
import { unlock } from './lock.ts';
import { migrate } from './migrate.ts';
import { references, type References } from './references.ts';
import { unsealed, type Sealed, type Secrets } from './sealed.ts';

export interface Opened extends Secrets {
  readonly file: ConfigurationFile;
  readonly needed: References;
  readonly carried: AuthorityRecords;
}

/** Throws `invalid-input` or `wrong-passphrase`. */
export async function open(text: string, passphrase: string): Promise<Opened> {
  const value = json(text);
  const file = migrate(value);
  // The seal is over the file as it was saved, whatever its version.
  const secrets = unsealed(value as Sealed, await unlock(file.secrets, passphrase));
  const needed = references(file.configuration, file.archives ?? [], file.controller?.demonstration);
  const carried: AuthorityRecords = { authorities: file.authorities ?? [], issued: file.issued ?? [] };
  const missing = [
    ...[...needed.keys, ...keysOf(carried)].filter((id) => !Object.hasOwn(secrets.keys, id)).map((id) => `key ${id}`),
    ...needed.chains.filter((id) => !Object.hasOwn(file.chains, id)).map((id) => `chain ${id}`),
    ...needed.bundles.filter((id) => !Object.hasOwn(file.bundles, id)).map((id) => `bundle ${id}`),
  ];
  if (missing.length === 0) return { file, needed, carried, ...secrets };
  throw new NamedError(
    'invalid-input',
    `the configuration file lacks ${missing[0] ?? ''}; nothing was loaded; save it again from the controller it came from`,
    { findings: missing.map((detail) => ({ detail: `missing ${detail}` })) },
  );
}

/** The ids of the keys that the authorities sign with. */
export function keysOf({ authorities }: AuthorityRecords): readonly string[] {
  return authorities.flatMap(({ root, issuing }) => [root.key, issuing.key]);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new NamedError(
      'invalid-input',
      'this is not a configuration file: it is not JSON; give a file that "signet config save" wrote',
      { cause },
    );
  }
}
