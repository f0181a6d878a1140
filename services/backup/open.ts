/** Opens a configuration file and holds it whole: well-formed, unchanged since it was saved, and nothing that it refers to missing. */
import { NamedError } from '../errors.ts';
import type { AuthorityRecords } from '../pki/authority/contract.ts';
import type { ConfigurationFile } from '../schema/types.generated.ts';
import { unlock } from './lock.ts';
import { migrate } from './migrate.ts';
import { references, type References } from './references.ts';
import { checkContents, unsealed, type Keys, type Secrets, type Whole } from './sealed.ts';

export interface Opened extends Secrets {
  readonly file: ConfigurationFile;
  readonly needed: References;
  readonly carried: AuthorityRecords;
}

/** A key that this controller has, as PKCS#8 PEM. */
export type KeyHere = (id: string) => Promise<string | undefined>;

/**
 * Throws `invalid-input` or `wrong-passphrase`. A file that was saved without secrets takes the keys it needs from `here`, and
 * throws `precondition-failed` for one that is not there, or when nothing is given to take them from.
 */
export async function open(text: string, passphrase: string | undefined, here?: KeyHere): Promise<Opened> {
  const value = json(text);
  const file = migrate(value);
  const carried: AuthorityRecords = { authorities: file.authorities ?? [], issued: file.issued ?? [] };
  const { secrets } = file;
  if (typeof secrets === 'string') {
    if (passphrase === undefined) throw noPassphrase();
    // The seal is over the file as it was saved, whatever its version.
    const inside = unsealed(value as Whole, await unlock(secrets, passphrase));
    const needed = references(
      file.configuration,
      file.archives ?? [],
      file.parts ? undefined : file.controller?.demonstration,
    );
    return whole({ file, needed, carried, ...inside });
  }
  checkContents(value as Whole, secrets.contents);
  if (passphrase !== undefined) throw withoutSecrets();
  if (!here) throw notEnough();
  const needed = references(file.configuration, file.archives ?? []);
  return whole({ file, needed, carried, keys: await keysHere(needed, carried, here) });
}

/** The ids of the keys that the authorities sign with. */
export function keysOf({ authorities }: AuthorityRecords): readonly string[] {
  return authorities.flatMap(({ root, issuing }) => [root.key, issuing.key]);
}

/** Throws `invalid-input` for a file that lacks something it refers to. */
function whole(opened: Opened): Opened {
  const { file, needed, carried, keys } = opened;
  const missing = [
    ...[...needed.keys, ...keysOf(carried)].filter((id) => !Object.hasOwn(keys, id)).map((id) => `key ${id}`),
    ...needed.chains.filter((id) => !Object.hasOwn(file.chains, id)).map((id) => `chain ${id}`),
    ...needed.bundles.filter((id) => !Object.hasOwn(file.bundles, id)).map((id) => `bundle ${id}`),
  ];
  if (missing.length === 0) return opened;
  throw new NamedError(
    'invalid-input',
    `the configuration file lacks ${missing[0] ?? ''}; nothing was loaded; save it again from the controller it came from`,
    { findings: missing.map((detail) => ({ detail: `missing ${detail}` })) },
  );
}

async function keysHere({ bindings }: References, { authorities }: AuthorityRecords, here: KeyHere): Promise<Keys> {
  const wanted = [
    ...bindings.map(({ key, at }) => ({ key, of: at })),
    ...authorities.flatMap(({ name, root, issuing }) =>
      [root.key, issuing.key].map((key) => ({ key, of: `the authority ${name}` })),
    ),
  ];
  const found = await Promise.all(wanted.map(async (one) => ({ ...one, pem: await here(one.key) })));
  const missing = found.filter(({ pem }) => pem === undefined);
  if (missing.length === 0) return Object.fromEntries(found.map(({ key, pem = '' }) => [key, pem]));
  throw new NamedError(
    'precondition-failed',
    `the configuration file was saved without secrets, and the key of ${missing[0]?.of ?? ''} is not here; nothing was loaded; load a file that was saved with a passphrase`,
    { findings: missing.map(({ key, of }) => ({ detail: `missing key ${key} of ${of}` })) },
  );
}

function noPassphrase(): NamedError {
  return new NamedError(
    'invalid-input',
    'the private keys of the configuration file are encrypted; give the passphrase it was saved with',
  );
}

/** With a passphrase somebody counts on what it proves; this file proves nothing by it. */
function withoutSecrets(): NamedError {
  return new NamedError(
    'invalid-input',
    'the configuration file was saved without secrets, so no passphrase seals it; if this is not the file you saved, it is from someone else; to load it all the same, give no passphrase',
  );
}

function notEnough(): NamedError {
  return new NamedError(
    'precondition-failed',
    'the configuration file was saved without secrets, so nothing can be restored from it; use one that was saved with a passphrase',
  );
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
