/** The encrypted part of a configuration file: the private keys, and a digest that seals everything beside it. */
import { createHash } from 'node:crypto';

import { NamedError } from '../errors.ts';
import { canonicalJson } from '../schema/json.ts';
import { parse } from '../schema/parse.ts';
import type { ConfigurationFile, ConfigurationSecrets } from '../schema/types.generated.ts';

/** Private keys by id, PKCS#8 PEM. */
export type Keys = Readonly<Record<string, string>>;

export type Secrets = Omit<ConfigurationSecrets, 'contents'>;

/** A file of any version. */
export interface Sealed {
  readonly secrets: string;
}

/** What is to be encrypted. */
export function sealed(rest: Omit<ConfigurationFile, 'secrets'>, secrets: Secrets): string {
  return JSON.stringify({ contents: digest(rest), ...secrets });
}

/** The secrets out of what was decrypted; `invalid-input` when the rest of the file, as it was read, is not what was saved with them. */
export function unsealed({ secrets: _secrets, ...rest }: Sealed, text: string): Secrets {
  const { contents, ...secrets } = parse('configuration-secrets', JSON.parse(text), 'the encrypted part of the file');
  if (contents === digest(rest)) return secrets;
  throw new NamedError(
    'invalid-input',
    'the configuration file was changed or damaged since it was saved; nothing was loaded; take another copy of it, and make changes after it is loaded',
  );
}

function digest(rest: object): string {
  return createHash('sha256').update(canonicalJson(rest)).digest('hex');
}
