/** Encryption under a passphrase: the age format, which the `age` command reads too. The only importer of age-encryption. */
import { armor, Decrypter, Encrypter } from 'age-encryption';

import { NamedError } from '../errors.ts';

/** scrypt's cost as a power of two: what the age command uses, about a second on one core. */
const workFactor = 18;

/** An armored age file. */
export async function encrypt(text: string, passphrase: string): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  encrypter.setScryptWorkFactor(workFactor);
  return armor.encode(await encrypter.encrypt(text));
}

/** The text of an armored age file; `wrong-passphrase` when it does not open. */
export async function decrypt(armored: string, passphrase: string): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  try {
    return await decrypter.decrypt(armor.decode(armored), 'text');
  } catch (cause) {
    throw new NamedError(
      'wrong-passphrase',
      'the private keys of the configuration file do not open with this passphrase; try again, and check that the file is whole',
      { cause },
    );
  }
}
