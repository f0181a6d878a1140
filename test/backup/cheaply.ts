/** Files at a cost that lets a test open them many times. */
import { armor, Decrypter, Encrypter } from 'age-encryption';

import type { ConfigurationFile } from '../../services/schema/types.generated.ts';

export const passphrase = 'quiet-river-under-stone';

export async function cheaply(file: string): Promise<string> {
  const saved = JSON.parse(file) as ConfigurationFile;
  return JSON.stringify({ ...saved, secrets: await seal(await open(saved)) });
}

export async function open({ secrets }: ConfigurationFile): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  return decrypter.decrypt(armor.decode(secrets as string), 'text');
}

export async function seal(text: string): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  encrypter.setScryptWorkFactor(6);
  return armor.encode(await encrypter.encrypt(text));
}
