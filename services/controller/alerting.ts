/** Alerts, by the controller that leads: checked every hour, soon after each revision, each scheduled save and news of mail that waits, sooner where telling failed. */
import { setTimeout as sleep } from 'node:timers/promises';

import { isNamed } from '../errors.ts';
import type { AlertKeeper } from '../observe/service.ts';
import { keys } from '../store/keys.ts';
import type { Compare, Store } from '../store/store.ts';

export interface AlertingDeps {
  readonly store: Pick<Store, 'range' | 'watch'>;
  readonly alerts: AlertKeeper;
  readonly log: (event: string, facts: Readonly<Record<string, unknown>>) => void;
}

const hourSeconds = 3600;
const retrySeconds = 60;
/** A commit is often followed by another one. */
const settleMilliseconds = 2_000;

/** Checks at once and then again and again, until `signal` aborts. A check that fails is made up for by the next; only `interrupted` is thrown. */
export async function alerting(
  { store, alerts, log }: AlertingDeps,
  fence: Compare,
  signal: AbortSignal,
): Promise<void> {
  const over = () => signal.aborted;
  let failures = 0;
  while (!over()) {
    let seconds = hourSeconds;
    let since: number | undefined;
    try {
      since = (await store.range(keys.head, { limit: 1 })).revision;
      const { alerts: count, failed, next } = await alerts.check(fence, signal);
      if (over()) return;
      failures = failed.length > 0 ? failures + 1 : 0;
      for (const { recipient, detail } of failed) log('alert not delivered', { recipient, detail });
      log('alerts checked', { alerts: count });
      if (next) seconds = Math.max(1, (next.getTime() - Date.now()) / 1000);
    } catch (error) {
      if (over()) return;
      if (isNamed(error, 'interrupted')) throw error;
      failures += 1;
      log('alerts not checked', { error: String(error) });
    }
    await pause(store, since, Math.min(seconds, backOff(failures)), signal);
  }
}

/** A minute after the first failure, then twice as long each time, and never longer than without one. */
export function backOff(failures: number): number {
  return failures === 0 ? hourSeconds : Math.min(hourSeconds, retrySeconds * 2 ** (failures - 1));
}

/** Until so many seconds have passed, or a moment after the next revision, scheduled save or change of what mail waits. */
async function pause(
  store: Pick<Store, 'watch'>,
  since: number | undefined,
  seconds: number,
  signal: AbortSignal,
): Promise<void> {
  const enough = new AbortController();
  const either = AbortSignal.any([signal, enough.signal]);
  const nap = sleep(seconds * 1000, undefined, { signal: either }).catch(() => undefined);
  const change = async (key: string) => {
    if (since === undefined) return nap;
    for await (const _change of store.watch(key, since + 1, either)) break;
    return sleep(settleMilliseconds, undefined, { signal: either });
  };
  // A watch that fails only means that the next check comes by the clock.
  await Promise.race([nap, ...[keys.head, keys.failing, keys.saveSchedule].map((key) => change(key).catch(() => nap))]);
  enough.abort();
}
