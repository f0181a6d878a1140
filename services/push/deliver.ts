/** Brings one machine to one manifest: plan, send, prove, and find out how it ended even when the answer was lost. */
import { isNamed, NamedError } from '../errors.ts';
import type { ChainFacts } from '../pki/chain-facts.ts';
import type { LiveChange, Platform } from '../platforms/platform.ts';
import type { Facts, Manifest, Registration } from '../schema/types.generated.ts';
import { apply, type Judgement } from './apply.ts';
import { bundle, request } from './bundle.ts';
import { conclude, lost, type Delivery } from './conclude.ts';
import { decide, readFacts, readState, readStateWithin, type GatewayState } from './gateway.ts';
import { plan } from './plan.ts';
import type { Link } from './pool.ts';
import { proven, type Served } from './probe.ts';
import { prove } from './prove.ts';

export type { Delivery } from './conclude.ts';

/** A machine as the controller knows it before the push. */
export interface Known {
  readonly registration: Registration;
  readonly facts: Facts;
  /** The digest the gateway is believed to have, `-` for none, and the manifest it belongs to when that is known. */
  readonly base: string;
  readonly deployed: Manifest | undefined;
  /** The manifest that was last sent: a controller that was killed may not have heard that it was confirmed. */
  readonly sent: Manifest | undefined;
  /** The facts from before Signet's first change. */
  readonly original: Facts;
  /** Whether a probe has seen it serve what it has, the last time one looked. */
  readonly proven: boolean;
}

export interface DeliverOptions {
  readonly epoch: number;
  readonly script: string;
  readonly windowSeconds: number;
  readonly probeSeconds: number;
  readonly overwriteDrift: boolean;
}

export interface DeliverDeps {
  /** The machine's manifest, rendered for its facts as recorded. */
  readonly render: () => Promise<Manifest>;
  /** Records what the machine turned out to be. */
  readonly learn: (facts: Facts) => Promise<void>;
  readonly contents: (files: Manifest['files']) => Promise<ReadonlyMap<string, string>>;
  readonly chains: (ids: Iterable<string>) => Promise<ReadonlyMap<string, ChainFacts>>;
  readonly platforms: readonly Platform[];
  readonly link: () => Promise<Link>;
  /** Brings the gateway's script to this controller's, over a link that is then dropped. */
  readonly upgrade: (link: Link) => Promise<void>;
  readonly now: () => Date;
}

/** What is known as the push goes on: it may have to be read again. */
interface Present extends Known {
  /** The digest that was confirmed last as far as is recorded, `-` for none. */
  readonly recorded: string;
}

/** What can stand between a push and its end, and is dealt with once each; a busy gateway is asked again for a while. */
type Obstacle = 'pending' | 'script-version' | 'drift' | 'busy' | 'lost';

/** The gateway waits 5 seconds for its lock each time; what holds it longest is a bundle that never comes, for 30. */
const busyTries = 8;

/** Never throws for what a gateway or a network can do: that is an outcome. */
export async function deliver(deps: DeliverDeps, known: Known, options: DeliverOptions): Promise<Delivery> {
  try {
    return await attempt(deps, { ...known, recorded: known.base }, options, []);
  } catch (error) {
    if (isNamed(error, 'unreachable', 'host-key-mismatch', 'login-refused')) {
      return { state: 'unreachable', detail: error.message, served: [] };
    }
    if (error instanceof NamedError) return { state: 'refused', detail: error.message, served: [] };
    throw error;
  }
}

async function attempt(
  deps: DeliverDeps,
  known: Present,
  options: DeliverOptions,
  met: readonly Obstacle[],
): Promise<Delivery> {
  const meet = (obstacle: Obstacle) => [...met, obstacle];
  const wanted = await deps.render();
  // Edits that a look has found are as good a reason to ask as those that the gateway finds.
  if (!met.includes('drift') && driftIn(deps, known, wanted).length > 0) {
    return afterDrift(deps, known, options, meet('drift'));
  }
  const todo = plan(wanted, known, edit(deps.platforms, known, wanted));
  const archive = await bundle(todo, todo.files.length > 0 ? await deps.contents(todo.files) : new Map());
  const link = await deps.link();
  let served: readonly Served[] = [];
  const judge = async (): Promise<Judgement> => {
    served = await probe(deps, known, wanted, options.probeSeconds);
    return proven(served) ? 'confirm' : 'revert';
  };
  const { answer, activated } = await apply(await link.pushSession(), request(todo, archive, options), judge);

  if (answer.kind === 'refused') {
    const obstacle = answer.code;
    if (obstacle === 'busy' && met.filter((one) => one === 'busy').length < busyTries) {
      return attempt(deps, known, options, meet('busy'));
    }
    if (obstacle === 'pending' && !met.includes('pending')) {
      // Left by a controller that died, or by a lost answer.
      const settled = await settle(deps, known, wanted, options, await readState(link.connection));
      return settled.kind === 'ended' ? settled.delivery : attempt(deps, known, options, meet('pending'));
    }
    if (obstacle === 'script-version' && !met.includes('script-version')) {
      // A script is not replaced while its watchdog counts.
      await settle(deps, known, wanted, options, await readState(link.connection));
      await deps.upgrade(link);
      return attempt(deps, known, options, meet('script-version'));
    }
    if (obstacle === 'drift' && !met.includes('drift')) return afterDrift(deps, known, options, meet('drift'));
  }
  if (answer.kind === 'unknown') {
    const stands = await readStateWithin(deps.link, options.windowSeconds + 10);
    if (!stands) return lost(served);
    const settled = await settle(deps, known, wanted, options, stands);
    if (settled.kind === 'ended') return settled.delivery;
    if (activated !== undefined) {
      const reverted = { kind: 'reverted', generation: activated, reason: settled.state.reason } as const;
      return conclude(reverted, known, wanted, todo, served);
    }
    // Nothing was heard of it and it is not there: it has not arrived, or was undone before anyone could judge it.
    return met.includes('lost') ? lost([]) : attempt(deps, known, options, meet('lost'));
  }
  if (answer.kind === 'unchanged') {
    // It became so by a push of which this controller has not recorded the end.
    if (known.recorded !== wanted.digest) {
      return there(deps, known, wanted, await readState((await deps.link()).connection), []);
    }
    // No work where nothing changed, but what nobody has seen yet is looked at.
    if (!known.proven) served = await probe(deps, known, wanted, 0);
  }
  return conclude(answer, known, wanted, todo, served);
}

/** Someone changed what we believed: read it again, and go on when nothing of ours was touched. */
async function afterDrift(
  deps: DeliverDeps,
  known: Present,
  options: DeliverOptions,
  met: readonly Obstacle[],
): Promise<Delivery> {
  const { connection } = await deps.link();
  const facts = await readFacts(connection, deps.now());
  await deps.learn(facts);
  const state = await readState(connection);
  const deployed = [known.deployed, known.sent].find((manifest) => manifest?.digest === state.digest);
  const now = { ...known, facts, deployed, base: state.digest };
  const drift = driftIn(deps, now, await deps.render());
  if (drift.length > 0 && !options.overwriteDrift) {
    return {
      state: 'refused',
      detail: `changed by hand: ${drift.join('; ')}; put it into Signet, or push again with drift overwritten`,
      facts,
      served: [],
      drift,
    };
  }
  return attempt(deps, now, options, met);
}

type Settled =
  | { readonly kind: 'ended'; readonly delivery: Delivery }
  /** What is wanted is not there, and no probe has spoken against it. */
  | { readonly kind: 'elsewhere'; readonly state: GatewayState };

/** Where the gateway stands once nothing is pending there: what waits for its verdict is proven, and decided. */
async function settle(
  deps: DeliverDeps,
  known: Present,
  wanted: Manifest,
  options: DeliverOptions,
  found: GatewayState,
): Promise<Settled> {
  const { pending } = found;
  let state = found;
  let served: readonly Served[] = [];
  if (pending !== undefined) {
    const ours = found.digest === wanted.digest;
    if (ours) served = await probe(deps, known, wanted, options.probeSeconds);
    const { connection } = await deps.link();
    await decide(connection, ours && proven(served) ? 'confirm' : 'revert', pending);
    state = await readState(connection);
  }
  if (state.digest === wanted.digest)
    return { kind: 'ended', delivery: await there(deps, known, wanted, state, served) };
  if (pending === undefined || proven(served)) return { kind: 'elsewhere', state };
  const reverted = { kind: 'reverted', generation: pending, reason: state.reason } as const;
  return { kind: 'ended', delivery: conclude(reverted, known, wanted, undefined, served) };
}

/** It is there, although nobody here heard it confirmed: that is proven, and the live files are read again. */
async function there(
  deps: DeliverDeps,
  known: Present,
  wanted: Manifest,
  { generation }: GatewayState,
  seen: readonly Served[],
): Promise<Delivery> {
  const facts = await readFacts((await deps.link()).connection, deps.now());
  const served = seen.length > 0 ? seen : await probe(deps, known, wanted, 0);
  return conclude({ kind: 'confirmed', generation }, { ...known, facts }, wanted, undefined, served);
}

/** What a push would overwrite of what was changed by hand: not what is wanted by now. */
function driftIn({ platforms }: DeliverDeps, { facts, deployed }: Known, wanted: Manifest): readonly string[] {
  return deployed ? platforms.flatMap((platform) => platform.drift(facts, deployed, wanted)) : [];
}

async function probe(deps: DeliverDeps, known: Present, wanted: Manifest, seconds: number): Promise<readonly Served[]> {
  return prove(
    {
      host: known.registration.host,
      targets: wanted.probes,
      chains: await deps.chains(wanted.probes.map(({ chain }) => chain)),
      connection: async () => (await deps.link()).connection,
      now: deps.now,
    },
    seconds,
  );
}

export function edit(platforms: readonly Platform[], known: Present, wanted: Manifest): LiveChange {
  const changes = platforms
    .filter((platform) => platform.found(known.facts))
    .map((platform) => platform.edit(known.facts, wanted, known.deployed, known.original));
  return {
    files: changes.flatMap(({ files }) => files),
    binds: changes.flatMap(({ binds }) => binds),
    activation: changes.some(({ activation }) => activation === 'restart') ? 'restart' : 'reload',
  };
}
