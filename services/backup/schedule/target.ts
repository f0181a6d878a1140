/** Where saves go: a directory of the controller's own host, or one of another host whose key was said. */
import { isNamed, NamedError } from '../../errors.ts';
import type { RemoteFolder } from '../../push/sftp.ts';
import { fingerprint } from '../../push/ssh.ts';
import type { SaveScheduleRequest, SaveTarget } from '../../schema/types.generated.ts';
import type { ScheduleDeps } from './contract.ts';
import { localFolder } from './local-folder.ts';

type TargetDeps = Pick<ScheduleDeps, 'ssh' | 'sshKey'>;

/** Throws `invalid-input`, `host-key-mismatch` and what a host that does not answer brings. */
export async function targetOf({ ssh }: TargetDeps, { folder, sftp }: SaveScheduleRequest): Promise<SaveTarget> {
  if (!sftp && !folder.startsWith('/')) {
    throw new NamedError('invalid-input', `${folder} is no absolute path; name a directory of the controller's host`);
  }
  if (!sftp) return { folder };
  const { user, host, port = 22, hostKey: said } = sftp;
  const hostKey = await ssh.readHostKey({ host, port });
  if (fingerprint(hostKey) !== said) throw otherHostKey(host, said, fingerprint(hostKey));
  return { folder, sftp: { user, host, port, hostKey } };
}

export async function openTarget({ ssh, sshKey }: TargetDeps, { folder, sftp }: SaveTarget): Promise<RemoteFolder> {
  if (!sftp) return localFolder(folder);
  const { user, host, port, hostKey } = sftp;
  try {
    const { privateKey } = await sshKey();
    return await ssh.folder({ host, port }, { user, privateKey }, hostKey, folder);
  } catch (error) {
    if (isNamed(error, 'host-key-mismatch')) throw otherHostKey(host, fingerprint(hostKey), error.facts['found']);
    throw error;
  }
}

function otherHostKey(host: string, wanted: string, found: string | number | boolean | undefined): NamedError {
  return new NamedError(
    'host-key-mismatch',
    `${host} shows the host key ${String(found)} and not ${wanted}; nothing was sent; find out why, then set the schedule with the right --host-key`,
    { facts: { pinned: wanted, found: String(found) } },
  );
}
