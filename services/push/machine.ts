/** One machine, as rollouts and looks meet it: what is known of it, delivery to it, and a fresh look. */
import type { ConfigService } from '../config/service.ts';
import { isNamed, NamedError } from '../errors.ts';
import { checkConnected } from '../machines/connected.ts';
import type { MachineService } from '../machines/service.ts';
import type { PkiService } from '../pki/service.ts';
import type { Platform } from '../platforms/platform.ts';
import type { MachineStatus, Manifest, Registration, Rollout } from '../schema/types.generated.ts';
import { foundDrift, foundEdits, isAsFound, keepAsFound } from './adopted.ts';
import { contents } from './contents.ts';
import type { Delivery } from './conclude.ts';
import { deliver } from './deliver.ts';
import { readDigests } from './digests.ts';
import type { DeliverOptions, Known } from './delivery.ts';
import type { Examined } from './contract.ts';
import { readFacts } from './facts.ts';
import { readIdentity, readState, upgrade } from './gateway.ts';
import type { Link, Pool } from './pool.ts';
import { prove } from './prove.ts';
import type { Records } from './records/service.ts';
import type { Script } from './script.ts';
import { isSetBack, leftSetBack, setBack, type Reached } from './set-back.ts';
import { silence } from './settle.ts';
import type { Connection } from './ssh.ts';
import { fold, type Event } from './status.ts';

export interface MachineDeps {
  readonly config: ConfigService;
  readonly machines: MachineService;
  readonly pki: PkiService;
  readonly platforms: readonly Platform[];
  readonly pool: Pool;
  readonly records: Records;
  readonly script: Script;
  readonly now: () => Date;
  readonly log: (event: string, facts: Readonly<Record<string, unknown>>) => void;
}

/** The revision a machine gets in a rollout. */
export function revisionFor(rollout: Rollout, machine: string): number {
  return rollout.revisions?.[machine] ?? rollout.revision;
}

export async function registered({ machines }: Pick<MachineDeps, 'machines'>, machine: string): Promise<Registration> {
  const registration = await machines.byName(machine);
  if (!registration) throw new NamedError('not-found', `there is no machine ${machine}; see "signet machine list"`);
  return registration;
}

/** Delivers a rollout's revision to one machine. Its fault, even a bug's, must not keep a fleet's rollout from ending. */
export async function deliverTo(
  deps: MachineDeps,
  rollout: Rollout,
  machine: string,
  options: DeliverOptions,
): Promise<Delivery> {
  const { config, machines, pki, now } = deps;
  try {
    const registration = await registered(deps, machine);
    const begins = await known(deps, registration);
    const left = await leftAsFound(deps, begins, revisionFor(rollout, machine), options);
    if (left) return left;
    return await deliver(
      {
        render: () => config.manifest(machine, revisionFor(rollout, machine)),
        learn: (facts) => machines.setFacts(registration.id, facts),
        contents: (files) => contents(files, pki),
        chains: (ids) => pki.facts(ids),
        platforms: deps.platforms,
        link: () => deps.pool.link(registration.id),
        upgrade: ({ connection }) => bringScript(deps, registration, connection, options.epoch),
        recall: (digest) => recall(deps, registration, digest),
        now,
      },
      begins,
      options,
    );
  } catch (error) {
    deps.log('push failed', {
      machine,
      rollout: rollout.id,
      error: error instanceof Error ? error.stack : String(error),
    });
    return {
      state: 'refused',
      detail: isNamed(error) ? error.message : 'an internal error; see the log of signetd',
      served: [],
    };
  }
}

/** The outcome for a machine that has, by its adoption, what it should have; undefined where it is to be pushed to. */
async function leftAsFound(
  deps: MachineDeps,
  { registration: { id, name, host, adopted }, reached }: Known,
  revision: number,
  { overwriteDrift, decided }: DeliverOptions,
): Promise<Delivery | undefined> {
  if (!adopted) return undefined;
  const { config, pki, now } = deps;
  const wanted = await config.manifest(name, revision);
  if (wanted.digest !== adopted.manifest) return undefined;
  try {
    const { connection } = await deps.pool.link(id);
    const state = await readState(connection);
    if (!isAsFound(adopted, wanted.digest, state)) return undefined;
    if (isSetBack(reached, state)) return overwriteDrift ? undefined : leftSetBack(name, reached, state);
    const facts = await readFacts(connection, now());
    const drift = foundDrift(adopted, facts, await digestsOf(adopted, connection));
    const open = drift.filter((change) => !overwriteDrift && !decided?.includes(change));
    if (drift.length > 0 && open.length === 0) return undefined;
    const chains = await pki.facts(wanted.probes.map(({ chain }) => chain));
    const proof = { host, targets: wanted.probes, chains, connection: () => Promise.resolve(connection), now };
    return keepAsFound(wanted, facts, open, open.length > 0 ? [] : await prove(proof, 0));
  } catch (error) {
    if (!isNamed(error, ...silence)) throw error;
    return { state: 'unreachable', detail: error.message, served: [] };
  }
}

/** The link is dropped: a session that is open on it runs the old script. */
export async function bringScript(
  { pool, script }: MachineDeps,
  { id }: Registration,
  connection: Connection,
  epoch: number,
): Promise<void> {
  try {
    await upgrade(connection, script, epoch);
  } catch (error) {
    if (!isNamed(error)) throw error;
    throw new NamedError(
      error.code,
      `nothing was pushed, as the script there could not be replaced by ${script.version}: ${error.message}`,
      { transient: error.transient, facts: error.facts, cause: error },
    );
  } finally {
    pool.drop(id);
  }
}

/**
 * The manifest with this digest that an earlier revision gives the machine: what a gateway has that left and is back, that
 * came from a configuration file, or whose last push this controller has not recorded.
 */
async function recall({ config }: MachineDeps, { id }: Registration, digest: string): Promise<Manifest | undefined> {
  for (const { number } of await config.history({ limit: lookBack })) {
    const { machines } = await config.configuration(number);
    const name = Object.keys(machines).find((one) => machines[one]?.id === id);
    // What was fine then need not be so with what the machine is now.
    const manifest = name === undefined ? undefined : await config.manifest(name, number).catch(ifNamed);
    if (manifest?.digest === digest) return manifest;
  }
  return undefined;
}

function ifNamed(error: unknown): undefined {
  if (!isNamed(error)) throw error;
}

/** Revisions to look for what a gateway has; each costs some milliseconds, and only where it is not on record. */
const lookBack = 50;

/** Looks at one machine, now: reads the gateway, probes its listeners, and records what was seen. Throws `disconnected`. */
export async function look(deps: MachineDeps, machine: string): Promise<MachineStatus> {
  const registration = await registered(deps, machine);
  checkConnected(registration);
  // Before the gateway is asked: what is recorded while it answers need not be in its answer.
  const { reached } = await deps.records.status(registration);
  let event: Event;
  try {
    event = await seen(deps, registration, reached, await deps.pool.link(registration.id));
  } catch (error) {
    if (!isNamed(error)) throw error;
    event = { kind: 'silent', detail: error.message };
  }
  // Onto the status as it is by now: a push may have ended while this one looked.
  return deps.records.amendStatus(registration, (present) => fold(present, event));
}

async function seen(
  deps: MachineDeps,
  registration: Registration,
  reached: Reached | undefined,
  { connection }: Link,
): Promise<Event> {
  const { name, host } = registration;
  const { pki, platforms, now } = deps;
  const { facts, state, asFound, digest, deployed } = await held(deps, registration, connection);
  const { generation, newest, epoch } = state;
  const why = setBack(name, reached, state);
  const at = { generation, newest, epoch, time: now(), ...(why === undefined ? {} : { setBack: why }) };
  if (!deployed) return { kind: 'seen', digest, drift: [], served: [], ...at };
  const served = await prove(
    {
      host,
      targets: deployed.probes,
      chains: await pki.facts(deployed.probes.map(({ chain }) => chain)),
      connection: () => Promise.resolve(connection),
      now,
    },
    0,
  );
  const drift = asFound
    ? foundDrift(asFound, facts, await digestsOf(asFound, connection))
    : platforms.flatMap((platform) => platform.drift(facts, deployed));
  return { kind: 'seen', digest, drift, served, ...at };
}

function digestsOf({ files = {} }: NonNullable<Registration['adopted']>, connection: Connection) {
  return readDigests(connection, Object.keys(files));
}

/** What a gateway has, and the manifest that is. */
async function held(deps: MachineDeps, registration: Registration, connection: Connection) {
  const { id, adopted } = registration;
  const facts = await readFacts(connection, deps.now());
  const state = await readState(connection);
  const asFound = adopted && isAsFound(adopted, adopted.manifest, state) ? adopted : undefined;
  const digest = asFound?.manifest ?? state.digest;
  await deps.machines.setFacts(id, facts);
  return { facts, state, asFound, digest, deployed: await manifestOf(deps, registration, digest) };
}

/** The manifest that a gateway has by its digest; undefined where there is none, or none that this controller knows. */
export async function manifestOf(
  deps: MachineDeps,
  registration: Registration,
  digest: string,
): Promise<Manifest | undefined> {
  const { confirmed, sent } = await deps.records.deployed(registration.id);
  const recorded = [confirmed, sent].find((manifest) => manifest?.digest === digest);
  return recorded ?? (digest === '-' ? undefined : recall(deps, registration, digest));
}

/** As the contract says. */
export async function examine(deps: MachineDeps, machine: string): Promise<Examined> {
  const registration = await registered(deps, machine);
  const { connection } = await deps.pool.link(registration.id);
  const identity = await readIdentity(connection);
  if (identity !== registration.id) {
    throw new NamedError(
      'identity-conflict',
      `the machine at ${registration.host} has another identity than ${machine}; if it takes its place, join it as ${machine} with --replace, otherwise let ${machine} leave`,
    );
  }
  const { facts, digest, asFound, ...has } = await held(deps, registration, connection);
  const wanted = await deps.config.manifest(machine, (await deps.config.head()).number);
  const given = { facts, deployed: has.deployed ?? wanted, current: has.deployed?.digest === wanted.digest };
  if (asFound) {
    const edits = foundEdits(asFound, facts, await digestsOf(asFound, connection));
    return { ...given, asFound, edits, open: edits.map(({ detail }) => detail) };
  }
  // Nothing of Signet's is on it: what it has there is its own until the first push.
  if (digest === '-') return { ...given, edits: [], open: [] };
  const drift = (next?: Manifest) => deps.platforms.flatMap((platform) => platform.drift(facts, given.deployed, next));
  return { ...given, edits: drift().map((detail) => ({ detail })), open: drift(wanted) };
}

async function known({ machines, records }: MachineDeps, registration: Registration): Promise<Known> {
  const { id, name, facts } = registration;
  if (!facts) {
    throw new NamedError('unsupported-gateway', `nothing is known of ${name} yet; run "signet machine probe ${name}"`);
  }
  const { confirmed, sent } = await records.deployed(id);
  const original = (await machines.original(id)) ?? facts;
  const { served, reached } = await records.status(registration);
  const proven = served.length > 0 && served.every(({ verdict }) => verdict === 'match');
  return { registration, facts, base: confirmed?.digest ?? '-', deployed: confirmed, sent, original, reached, proven };
}
