/** What holds a configuration file together: a digest of all of it, in the encrypted part beside the private keys, or plain without them. */
import { createHash } from 'node:crypto';

import { NamedError } from '../errors.ts';
import { canonicalJson } from '../schema/json.ts';
import { parse } from '../schema/parse.ts';
import type { ConfigurationFile, ConfigurationSecrets, SecretsLeftOut } from '../schema/types.generated.ts';

/** Private keys by id, PKCS#8 PEM. */
export type Keys = Readonly<Record<string, string>>;

export type Secrets = Omit<ConfigurationSecrets, 'contents'>;

export type Rest = Omit<ConfigurationFile, 'secrets'>;

/** A file of any version, as it was read. */
export interface Whole {
  readonly secrets: unknown;
}

/** What is to be encrypted. */
export function sealed(rest: Rest, secrets: Secrets): string {
  return JSON.stringify({ contents: digest(rest), ...secrets });
}

/** What stands in the place of the encrypted part: anyone can make it, so it shows damage and no intent. */
export function leftOut(rest: Rest): SecretsLeftOut {
  return { leftOut: true, contents: digest(rest) };
}

/** The secrets out of what was decrypted; `invalid-input` when the rest of the file, as it was read, is not what was saved with them. */
export function unsealed(whole: Whole, text: string): Secrets {
  const { contents, ...secrets } = parse('configuration-secrets', JSON.parse(text), 'the encrypted part of the file');
  checkContents(whole, contents);
  return secrets;
}

/** Throws `invalid-input` when the file, but for its secrets, has another digest. */
export function checkContents({ secrets: _secrets, ...rest }: Whole, contents: string): void {
  if (contents === digest(rest)) return;
  throw new NamedError(
    'invalid-input',
    'the configuration file was changed or damaged since it was saved; nothing was loaded; take another copy of it, and make changes after it is loaded',
  );
}

function digest(rest: object): string {
  return createHash('sha256').update(canonicalJson(rest)).digest('hex');
}
