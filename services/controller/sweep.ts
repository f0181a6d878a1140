/** The sweep: looks at every connected member again and again, since what it has and what it serves may change without Signet. */
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';

import { isConnected } from '../machines/connected.ts';
import type { MachineService } from '../machines/service.ts';
import type { PushService } from '../push/contract.ts';

export interface SweepDeps {
  readonly machines: Pick<MachineService, 'list'>;
  readonly push: Pick<PushService, 'look' | 'rollouts'>;
  readonly sweepSeconds: number;
  readonly log: (event: string, facts: Readonly<Record<string, unknown>>) => void;
}

/** Machines that are looked at together: each that is dark holds its place until its connection is given up. */
const atOnce = 16;

/** Sweeps until `signal` aborts, and then waits for no look under way; none begins while a rollout runs. */
export async function sweep({ machines, push, sweepSeconds, log }: SweepDeps, signal: AbortSignal): Promise<void> {
  const over = () => signal.aborted;
  const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

  async function look(name: string): Promise<void> {
    if (over() || (await push.rollouts(1))[0]?.state === 'running' || over()) return;
    await push.look(name).catch((error: unknown) => {
      if (!over()) log('look failed', { machine: name, error: String(error) });
    });
  }

  while (!over()) {
    await sleep(sweepSeconds * 1000, undefined, { signal }).catch(() => undefined);
    if (over()) return;
    const members = (await machines.list()).filter(isConnected);
    const limit = pLimit(atOnce);
    await Promise.race([Promise.all(members.map(({ name }) => limit(look, name))), stopped]);
  }
}
