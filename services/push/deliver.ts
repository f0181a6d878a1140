/** Brings one machine to one manifest: plan, send, prove, and find out how it ended even when the answer was lost. */
import { isNamed, NamedError } from '../errors.ts';
import type { Manifest } from '../schema/types.generated.ts';
import { apply, type Judgement } from './apply.ts';
import { bundle, request, type Envelope } from './bundle.ts';
import { conclude, lost, type Delivery } from './conclude.ts';
import type { DeliverDeps, DeliverOptions, Known, Present } from './delivery.ts';
import { readFacts } from './facts.ts';
import { readState, type GatewayState } from './gateway.ts';
import { plan } from './plan.ts';
import { proven, type Served } from './probe.ts';
import { isSetBack, leftSetBack } from './set-back.ts';
import { edit, ended, orLost, probe, settlePending, settleUnheard, silence, there } from './settle.ts';

/** What can stand between a push and its end, and is dealt with once each; a busy gateway is asked again for a while. */
type Obstacle = 'pending' | 'script-version' | 'drift' | 'busy' | 'lost';

/** The gateway waits 5 seconds for its lock each time; what holds it longest is a bundle that never comes, for 30. */
const busyTries = 8;

/** Never throws for what a gateway or a network can do: that is an outcome. */
export async function deliver(deps: DeliverDeps, known: Known, options: DeliverOptions): Promise<Delivery> {
  try {
    return await attempt(deps, { ...known, recorded: known.base }, options, []);
  } catch (error) {
    if (isNamed(error, ...silence)) {
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
  const envelope = { ...options, ...compared(known, options, met) };
  const { answer, activated } = await apply(await link.pushSession(), request(todo, archive, envelope), judge);

  if (answer.kind === 'refused') {
    const obstacle = answer.code;
    if (obstacle === 'busy' && met.filter((one) => one === 'busy').length < busyTries) {
      return attempt(deps, known, options, meet('busy'));
    }
    if (obstacle === 'pending' && !met.includes('pending')) {
      // Left by a controller that died, or by a lost answer.
      const settled = await orLost(settlePending(deps, known, wanted, options, link));
      return settled.kind === 'ended' ? settled.delivery : attempt(deps, known, options, meet('pending'));
    }
    if (obstacle === 'script-version' && !met.includes('script-version')) {
      // A script is not replaced while its watchdog counts. What turns out to be live then is not put at risk by it.
      const settled = await orLost(settlePending(deps, known, wanted, options, link));
      if (settled.kind === 'ended' && settled.delivery.state !== 'reverted') return settled.delivery;
      await deps.upgrade(link);
      return attempt(deps, known, options, meet('script-version'));
    }
    if (obstacle === 'set-back') {
      return afterSetBack(deps, known, options, meet('drift'), await readState((await deps.link()).connection));
    }
    if (obstacle === 'drift' && !met.includes('drift')) return afterDrift(deps, known, options, meet('drift'));
  }
  if (answer.kind === 'unknown') {
    const settled = await orLost(settleUnheard(deps, known, wanted, options), served);
    if (settled.kind === 'ended') return settled.delivery;
    const { state } = settled;
    if (activated !== undefined && state.generation !== activated) {
      const reverted = { kind: 'reverted', generation: activated, reason: state.reason } as const;
      return conclude(reverted, known, wanted, todo, served);
    }
    if (met.includes('lost')) return lost([]);
    // Nothing was heard of it and it is not there: it has not arrived, or was undone before anyone could judge it.
    const resent = attempt(deps, known, options, meet('lost')).then(ended);
    return (await orLost(resent)).delivery;
  }
  if (answer.kind === 'unchanged') {
    // It became so by a push of which this controller has not recorded the end.
    if (known.recorded !== wanted.digest) {
      const found = await there(deps, known, wanted, await readState((await deps.link()).connection), []);
      if (found) return found;
      if (!met.includes('drift')) return afterDrift(deps, known, options, meet('drift'));
    }
    // No work where nothing changed, but what nobody has seen yet is looked at.
    if (!known.proven) served = await probe(deps, known, wanted, 0);
  }
  // Whatever else it answers, it has recorded the epoch before.
  const told = answer.kind === 'refused' ? {} : { epoch: options.epoch };
  return { ...conclude(answer, known, wanted, todo, served), ...told };
}

/** A script from before it compared this does not take the line; it is replaced before anything is pushed. */
function compared(
  { reached, facts }: Present,
  { script }: DeliverOptions,
  met: readonly Obstacle[],
): Pick<Envelope, 'reached'> {
  return reached && (facts.script === script || met.includes('script-version')) ? { reached } : {};
}

/** Its disk was put back to an earlier state: whoever overwrites drift has decided that it goes on from there. */
async function afterSetBack(
  deps: DeliverDeps,
  known: Present,
  options: DeliverOptions,
  met: readonly Obstacle[],
  state: GatewayState,
): Promise<Delivery> {
  if (!options.overwriteDrift) return leftSetBack(known.registration.name, known.reached, state);
  const delivery = await afterDrift(deps, { ...known, reached: undefined }, options, met);
  return delivery.deployed ? { generation: state.generation, ...delivery } : delivery;
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
  if (isSetBack(known.reached, state)) return afterSetBack(deps, known, options, met, state);
  const { digest } = state;
  const wanted = await deps.render();
  const deployed =
    [known.deployed, known.sent, wanted].find((manifest) => manifest?.digest === digest) ??
    (digest === '-' ? undefined : await deps.recall(digest));
  const now = { ...known, facts, deployed, base: digest };
  // What a gateway has of Signet's that no revision here gives it cannot be told from edits by hand.
  const isForeign = deployed === undefined && digest !== '-';
  const drift = driftIn(deps, isForeign ? { facts, deployed: wanted } : now, wanted);
  const open = options.overwriteDrift ? [] : drift.filter((change) => !options.decided?.includes(change));
  if (open.length > 0) {
    const what = isForeign
      ? 'it has what no revision here gives it, by hand or by another controller'
      : 'changed by hand';
    return {
      state: 'refused',
      detail: `${what}: ${open.join('; ')}; put it into Signet, or push again with drift overwritten`,
      facts,
      served: [],
      drift,
    };
  }
  return attempt(deps, now, options, met);
}

/** What a push would overwrite of what was changed by hand: not what is wanted by now. */
function driftIn(
  { platforms }: DeliverDeps,
  { facts, deployed }: Pick<Known, 'facts' | 'deployed'>,
  wanted: Manifest,
): readonly string[] {
  return deployed ? platforms.flatMap((platform) => platform.drift(facts, deployed, wanted)) : [];
}
