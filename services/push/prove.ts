/** Probes every listener of a manifest until it serves what was sent, or time is up: a reload is asynchronous. */
import { connect } from 'node:net';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ChainFacts } from '../pki/chain-facts.ts';
import type { ProbeTarget } from '../schema/types.generated.ts';
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

/** What each listener serves, once all match or `seconds` have passed. */
export async function prove(proof: Proof, seconds: number): Promise<readonly Served[]> {
  const deadline = Date.now() + seconds * 1000;
  return Promise.all(
    proof.targets.map(async (target) => {
      for (;;) {
        const served = await look(proof, target);
        if (served.verdict === 'match' || served.verdict === 'unproven' || Date.now() > deadline) return served;
        await sleep(pauseMilliseconds);
      }
    }),
  );
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
  let stream: Duplex;
  try {
    stream = await reach(proof, target, address);
  } catch (error) {
    return { ...common, verdict: 'unreachable', detail: reason(error) };
  }
  try {
    const seen = await sight(stream, target);
    const wanted = proof.chains.get(target.chain)?.certificates ?? [];
    return { ...common, fingerprint: seen.chain[0] ?? '', expires: seen.expires, ...verdict(seen, wanted, target) };
  } catch (error) {
    return { ...common, verdict: 'refused', detail: reason(error) };
  }
}

async function reach(proof: Proof, { from, port }: ProbeTarget, address: string): Promise<Duplex> {
  if (from === 'gateway') return (await proof.connection()).forward({ host: address, port });
  const socket = connect({ host: address, port, timeout: 5_000, noDelay: true });
  socket.once('timeout', () => socket.destroy(new Error('no answer within 5 seconds')));
  await once(socket, 'connect');
  socket.setTimeout(0);
  return socket;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
