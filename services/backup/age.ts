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

/** The text of an armored age file; `invalid-input` for an armor that `encrypt` would not have made, `wrong-passphrase` when it does not open. */
export async function decrypt(armored: string, passphrase: string): Promise<string> {
  const file = bare(armored);
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  try {
    return await decrypter.decrypt(file, 'text');
  } catch (cause) {
    throw new NamedError(
      'wrong-passphrase',
      'the private keys of the configuration file do not open with this passphrase; try again, and check that the file is whole',
      { cause },
    );
  }
}

/** What is encrypted is sealed and its armor is not: so of the armors that stand for the same bytes only one is taken. */
function bare(armored: string): Uint8Array {
  try {
    const file = armor.decode(armored);
    if (armor.encode(file) === armored) return file;
  } catch {
    // Told like any other armor that is not as it was saved.
  }
  throw new NamedError(
    'invalid-input',
    'the encrypted part of the configuration file was changed or damaged since it was saved; nothing was loaded; take another copy of it',
  );
}
