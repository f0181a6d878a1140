/** Probes every listener of a manifest until it serves what was sent, or time is up: a reload is asynchronous. */
import { setTimeout as sleep } from 'node:timers/promises';

import type { Open } from '../conversation/converse.ts';
import { reach } from '../conversation/reach.ts';
import type { ChainFacts } from '../pki/chain-facts.ts';
import type { ProbeTarget } from '../schema/types.generated.ts';
import { forwarded } from './forwarded.ts';
import { sight, verdict, type Served } from './probe.ts';
import type { Connection } from './ssh.ts';

export interface Proof {
  /** Where the machine is reached: the address of listeners on `all`. */
  readonly host: string;
  readonly targets: readonly ProbeTarget[];
  readonly chains: ReadonlyMap<string, ChainFacts>;
  /** For targets that are probed through the gateway. */
  readonly connection: () => Promise<Connection>;
  readonly now: () => Date;
}

const pauseMilliseconds = 200;

/** How long a look is waited for alone. */
const aloneMilliseconds = 400;

/** What each listener serves, once all match or `seconds` have passed. */
export async function prove(proof: Proof, seconds: number): Promise<readonly Served[]> {
  const deadline = Date.now() + seconds * 1000;
  return Promise.all(
    proof.targets.map(async (target) => {
      for (;;) {
        const served = await lookWithCompany(proof, target);
        if (served.verdict === 'match' || served.verdict === 'unproven' || Date.now() > deadline) return served;
        await sleep(pauseMilliseconds);
      }
    }),
  );
}

/**
 * A look that takes its time gets company. Right after a reload it may be an smtpd that is about to end which answers, and that waits
 * a second for its tlsmgr, which has ended already (attr_clnt(3)); in a wave of gateways one nearly always does.
 */
async function lookWithCompany(proof: Proof, target: ProbeTarget): Promise<Served> {
  const first = look(proof, target);
  const early = await Promise.race([first, sleep(aloneMilliseconds)]);
  if (early) return early;
  const second = look(proof, target);
  return Promise.any([first, second].map(matching)).catch(() => second);
}

async function matching(looking: Promise<Served>): Promise<Served> {
  const served = await looking;
  if (served.verdict === 'match') return served;
  throw new Error(served.detail);
}

/** What one listener serves now. */
async function look(proof: Proof, target: ProbeTarget): Promise<Served> {
  const address = target.address === 'all' ? (target.from === 'gateway' ? '127.0.0.1' : proof.host) : target.address;
  const common = {
    listener: target.listener,
    address,
    port: target.port,
    fingerprint: '',
    expires: '',
    seen: proof.now().toISOString(),
  };
  if (target.from === 'none') return { ...common, verdict: 'unproven', detail: 'the listener is not probed' };
  const seen = await sight(opener(proof, target, address), target);
  return { ...common, ...verdict(seen, proof.chains.get(target.chain)?.certificates ?? [], target) };
}

function opener(proof: Proof, { from, port }: ProbeTarget, address: string): Open {
  if (from !== 'gateway') return (signal) => reach(address, port, signal);
  return async () => forwarded(await proof.connection(), { host: address, port });
}
