/** The encrypted part of a configuration file: the private keys, and a digest that seals everything beside it. */
import { createHash } from 'node:crypto';

import { NamedError } from '../errors.ts';
import { canonicalJson } from '../schema/json.ts';
import { parse } from '../schema/parse.ts';
import type { ConfigurationFile } from '../schema/types.generated.ts';

/** Private keys by id, PKCS#8 PEM. */
export type Keys = Readonly<Record<string, string>>;

/** What is to be encrypted. */
export function sealed(rest: Omit<ConfigurationFile, 'secrets'>, keys: Keys): string {
  return JSON.stringify({ contents: digest(rest), keys });
}

/** The keys out of what was decrypted; `invalid-input` when the rest of the file is not what was saved with them. */
export function unsealed({ secrets: _secrets, ...rest }: ConfigurationFile, text: string): Keys {
  const { contents, keys } = parse('configuration-secrets', JSON.parse(text), 'the encrypted part of the file');
  if (contents === digest(rest)) return keys;
  throw new NamedError(
    'invalid-input',
    'the configuration file was changed or damaged since it was saved; nothing was loaded; take another copy of it, and make changes after it is loaded',
  );
}

function digest(rest: Omit<ConfigurationFile, 'secrets'>): string {
  return createHash('sha256').update(canonicalJson(rest)).digest('hex');
}
