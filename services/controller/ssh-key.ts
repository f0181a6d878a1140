/** The controller's own SSH key: made once, or taken over from the controller before it, and sealed like every private key. */
import { newKeyPair, publicKeyOf, type SshKey } from '../push/ssh.ts';
import type { Secrets } from '../secrets/service.ts';
import { keys } from '../store/keys.ts';
import type { Store } from '../store/store.ts';

const own = 'controller-ssh-key';
const comment = 'signet';

/** Read each time: this controller, or another on the same store, may take over the key of a lost one. */
export async function controllerSshKey(store: Store, secrets: Secrets): Promise<SshKey> {
  const id = (await store.get(keys.sshKey))?.value ?? own;
  // Two controllers that start at once both put; the first one's key stays, so what is stored is what counts.
  if (id === own && !(await secrets.has(own))) await secrets.put(own, Buffer.from(newKeyPair(comment).privateKey));
  const privateKey = Buffer.from(await secrets.get(id)).toString('utf8');
  return { privateKey, publicKey: publicKeyOf(privateKey, comment) };
}
