/** Reads the mail logs of all members again and again, by the controller that leads. */
import { setTimeout as sleep } from 'node:timers/promises';

import type { SessionService } from '../observe/sessions/service.ts';

export interface CollectingDeps {
  readonly sessions: Pick<SessionService, 'collect'>;
  readonly collectSeconds: number;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly log: (event: string, facts: Readonly<Record<string, unknown>>) => void;
}

/**
 * Collects until `signal` aborts, on average every `collectSeconds`, at times of its own, so that it does not always meet what else
 * is done by the clock. A round that fails is made up for by the next.
 */
export async function collecting(
  { sessions, collectSeconds, random, log }: CollectingDeps,
  signal: AbortSignal,
): Promise<void> {
  const over = () => signal.aborted;
  while (!over()) {
    await sleep(collectSeconds * (0.5 + random()) * 1000, undefined, { signal }).catch(() => undefined);
    if (over()) return;
    try {
      const readings = await sessions.collect(undefined, signal);
      for (const { machine, problem } of readings)
        if (problem !== undefined) log('mail log not read', { machine, problem });
    } catch (error) {
      if (!over()) log('mail logs not read', { error: String(error) });
    }
  }
}
