/** Registrations: how machines are reached and recognised, and what is kept of them. The only file here that touches the store. */
import { NamedError } from '../errors.ts';
import { parse } from '../schema/parse.ts';
import type { Archive, Disconnection, Facts, Registration } from '../schema/types.generated.ts';
import { keys } from '../store/keys.ts';
import { readAll } from '../store/read-all.ts';
import { unchanged, type Compare, type Entry, type Store, type Write } from '../store/store.ts';
import { compareNames, holdsName } from './names.ts';

export type { Archive } from '../schema/types.generated.ts';

export interface MachineService {
  /** Every registration, also of machines that left, by name. */
  list(): Promise<readonly Registration[]>;
  /** Throws `not-found`. */
  get(id: string): Promise<Registration>;
  /** The machine that holds the name: one that joins or is a member. Those that left or wait have given theirs up. */
  byName(name: string): Promise<Registration | undefined>;
  /** Writes a registration whole; throws `already-exists` when another machine holds its name. */
  put(registration: Registration): Promise<void>;
  /** Writes a registration whole that takes over the name of `holder`, which has left with that; throws `store-conflict`. */
  succeed(holder: Registration, registration: Registration): Promise<void>;
  /** Nothing of Signet's is expected on a machine that left any more; one that has joined again stays what it is. */
  letGo(id: string): Promise<void>;
  /** Marks a member as disconnected, or as connected again. */
  disconnect(id: string, mark: Disconnection | undefined): Promise<void>;
  /**
   * Forgets a machine and its facts; its archive stays, and with that what it was before. Only in the state that is given, if one
   * is; throws `store-conflict` in another.
   */
  remove(id: string, state?: Registration['state']): Promise<void>;

  /** What the machine was last found to be; undefined when it is unknown or was never looked at. */
  facts(id: string): Promise<Facts | undefined>;
  /** Throws `not-found` when there is no registration. */
  setFacts(id: string, facts: Facts): Promise<void>;

  /** What a machine that left had of its own. */
  archive(id: string): Promise<Archive | undefined>;
  archives(): Promise<readonly Archive[]>;
  putArchive(archive: Archive): Promise<void>;
  /** What the machine was before goes with it where nothing else is known of the machine. */
  removeArchive(id: string): Promise<void>;

  /** The machine as it was found before Signet changed it, for a leave that restores it. */
  original(id: string): Promise<Facts | undefined>;
  putOriginal(id: string, facts: Facts): Promise<void>;
}

export function machineService({ store }: { readonly store: Store }): MachineService {
  return {
    list,
    get,
    byName,
    put: (registration) => change(registration.id, () => registration),
    succeed,
    letGo: (id) => change(id, (present = unknown(id)) => finished(present)),
    disconnect: (id, mark) => change(id, (present = unknown(id)) => marked(present, mark)),
    remove,

    facts: async (id) => (await read(id)).registration?.facts,
    setFacts: (id, facts) => change(id, (present) => ({ ...(present ?? unknown(id)), facts })),

    archive: async (id) => archiveIn(await store.get(keys.archive(id))),
    archives: async () => (await readAll(store, keys.archives)).flatMap((entry) => archiveIn(entry) ?? []),
    putArchive: (archive) => write([{ put: keys.archive(archive.id), value: JSON.stringify(archive) }]),
    removeArchive,

    async original(id) {
      const entry = await store.get(keys.original(id));
      return entry && parse('facts', JSON.parse(entry.value), `the record ${entry.key}`);
    },
    putOriginal: (id, facts) => write([{ put: keys.original(id), value: JSON.stringify(facts) }]),
  };

  async function list(): Promise<readonly Registration[]> {
    const registrations = (await readAll(store, keys.registrations)).map(registrationIn);
    return registrations.sort((a, b) => compareNames(a.name, b.name));
  }

  async function get(id: string): Promise<Registration> {
    return (await read(id)).registration ?? unknown(id);
  }

  async function byName(name: string): Promise<Registration | undefined> {
    const holder = await store.get(keys.machineName(name));
    return holder && (await read(holder.value)).registration;
  }

  async function succeed(holder: Registration, registration: Registration): Promise<void> {
    const [former, mine, name] = await Promise.all([
      read(holder.id),
      read(registration.id),
      store.get(keys.machineName(registration.name)),
    ]);
    if (name?.value !== holder.id) throw busy(registration.id);
    const wanted = parse('registration', registration, `the registration ${registration.id}`);
    const held = mine.registration && mine.registration.name !== wanted.name ? mine.registration : undefined;
    const previous = held && (await store.get(keys.machineName(held.name)));
    const frees = previous?.value === wanted.id ? [previous] : [];
    const { applied } = await store.transact({
      compare: [
        unchanged(keys.registration(holder.id), former.entry),
        unchanged(keys.registration(wanted.id), mine.entry),
        unchanged(name.key, name),
        ...frees.map((entry) => unchanged(entry.key, entry)),
      ],
      writes: [
        { put: keys.registration(holder.id), value: JSON.stringify({ ...holder, state: 'left' }) },
        { put: keys.registration(wanted.id), value: JSON.stringify(wanted) },
        { put: name.key, value: wanted.id },
        ...frees.map(({ key }) => ({ delete: key })),
      ],
    });
    if (!applied) throw busy(wanted.id);
  }

  async function removeArchive(id: string): Promise<void> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const { entry } = await read(id);
      const { applied } = await store.transact({
        compare: [unchanged(keys.registration(id), entry)],
        writes: [{ delete: keys.archive(id) }, ...(entry ? [] : [{ delete: keys.original(id) }])],
      });
      if (applied) return;
    }
    throw busy(id);
  }

  async function remove(id: string, state?: Registration['state']): Promise<void> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const { entry, registration } = await read(id);
      if (!entry || !registration) return;
      if (state !== undefined && registration.state !== state) throw busy(id);
      const archive = await store.get(keys.archive(id));
      const name = await store.get(keys.machineName(registration.name));
      const frees = name?.value === id ? [{ delete: name.key }] : [];
      const { applied } = await store.transact({
        compare: [
          unchanged(entry.key, entry),
          unchanged(keys.machineName(registration.name), name),
          unchanged(keys.archive(id), archive),
        ],
        writes: [{ delete: entry.key }, ...(archive ? [] : [{ delete: keys.original(id) }]), ...frees],
      });
      if (applied) return;
    }
    throw busy(id);
  }

  /** Reads, changes and writes a registration together with the name it holds, again when it changed in between. */
  async function change(id: string, next: (present: Registration | undefined) => Registration): Promise<void> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const { entry, registration } = await read(id);
      const wanted = parse('registration', next(registration), `the registration ${id}`);
      const names = await nameChanges(registration, wanted);
      const { applied } = await store.transact({
        compare: [unchanged(keys.registration(id), entry), ...names.compare],
        writes: [{ put: keys.registration(id), value: JSON.stringify(wanted) }, ...names.writes],
      });
      if (applied) return;
    }
    throw busy(id);
  }

  /** A name is a record of its own that points to its holder, so that two machines can never take it at the same time. */
  async function nameChanges(
    present: Registration | undefined,
    wanted: Registration,
  ): Promise<{ readonly compare: readonly Compare[]; readonly writes: readonly Write[] }> {
    const names = [...new Set([wanted.name, present?.name ?? wanted.name])];
    const entries = await Promise.all(names.map((name) => store.get(keys.machineName(name))));
    const writes = names.flatMap((name, index): readonly Write[] => {
      const holder = entries[index]?.value;
      const wants = name === wanted.name && holdsName(wanted);
      if (wants && holder !== undefined && holder !== wanted.id) throw taken(name);
      if (wants === (holder === wanted.id)) return [];
      if (wants) return [{ put: keys.machineName(name), value: wanted.id }];
      return [{ delete: keys.machineName(name) }];
    });
    return { compare: names.map((name, index) => unchanged(keys.machineName(name), entries[index])), writes };
  }

  async function read(id: string): Promise<{ readonly entry?: Entry; readonly registration?: Registration }> {
    const entry = await store.get(keys.registration(id));
    return entry ? { entry, registration: registrationIn(entry) } : {};
  }

  async function write(writes: readonly Write[]): Promise<void> {
    await store.transact({ compare: [], writes });
  }
}

/** Far more than there are writers of one registration at once. */
const attempts = 20;

function registrationIn({ key, value }: Entry): Registration {
  return parse('registration', JSON.parse(value), `the record ${key}`);
}

function finished(present: Registration): Registration {
  if (present.state !== 'left') return present;
  const { unfinished: _unfinished, ...registration } = present;
  return registration;
}

function marked({ disconnected: _before, ...registration }: Registration, mark: Disconnection | undefined) {
  return { ...registration, ...(mark ? { disconnected: mark } : {}) };
}

function archiveIn(entry: Entry | undefined): Archive | undefined {
  return entry && parse('archive', JSON.parse(entry.value), `the record ${entry.key}`);
}

function unknown(id: string): never {
  throw new NamedError('not-found', `there is no machine with the identity ${id}; see the list of machines`);
}

function taken(name: string): NamedError {
  return new NamedError(
    'already-exists',
    `another machine is called ${name}; choose another name, or let that one leave first`,
  );
}

function busy(id: string): NamedError {
  return new NamedError('store-conflict', `the registration of ${id} keeps changing; try again`, { transient: true });
}
