/** The controller's own SSH key: made once, sealed like every private key. */
import { newKeyPair, publicKeyOf } from '../push/ssh.ts';
import type { Secrets } from '../secrets/service.ts';

const id = 'controller-ssh-key';
const comment = 'signet';

export async function controllerSshKey(
  secrets: Secrets,
): Promise<{ readonly privateKey: string; readonly publicKey: string }> {
  // Two controllers that start at once both put; the first one's key stays, so what is stored is what counts.
  if (!(await secrets.has(id))) await secrets.put(id, Buffer.from(newKeyPair(comment).privateKey));
  const privateKey = Buffer.from(await secrets.get(id)).toString('utf8');
  return { privateKey, publicKey: publicKeyOf(privateKey, comment) };
}
