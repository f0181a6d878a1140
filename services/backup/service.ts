/** Backup's shell: the configuration as a file, a file as a draft, the proof that it restores, and a lost controller's place from it. */
import { createHash } from 'node:crypto';

import type { AuditService } from '../audit/service.ts';
import { blobsOf } from '../config/blobs.ts';
import type { ConfigService } from '../config/service.ts';
import { isNamed, NamedError } from '../errors.ts';
import { own } from '../schema/json.ts';
import { isConnected } from '../machines/connected.ts';
import { compareNames } from '../machines/names.ts';
import { machineService, type MachineService } from '../machines/service.ts';
import type { AuthorityService } from '../pki/authority/contract.ts';
import { authorityService } from '../pki/authority/service.ts';
import type { PkiService } from '../pki/service.ts';
import type { Platform } from '../platforms/platform.ts';
import type { PushService } from '../push/contract.ts';
import type { SshKey } from '../push/ssh.ts';
import { publicKeyOf } from '../push/ssh.ts';
import type {
  AuditVerification,
  ConfigurationHistory,
  FileVerification,
  Revision,
  TakeOver,
} from '../schema/types.generated.ts';
import type { Secrets } from '../secrets/service.ts';
import type { Store } from '../store/store.ts';
import { bound, bringIn, bringInHistory } from './bring-in.ts';
import type { BackupService, TakeOverOptions } from './contract.ts';
import { unpacked } from './history.ts';
import { loading } from './load/service.ts';
import { open, type Opened } from './open.ts';
import { save } from './save.ts';
import { takeOverService } from './take-over/service.ts';
import { checkTrail, origin, trailIn } from './trail.ts';
import { verifyFile } from './verify/service.ts';

export interface BackupDeps {
  readonly config: ConfigService;
  readonly machines: MachineService;
  readonly pki: PkiService;
  readonly authorities: AuthorityService;
  readonly push: Pick<PushService, 'statuses'>;
  readonly audit: Pick<AuditService, 'trail'>;
  readonly platforms: readonly Platform[];
  readonly store: Store;
  readonly secrets: Secrets;
  /** The controller's own. */
  readonly sshKey: () => Promise<SshKey>;
  readonly now: () => Date;
}

export function backupService(deps: BackupDeps): BackupService {
  const { config, pki, authorities, secrets, now } = deps;
  const takeOvers = takeOverService(deps.store, now);

  return {
    save: (options) => save({ ...deps, epoch: takeOvers.epoch }, options),
    ...loading(deps),
    ...{ takeOver, planTakeOver, verify, recover: takeOvers.recover },
  };

  async function planTakeOver(text: string, { passphrase, damagedTrail }: TakeOverOptions): Promise<TakeOver> {
    const opened = await open(text, passphrase);
    await takeOvers.checkEmpty();
    const { epoch } = checkTakeOver(opened).controller;
    const trail = trailIn(opened.file);
    checkTrail(trail, damagedTrail);
    return planned(opened, epoch, trail);
  }

  async function takeOver(author: string, text: string, options: TakeOverOptions): Promise<TakeOver> {
    const opened = await open(text, options.passphrase);
    const { file } = opened;
    const trail = trailIn(file);
    checkTrail(trail, options.damagedTrail);
    const { controller, committed, sshKey } = checkTakeOver(opened);
    await authorities.checkRecords(opened.carried, opened.keys);
    const own = await takeOvers.begin();
    const into = through(own.store);
    try {
      await bringIn({ pki, authorities: into.authorities }, opened);
      for (const archive of file.archives ?? []) await into.machines.putArchive(archive);
      for (const [id, facts] of Object.entries(file.originals ?? {})) await into.machines.putOriginal(id, facts);
      for (const registration of file.registrations) await into.machines.put(registration);
      const id = `controller-ssh-key-${createHash('sha256').update(controller.publicKey).digest('hex')}`;
      await secrets.put(id, Buffer.from(sshKey));
      const { history } = file;
      if (history) {
        await bringInHistory(pki, history, opened);
        await takeOvers.keepRevisions(own, await kept(history));
      }
      if (file.trail) await takeOvers.keepTrail(own, file.trail);
      const revision = { number: file.revision, ...committed, ...(await config.keep(blobsOf(file.configuration))) };
      const plan = planned(opened, controller.epoch, trail);
      const identity = { epoch: plan.epoch, demonstration: controller.demonstration, sshKey: id };
      // One that is disconnected stays so: it is told when it is reconnected.
      const members = file.registrations.filter(isConnected).map(({ name }) => name);
      const rollout = await takeOvers.end(own, {
        ...{ revision, identity, by: author, origin: origin(text, file, trail), inherits: trail !== undefined },
        members: members.sort(compareNames),
      });
      await settled();
      return { ...plan, ...(rollout === undefined ? {} : { rollout }) };
    } catch (error) {
      await takeOvers.abandon(own);
      throw error;
    }
  }

  /** It is taken over by now: what keeps its audit trail from its place is made up for by the next seal, or start. */
  async function settled(): Promise<void> {
    try {
      await takeOvers.settle();
    } catch (error) {
      if (!isNamed(error)) throw error;
    }
  }

  /** The records of earlier revisions, once everything they refer to is stored. */
  async function kept(history: ConfigurationHistory): Promise<readonly Revision[]> {
    const revisions: Revision[] = [];
    for await (const { revision, values } of unpacked(history)) {
      await config.keep(values, revisions.at(-1));
      revisions.push(revision);
    }
    return revisions;
  }

  /** What a take-over brings in that is found by lists; the rest is found by its content alone. */
  function through(store: Store): Pick<BackupDeps, 'machines' | 'authorities'> {
    return { machines: machineService({ store }), authorities: authorityService({ store, secrets, pki, now }) };
  }

  /** A take-over in all but the place: so what is proven is what would happen. */
  function verify(text: string, passphrase?: string): Promise<FileVerification> {
    return verifyFile(deps, (into) =>
      backupService({ ...deps, ...into }).takeOver('signet', text, { passphrase, damagedTrail: true }),
    );
  }

  /**
   * Seconds since 1970 are far above what terms add one by one: the old controller does not reach them however often it
   * starts, and of two that take over from one file the later one is followed.
   */
  function planned(opened: Opened, epoch: number, trail: AuditVerification | undefined): TakeOver {
    const { file, carried } = opened;
    const members = file.registrations.filter((one) => one.state === 'member').map(({ name }) => name);
    return {
      saved: file.saved,
      revision: file.revision,
      machines: members.sort(compareNames),
      waiting: Object.keys(file.configuration.machines)
        .filter((name) => !members.includes(name))
        .sort(compareNames),
      certificates: bound(opened).length,
      authorities: carried.authorities.map(({ name }) => name),
      archives: (file.archives ?? []).length,
      history: file.history?.revisions.length ?? 0,
      ...(trail ? { trail } : {}),
      epoch: Math.max(epoch + 1, Math.floor(Date.parse(file.saved) / 1000) + 1, Math.floor(now().getTime() / 1000)),
    };
  }
}

function checkTakeOver({ file, sshKey }: Opened) {
  const { controller, committed, parts } = file;
  if (parts) {
    throw new NamedError(
      'precondition-failed',
      'the configuration file holds only parts of a configuration, so nothing can be restored from it; use one that was saved whole',
    );
  }
  if (!committed) {
    throw new NamedError(
      'precondition-failed',
      'the configuration file was saved before the first commit; there is nothing to take over',
    );
  }
  if (!controller || sshKey === undefined) {
    throw new NamedError(
      'precondition-failed',
      'the configuration file has no SSH key of its controller, as it was saved by an older Signet; load it into a draft, and let its machines join again',
    );
  }
  const moved = file.registrations.find(
    ({ state, id, name }) => state === 'member' && own(file.configuration.machines, name)?.id !== id,
  );
  if (moved) {
    throw new NamedError(
      'precondition-failed',
      `${moved.name} is a member in the configuration file, and revision ${file.revision} in it has no such machine; take over from a file of the newest revision`,
    );
  }
  if (publicKeyOf(sshKey, 'signet') === controller.publicKey) return { controller, committed, sshKey };
  throw new NamedError(
    'invalid-input',
    'the SSH key of the controller in the configuration file is not what the file says; the file was changed or damaged',
  );
}
