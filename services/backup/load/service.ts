/** Loads: what a configuration file has and this controller has otherwise, in the author's draft; or only what that would be. */
import { configService, type ConfigService } from '../../config/service.ts';
import { NamedError, type Finding } from '../../errors.ts';
import { compareNames, holdsName } from '../../machines/names.ts';
import { machineService, type MachineService } from '../../machines/service.ts';
import type { AuthorityService } from '../../pki/authority/contract.ts';
import { authorityService } from '../../pki/authority/service.ts';
import { pkiService, type PkiService } from '../../pki/service.ts';
import type { Platform } from '../../platforms/platform.ts';
import type { SshKey } from '../../push/ssh.ts';
import type { Configuration, MappedMachine, Operation, Registration } from '../../schema/types.generated.ts';
import type { Secrets } from '../../secrets/service.ts';
import { overlay } from '../../store/overlay.ts';
import type { Store } from '../../store/store.ts';
import { bound, bringIn } from '../bring-in.ts';
import type { Loading, LoadOptions, LoadPlan, LoadResult, Origin } from '../contract.ts';
import { open, type Opened } from '../open.ts';
import { operationsTo } from '../operations.ts';
import { partsOnto } from '../parts/onto.ts';
import { trailFindings, trailIn } from '../trail.ts';
import { mapMachines, underNamesHere } from './mapping.ts';

export interface LoadDeps {
  readonly config: ConfigService;
  readonly machines: MachineService;
  readonly pki: PkiService;
  readonly authorities: AuthorityService;
  readonly platforms: readonly Platform[];
  readonly store: Store;
  readonly secrets: Secrets;
  readonly sshKey: () => Promise<SshKey>;
  readonly now: () => Date;
}

/** What a load is made of, before anything is changed. */
interface Prepared {
  readonly opened: Opened;
  readonly origin: Origin;
  readonly machines: readonly MappedMachine[];
  readonly stay: readonly string[];
  readonly operations: readonly Operation[];
  /** Registrations of machines that are not here. */
  readonly waiting: readonly Registration[];
  readonly obstacles: readonly Finding[];
}

export function loading(deps: LoadDeps): Loading {
  return { load, planLoad };

  async function load(author: string, text: string, options: LoadOptions): Promise<LoadResult> {
    const prepared = await prepare(author, text, options);
    const { operations, obstacles, waiting } = prepared;
    if (obstacles.length > 0) throw notLoaded(obstacles);
    await takeIn(deps, prepared.opened);
    if (operations.length > 0) await deps.config.amend(author, operations);
    for (const registration of waiting) await deps.machines.put(registration);
    return { ...said(prepared), operations, unknownMachines: waiting.map(({ name }) => name) };
  }

  async function planLoad(author: string, text: string, options: LoadOptions): Promise<LoadPlan> {
    const prepared = await prepare(author, text, options);
    const aside = asideOf(deps);
    await aside.config.discard(author);
    await takeIn(aside, prepared.opened);
    for (const registration of prepared.waiting) await aside.machines.put(registration);
    const change = await aside.config.plan(author, prepared.operations);
    const diffs: Record<string, string> = {};
    for (const { machine } of change.machines) {
      diffs[machine] = await aside.config.manifestDiff(machine, change.before, change.after);
    }
    return { ...said(prepared), obstacles: prepared.obstacles, change: { ...change, diffs } };
  }

  async function prepare(author: string, text: string, options: LoadOptions): Promise<Prepared> {
    const { passphrase, map = {}, foreign = false, damagedTrail } = options;
    const opened = await open(text, passphrase, keyHere);
    const { configuration, registrations } = opened.file;
    const origin = await originOf(opened);
    const { number } = await deps.config.head();
    const present = await deps.config.configuration(number);
    // A controller without a revision has nothing that could be mixed up with another's.
    const mixes = origin === 'another' && number > 0;
    const { machines, obstacles } = mapMachines(configuration.machines, present.machines, map);
    const { parts } = opened.file;
    const absent = parts ? machines.filter(({ becomes }) => becomes === 'waiting') : [];
    const placed = machines.filter((one) => !absent.includes(one));
    const here = underNamesHere(configuration, placed, present.machines);
    const wanted = parts ? partsOnto(present, here, parts) : here;
    const admitted = new Set(Object.values(machinesOnlyIn(wanted, present)).map(({ id }) => id));
    return {
      ...{ opened, origin, machines },
      stay: Object.keys(machinesOnlyIn(present, wanted)).sort(compareNames),
      operations: operationsTo(present, wanted),
      waiting: waitingOnes(
        registrations.filter(({ id }) => admitted.has(id)),
        await deps.machines.list(),
      ),
      obstacles: [
        ...(await draftObstacles(author)),
        ...(mixes && !foreign ? [another] : []),
        ...trailFindings(trailIn(opened.file), damagedTrail),
        ...obstacles,
        ...absent.map(notHere),
      ],
    };
  }

  async function originOf({ file }: Opened): Promise<Origin> {
    if (!file.controller) return 'unknown';
    return file.controller.publicKey === (await deps.sshKey()).publicKey ? 'own' : 'another';
  }

  /** A file stands for a whole configuration: mixed with other changes, the draft would be neither. */
  async function draftObstacles(author: string): Promise<readonly Finding[]> {
    const { length } = (await deps.config.draft(author)).operations;
    if (length === 0) return [];
    const changes = length === 1 ? '1 change' : `${length} changes`;
    return [
      { detail: `the draft of ${author} holds ${changes} already; commit or discard it first, then load the file` },
    ];
  }

  async function keyHere(id: string): Promise<string | undefined> {
    return (await deps.secrets.has(id)) ? deps.pki.keyPem(id) : undefined;
  }
}

/** One that left is reached as it was last, and stays to be finished off; one that joins just now is no machine to wait for. */
function waitingOnes(file: readonly Registration[], here: readonly Registration[]): readonly Registration[] {
  return file.flatMap((one): readonly Registration[] => {
    const known = here.find(({ id }) => id === one.id);
    return known && holdsName(known) ? [] : [{ ...one, ...known, name: one.name, state: 'waiting' }];
  });
}

const another: Finding = {
  detail:
    'the configuration file was saved by another controller; say that it is foreign (--foreign) if it is to be loaded here',
};

/** Parts bring no registration that a machine could wait with. */
function notHere({ machine }: MappedMachine): Finding {
  const detail = `${machine} of the file is not here; map it by hand: ${machine}=NAME for one that is here, or ${machine}=- to leave it out`;
  return { machine, detail };
}

function machinesOnlyIn(one: Configuration, other: Configuration): Configuration['machines'] {
  return Object.fromEntries(Object.entries(one.machines).filter(([name]) => !Object.hasOwn(other.machines, name)));
}

/** Everything but the settings. What the authorities here issued and revoked stays, and so do archives of later leaves. */
async function takeIn(into: Pick<LoadDeps, 'pki' | 'authorities' | 'machines'>, opened: Opened): Promise<void> {
  await into.authorities.checkRecords(opened.carried, opened.keys);
  await bringIn(into, opened);
  for (const archive of opened.file.archives ?? []) {
    const present = await into.machines.archive(archive.id);
    if (!present || present.left < archive.left) await into.machines.putArchive(archive);
  }
}

/** The same controller on a store that keeps nothing: so what is shown is what a load would do. */
function asideOf({ store: real, secrets: sealed, platforms, now }: LoadDeps) {
  const store = overlay(real);
  const secrets: Secrets = { ...sealed, put: () => Promise.resolve() };
  const pki = pkiService({ store, secrets, now });
  const machines = machineService({ store });
  const config = configService({ store, pki, machines, platforms, now });
  return { pki, machines, config, authorities: authorityService({ store, secrets, pki, now }) };
}

function said({ opened, origin, machines, stay }: Prepared) {
  const { file, carried } = opened;
  return {
    saved: file.saved,
    revision: file.revision,
    ...{ origin, machines, stay },
    ...(file.parts ? { parts: file.parts } : {}),
    certificates: bound(opened).length,
    authorities: carried.authorities.map(({ name }) => name),
    archives: (file.archives ?? []).length,
    history: file.history?.revisions.length ?? 0,
  };
}

function notLoaded(obstacles: readonly Finding[]): NamedError {
  const [first] = obstacles;
  const others = obstacles.length === 1 ? '' : ` (and ${obstacles.length - 1} more)`;
  return new NamedError('precondition-failed', `${first?.detail ?? ''}${others}; nothing was loaded`, {
    findings: obstacles,
  });
}
