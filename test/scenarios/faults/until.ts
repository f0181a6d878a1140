/** Waits for what another process is about to do. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves once `holds` does; fails with `what` after 30 seconds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within 30 seconds: ${what}`);
    await sleep(20);
  }
}
