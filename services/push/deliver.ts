/** Brings one machine to one manifest: plan, send, prove, and find out how it ended even when the answer was lost. */
import { isNamed, NamedError } from '../errors.ts';
import type { ChainFacts } from '../pki/chain-facts.ts';
import type { LiveChange, Platform } from '../platforms/platform.ts';
import type { Facts, Manifest, Outcome, Registration } from '../schema/types.generated.ts';
import type { Answer } from './answer.ts';
import { apply, type Judgement } from './apply.ts';
import { bundle, request } from './bundle.ts';
import { decide, readFacts, readState, settle, type GatewayState } from './gateway.ts';
import { after, plan, type Plan } from './plan.ts';
import type { Link } from './pool.ts';
import type { Served } from './probe.ts';
import { prove } from './prove.ts';

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

export interface Delivery {
  readonly state: Exclude<Outcome['state'], 'waiting' | 'pushing' | 'skipped'>;
  readonly detail?: string;
  /** The manifest that is live afterwards, when that is known. */
  readonly deployed?: Manifest;
  readonly facts?: Facts;
  readonly generation?: number;
  readonly served: readonly Served[];
  readonly drift?: readonly string[];
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

/** Never throws for what a gateway or a network can do: that is an outcome. */
export async function deliver(deps: DeliverDeps, known: Known, options: DeliverOptions): Promise<Delivery> {
  try {
    return await attempt(deps, known, options, true);
  } catch (error) {
    if (isNamed(error, 'unreachable', 'host-key-mismatch', 'login-refused')) {
      return { state: 'unreachable', detail: error.message, served: [] };
    }
    if (error instanceof NamedError) return { state: 'refused', detail: error.message, served: [] };
    throw error;
  }
}

async function attempt(deps: DeliverDeps, known: Known, options: DeliverOptions, again: boolean): Promise<Delivery> {
  const wanted = await deps.render();
  const change = edit(deps.platforms, known, wanted);
  const todo = plan(wanted, known, change);
  const archive = await bundle(todo, todo.files.length > 0 ? await deps.contents(todo.files) : new Map());
  const link = await deps.link();
  let served: readonly Served[] = [];
  const judge = async (): Promise<Judgement> => {
    served = await probe(deps, known, wanted, options.probeSeconds);
    return served.every(({ verdict }) => verdict === 'match' || verdict === 'unproven') ? 'confirm' : 'revert';
  };
  const answer = await apply(await link.pushSession(), request(todo, archive, options), judge);

  if (again && answer.kind === 'refused' && answer.code === 'pending') {
    await decidePending(deps, known, wanted, options);
    return attempt(deps, known, options, false);
  }
  if (again && answer.kind === 'refused' && answer.code === 'script-version') {
    await deps.upgrade(link);
    return attempt(deps, known, options, false);
  }
  if (again && answer.kind === 'refused' && answer.code === 'drift') {
    return afterDrift(deps, known, options);
  }
  // No work where nothing changed, but what nobody has seen yet is looked at.
  if (answer.kind === 'unchanged' && !known.proven) served = await probe(deps, known, wanted, 0);
  if (answer.kind === 'unknown') {
    const state = await settle(deps.link, options.windowSeconds);
    return conclude(stateAsAnswer(state, wanted), known, wanted, todo, served);
  }
  return conclude(answer, known, wanted, todo, served);
}

/** Someone changed what we believed: read it again, and go on when nothing of ours was touched. */
async function afterDrift(deps: DeliverDeps, known: Known, options: DeliverOptions): Promise<Delivery> {
  const link = await deps.link();
  const facts = await readFacts(link.connection, deps.now());
  await deps.learn(facts);
  const state = await readState(link.connection);
  const deployed = [known.deployed, known.sent].find((manifest) => manifest?.digest === state.digest);
  const drift = deployed ? deps.platforms.flatMap((platform) => platform.drift(facts, deployed)) : [];
  if (drift.length > 0 && !options.overwriteDrift) {
    return {
      state: 'refused',
      detail: `changed by hand: ${drift.join('; ')}; put it into Signet, or push again with drift overwritten`,
      facts,
      served: [],
      drift,
    };
  }
  return attempt(deps, { ...known, facts, deployed, base: state.digest }, options, false);
}

/** A generation was left pending by a controller that died, or by a lost answer: prove it and decide it, then go on. */
async function decidePending(
  deps: DeliverDeps,
  known: Known,
  wanted: Manifest,
  options: DeliverOptions,
): Promise<void> {
  const { connection } = await deps.link();
  const state = await readState(connection);
  if (state.pending === undefined) return;
  const good =
    state.digest === wanted.digest &&
    (await probe(deps, known, wanted, options.probeSeconds)).every(
      ({ verdict }) => verdict === 'match' || verdict === 'unproven',
    );
  await decide(connection, good ? 'confirm' : 'revert', state.pending);
}

async function probe(deps: DeliverDeps, known: Known, wanted: Manifest, seconds: number): Promise<readonly Served[]> {
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

export function edit(platforms: readonly Platform[], known: Known, wanted: Manifest): LiveChange {
  const changes = platforms
    .filter((platform) => platform.found(known.facts))
    .map((platform) => platform.edit(known.facts, wanted, known.deployed, known.original));
  return {
    files: changes.flatMap(({ files }) => files),
    binds: changes.flatMap(({ binds }) => binds),
    activation: changes.some(({ activation }) => activation === 'restart') ? 'restart' : 'reload',
  };
}

function stateAsAnswer(state: GatewayState | undefined, wanted: Manifest): Answer {
  if (state?.pending !== undefined || state === undefined) return { kind: 'unknown' };
  if (state.digest === wanted.digest) return { kind: 'confirmed', generation: state.generation };
  return { kind: 'reverted', generation: state.generation, reason: state.outcome };
}

function conclude(answer: Answer, known: Known, wanted: Manifest, done: Plan, served: readonly Served[]): Delivery {
  switch (answer.kind) {
    case 'unchanged': {
      const bad = disproof(served);
      return {
        state: bad === '' ? 'unchanged' : 'unproven',
        ...(bad === '' ? {} : { detail: bad }),
        deployed: wanted,
        served,
      };
    }
    case 'confirmed': {
      const proven = served.length > 0 && served.every(({ verdict }) => verdict === 'match');
      return {
        state: proven ? 'confirmed' : 'unproven',
        ...(proven ? {} : { detail: 'it is live, but no probe from outside has proven it' }),
        deployed: wanted,
        facts: after(known.facts, done),
        generation: answer.generation,
        served,
      };
    }
    case 'reverted':
      return {
        state: 'reverted',
        detail: whyReverted(answer.reason, served),
        generation: answer.generation,
        served: [],
      };
    case 'refused':
      return { state: 'refused', detail: `${answer.code}: ${answer.detail}`, served: [] };
    case 'activated':
    case 'unknown':
      return {
        state: 'unknown',
        detail: 'the answer was lost, and the gateway has not said since how it ended',
        served,
      };
  }
}

function whyReverted(reason: string, served: readonly Served[]): string {
  return disproof(served) || reason;
}

/** In words, what each listener served that was not what was sent; empty when nothing did. */
function disproof(served: readonly Served[]): string {
  return served
    .filter(({ verdict }) => verdict !== 'match' && verdict !== 'unproven')
    .map(({ listener, address, port, detail }) => `${listener} on ${address}:${port}: ${detail}`)
    .join('; ');
}
