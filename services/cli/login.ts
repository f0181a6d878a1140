/** How to log in to a gateway once, so that it can be looked at and join: a private key, or a password. */
import type { JoinRequest } from '../schema/types.generated.ts';
import { Failure } from './failure.ts';
import { readInput, readSecret } from './prompt.ts';
import type { Session } from './session.ts';

export interface LoginOptions {
  readonly user: string;
  readonly identity?: string;
  readonly passwordFile?: string;
  readonly passphraseFile?: string;
}

/** `where` is what people call the place. */
export async function login(
  { prompt }: Session,
  where: string,
  { identity, passwordFile, passphraseFile, user }: LoginOptions,
): Promise<JoinRequest['bootstrap']> {
  if (identity === undefined) {
    if (!prompt.interactive && passwordFile === undefined) {
      throw new Failure('usage', `nothing to log in to ${where} with; give --identity KEYFILE or --password-file FILE`);
    }
    const what = `password of ${user} on ${where}`;
    return { user, password: await readSecret(prompt, { file: passwordFile, what, option: '--password-file' }) };
  }
  const privateKey = (await readInput(identity)).toString('utf8');
  if (!isEncrypted(privateKey)) return { user, privateKey };
  const what = `passphrase of ${identity}`;
  const passphrase = await readSecret(prompt, { file: passphraseFile, what, option: '--passphrase-file' });
  return { user, privateKey, passphrase };
}

export function checkLogin({ identity, passwordFile }: LoginOptions): void {
  if (identity !== undefined && passwordFile !== undefined) {
    throw new Failure('usage', 'one way to log in is enough; give --identity or --password-file, not both');
  }
}

/** PEM says so in its headers; OpenSSH's own format names its cipher, `none` when it has none (PROTOCOL.key in OpenSSH). */
function isEncrypted(key: string): boolean {
  if (key.includes('ENCRYPTED')) return true;
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END/.exec(key)?.[1];
  if (body === undefined) return false;
  const bytes = Buffer.from(body, 'base64');
  const magic = 'openssh-key-v1\0'.length;
  return (
    bytes.length > magic + 8 && bytes.subarray(magic + 4, magic + 4 + bytes.readUInt32BE(magic)).toString() !== 'none'
  );
}
