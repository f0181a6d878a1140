/** How a push ended that nobody here heard the end of: the gateway is asked, and what waits there for its verdict is decided. */
import { isNamed } from '../errors.ts';
import type { LiveChange, Platform } from '../platforms/platform.ts';
import type { Manifest } from '../schema/types.generated.ts';
import { conclude, lost, type Delivery } from './conclude.ts';
import type { DeliverDeps, DeliverOptions, Present } from './delivery.ts';
import { readFacts } from './facts.ts';
import { decide, readState, readStateWithin, type GatewayState } from './gateway.ts';
import { plan } from './plan.ts';
import type { Link } from './pool.ts';
import { proven, type Served } from './probe.ts';
import { prove } from './prove.ts';
import { isSetBack } from './set-back.ts';

/** The errors of a gateway that cannot be talked to. */
export const silence = ['unreachable', 'host-key-mismatch', 'login-refused'] as const;

export type Settled =
  | { readonly kind: 'ended'; readonly delivery: Delivery }
  /** What is wanted is not there, and no probe has spoken against it. */
  | { readonly kind: 'elsewhere'; readonly state: GatewayState };

export function ended(delivery: Delivery): Settled & { readonly kind: 'ended' } {
  return { kind: 'ended', delivery };
}

/** Once something may have arrived, a gateway that cannot be asked is not one that has nothing of it. */
export async function orLost<S extends Settled>(
  settling: Promise<S>,
  served: readonly Served[] = [],
): Promise<S | (Settled & { readonly kind: 'ended' })> {
  try {
    return await settling;
  } catch (error) {
    if (!isNamed(error, ...silence, 'push-unknown')) throw error;
    return ended(lost(served, error.message));
  }
}

/** The answer was lost: where the gateway stands once it can be asked. */
export async function settleUnheard(
  deps: DeliverDeps,
  known: Present,
  wanted: Manifest,
  options: DeliverOptions,
): Promise<Settled> {
  const stands = await readStateWithin(deps.link, options.windowSeconds + 10);
  return stands ? settle(deps, known, wanted, options, stands) : ended(lost([]));
}

/** What waits for its verdict is decided; where nothing does, nothing is said of what is there. */
export async function settlePending(
  deps: DeliverDeps,
  known: Present,
  wanted: Manifest,
  options: DeliverOptions,
  { connection }: Link,
): Promise<Settled> {
  const state = await readState(connection);
  return state.pending === undefined ? { kind: 'elsewhere', state } : settle(deps, known, wanted, options, state);
}

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
  const delivery = await there(deps, known, wanted, state, served);
  if (delivery) return ended(delivery);
  if (pending === undefined || proven(served)) return { kind: 'elsewhere', state };
  const reverted = { kind: 'reverted', generation: pending, reason: state.reason } as const;
  return ended(conclude(reverted, known, wanted, undefined, served));
}

/**
 * What is wanted, where it is there although nobody here heard it confirmed; undefined where it is not. The live files are read
 * again, since a repair has the digest of what it repairs: whether it stands shows in them alone.
 */
export async function there(
  deps: DeliverDeps,
  known: Present,
  wanted: Manifest,
  state: GatewayState,
  seen: readonly Served[],
): Promise<Delivery | undefined> {
  const { generation, digest } = state;
  if (digest !== wanted.digest || isSetBack(known.reached, state)) return undefined;
  const facts = await readFacts((await deps.link()).connection, deps.now());
  const now = { ...known, facts, base: digest, deployed: wanted };
  if (plan(wanted, now, edit(deps.platforms, now, wanted)).steps.length > 0) return undefined;
  const served = seen.length > 0 ? seen : await probe(deps, known, wanted, 0);
  return conclude({ kind: 'confirmed', generation }, { facts }, wanted, undefined, served);
}

export async function probe(
  deps: DeliverDeps,
  known: Present,
  wanted: Manifest,
  seconds: number,
): Promise<readonly Served[]> {
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
    missing: changes.flatMap(({ missing }) => missing ?? []),
    activation: changes.some(({ activation }) => activation === 'restart') ? 'restart' : 'reload',
  };
}
