/** Members that are disconnected: they stay in the configuration, and nothing is done to them or asked of them until they are reconnected. */
import { NamedError } from '../errors.ts';
import type { Registration } from '../schema/types.generated.ts';

/** Whether rollouts, looks and readings go to it. */
export function isConnected({ state, disconnected }: Pick<Registration, 'state' | 'disconnected'>): boolean {
  return state === 'member' && disconnected === undefined;
}

/** Throws `disconnected` for a machine that is to be left alone. */
export function checkConnected({ name, disconnected }: Pick<Registration, 'name' | 'disconnected'>): void {
  if (!disconnected) return;
  const { since, by } = disconnected;
  throw new NamedError(
    'disconnected',
    `${name} is disconnected since ${since} by ${by}, and is left alone; reconnect it first (signet machine reconnect ${name})`,
  );
}
