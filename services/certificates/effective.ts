/** The effective settings of every machine of a revision, in strides, so that others run meanwhile. */
import { setImmediate as breathe } from 'node:timers/promises';

import type { ConfigService } from '../config/service.ts';
import type { Effective } from '../config/resolve.ts';

/** Machines that are resolved before the event loop has its turn: some 10 ms of work. */
const stride = 50;

/** By machine, in the order of their names. */
export async function effectiveSettings(
  config: Pick<ConfigService, 'effective'>,
  machines: readonly string[],
  revision: number,
): Promise<ReadonlyMap<string, Effective>> {
  const found = new Map<string, Effective>();
  for (const [index, name] of machines.toSorted().entries()) {
    found.set(name, await config.effective(name, revision));
    if (index % stride === 0) await breathe();
  }
  return found;
}
