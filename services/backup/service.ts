/** Backup's shell: the configuration as a file, a file as a draft, the proof that it restores, and a lost controller's place from it. */
import { createHash } from 'node:crypto';

import type { ConfigService } from '../config/service.ts';
import { NamedError } from '../errors.ts';
import { own } from '../schema/json.ts';
import { isConnected } from '../machines/connected.ts';
import { compareNames } from '../machines/names.ts';
import { machineService, type MachineService } from '../machines/service.ts';
import type { AuthorityService } from '../pki/authority/contract.ts';
import { authorityService } from '../pki/authority/service.ts';
import type { Binding, PkiService } from '../pki/service.ts';
import type { Platform } from '../platforms/platform.ts';
import type { PushService } from '../push/contract.ts';
import type { SshKey } from '../push/ssh.ts';
import { publicKeyOf } from '../push/ssh.ts';
import type { Archive, FileVerification, TakeOver } from '../schema/types.generated.ts';
import type { Secrets } from '../secrets/service.ts';
import type { Store } from '../store/store.ts';
import type { BackupService } from './contract.ts';
import { open, type Opened } from './open.ts';
import { operationsTo } from './operations.ts';
import { save } from './save.ts';
import { takeOverService } from './take-over/service.ts';
import { verifyFile } from './verify/service.ts';

export interface BackupDeps {
  readonly config: ConfigService;
  readonly machines: MachineService;
  readonly pki: PkiService;
  readonly authorities: AuthorityService;
  readonly push: Pick<PushService, 'statuses'>;
  readonly platforms: readonly Platform[];
  readonly store: Store;
  readonly secrets: Secrets;
  /** The controller's own. */
  readonly sshKey: () => Promise<SshKey>;
  readonly now: () => Date;
}

export function backupService(deps: BackupDeps): BackupService {
  const { config, machines, pki, authorities, secrets, now } = deps;
  const takeOvers = takeOverService(deps.store, now);

  return {
    save: (options) => save({ ...deps, epoch: takeOvers.epoch }, options),
    ...{ load, takeOver, planTakeOver, verify, recover: takeOvers.undo },
  };

  async function load(author: string, text: string, passphrase?: string) {
    const opened = await open(text, passphrase, keyHere);
    const { file } = opened;
    await checkDraft(author);
    await authorities.checkRecords(opened.carried, opened.keys);
    await bringIn(opened, authorities);
    for (const archive of file.archives ?? []) await keep(archive);
    const present = await config.configuration((await config.head()).number);
    const operations = operationsTo(present, file.configuration);
    if (operations.length > 0) await config.amend(author, operations);
    const admitted = new Set(operations.flatMap((operation) => (operation.op === 'admit' ? [operation.id] : [])));
    const waiting = file.registrations.filter(({ id }) => admitted.has(id));
    for (const registration of waiting) await machines.put({ ...registration, state: 'waiting' });
    return {
      operations,
      unknownMachines: waiting.map(({ name }) => name),
      certificates: bound(opened).length,
    };
  }

  async function planTakeOver(text: string, passphrase?: string): Promise<TakeOver> {
    const opened = await open(text, passphrase);
    await takeOvers.checkEmpty();
    return planned(opened, checkTakeOver(opened).controller.epoch);
  }

  async function takeOver(author: string, text: string, passphrase?: string): Promise<TakeOver> {
    const opened = await open(text, passphrase);
    const { file } = opened;
    const { controller, committed, sshKey } = checkTakeOver(opened);
    await authorities.checkRecords(opened.carried, opened.keys);
    const own = await takeOvers.begin();
    const into = through(own.store);
    try {
      await bringIn(opened, into.authorities);
      for (const archive of file.archives ?? []) await into.machines.putArchive(archive);
      for (const [id, facts] of Object.entries(file.originals ?? {})) await into.machines.putOriginal(id, facts);
      for (const registration of file.registrations) await into.machines.put(registration);
      const id = `controller-ssh-key-${createHash('sha256').update(controller.publicKey).digest('hex')}`;
      await secrets.put(id, Buffer.from(sshKey));
      const revision = { number: file.revision, ...committed, ...(await config.keep(file.configuration)) };
      const plan = planned(opened, controller.epoch);
      const identity = { epoch: plan.epoch, demonstration: controller.demonstration, sshKey: id };
      // One that is disconnected stays so: it is told when it is reconnected.
      const members = file.registrations.filter(isConnected).map(({ name }) => name);
      const rollout = await takeOvers.end(own, {
        ...{ revision, identity, by: author },
        members: members.sort(compareNames),
      });
      return { ...plan, ...(rollout === undefined ? {} : { rollout }) };
    } catch (error) {
      await takeOvers.abandon(own);
      throw error;
    }
  }

  /** What a take-over brings in that is found by lists; the rest is found by its content alone. */
  function through(store: Store): Pick<BackupDeps, 'machines' | 'authorities'> {
    return { machines: machineService({ store }), authorities: authorityService({ store, secrets, pki, now }) };
  }

  /** A take-over in all but the place: so what is proven is what would happen. */
  function verify(text: string, passphrase?: string): Promise<FileVerification> {
    return verifyFile(deps, (into) => backupService({ ...deps, ...into }).takeOver('signet', text, passphrase));
  }

  /**
   * Seconds since 1970 are far above what terms add one by one: the old controller does not reach them however often it
   * starts, and of two that take over from one file the later one is followed.
   */
  function planned(opened: Opened, epoch: number): TakeOver {
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
      epoch: Math.max(epoch + 1, Math.floor(Date.parse(file.saved) / 1000) + 1, Math.floor(now().getTime() / 1000)),
    };
  }

  /** Blobs first: they are immutable and named by their content, so what is brought in for nothing does no harm. */
  async function bringIn({ file, needed, carried, keys }: Opened, into: AuthorityService): Promise<void> {
    for (const binding of needed.bindings) {
      await restore(pki, binding, keys[binding.key] ?? '', file.chains[binding.chain] ?? []);
    }
    for (const id of needed.bundles) {
      const { bundle } = await pki.putBundle(file.bundles[id] ?? '');
      if (bundle !== id) throw notItsName(`bundle ${id}`);
    }
    await into.restore(carried, keys);
  }

  async function keyHere(id: string): Promise<string | undefined> {
    return (await secrets.has(id)) ? pki.keyPem(id) : undefined;
  }

  /** Whichever of two archives of a machine is from its later leave stays. */
  async function keep(archive: Archive): Promise<void> {
    const present = await machines.archive(archive.id);
    if (!present || present.left < archive.left) await machines.putArchive(archive);
  }

  /** A file stands for a whole configuration: mixed with other changes, the draft would be neither. */
  async function checkDraft(author: string): Promise<void> {
    const { length } = (await config.draft(author)).operations;
    if (length === 0) return;
    throw new NamedError(
      'precondition-failed',
      `the draft of ${author} holds ${length} ${length === 1 ? 'change' : 'changes'} already; commit or discard it first, then load the file`,
    );
  }
}

/** Bindings of settings and archives: the demonstration certificate is nobody's own. */
function bound({ file, needed }: Opened): readonly Binding[] {
  const demonstration = file.controller?.demonstration.chain;
  return needed.bindings.filter(({ chain }) => chain !== demonstration);
}

function checkTakeOver({ file, sshKey }: Opened) {
  const { controller, committed } = file;
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

/** Imports a key and its chain, and holds what came out against the names the configuration has for them. */
async function restore(
  pki: PkiService,
  { key, chain }: Binding,
  keyPem: string,
  certificates: readonly string[],
): Promise<void> {
  const { binding } = await pki.importPem([keyPem, ...certificates].join('\n'));
  if (binding.key === key && binding.chain === chain) return;
  throw notItsName(`key ${key} or chain ${chain}`);
}

function notItsName(what: string): NamedError {
  return new NamedError(
    'bad-certificate',
    `${what} in the configuration file is not what its name says; the file was changed or damaged`,
  );
}
