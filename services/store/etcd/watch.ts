/**
 * Watches that go on after every cut from the first change that was not yet seen. etcd3's own watcher is not used: it goes
 * on from the revision in the head of the last answer, which is ahead of the changes while old ones are still coming in, and
 * it ends for good when a token expires.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { IEvent, IWatchResponse } from 'etcd3';

import { isTransient } from '../../errors.ts';
import { compactedError } from '../compacted.ts';
import type { Change } from '../store.ts';
import type { Client } from './client.ts';
import { etcdFailure } from './errors.ts';
import type { Keyspace } from './keyspace.ts';

/** How often the endpoint of an open watch is asked whether it belongs to a quorum; one that is cut off only falls silent. */
const checkMilliseconds = 10_000;

/** Yields the changes under `prefix` from revision `from` on until `signal` aborts. */
export async function* watch(
  client: Client,
  keyspace: Keyspace,
  prefix: string,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<Change, void> {
  let next = Math.max(from, 1);
  let wait = 50;
  while (!isAborted(signal)) {
    try {
      for await (const response of responses(client, keyspace.range(prefix), next, signal)) {
        wait = 50;
        if (response.compact_revision !== '0') throw compactedError(next, Number(response.compact_revision));
        // Expired tokens and lost leaders end a watch; whether anything is wrong for good shows at the next attempt.
        if (response.canceled) break;
        for (const event of response.events.filter(({ kv }) => Number(kv.mod_revision) >= next)) {
          yield changeOf(keyspace, event);
          if (isAborted(signal)) return;
        }
        // All changes of one revision come in one answer, so after it they have all been seen.
        next = Math.max(next, Number(response.events.at(-1)?.kv.mod_revision ?? 0) + 1);
      }
    } catch (error) {
      if (isAborted(signal)) return;
      const failure = etcdFailure(error, client.name);
      if (!isTransient(failure)) throw failure;
    }
    await pause(wait, undefined, { signal }).catch(() => undefined);
    wait = Math.min(2 * wait, 2_000);
  }
}

/** One stream of answers, until it breaks. */
async function* responses(
  client: Client,
  keys: ReturnType<Keyspace['range']>,
  next: number,
  signal: AbortSignal,
): AsyncGenerator<IWatchResponse, void> {
  const probe = { ...keys, limit: 1, keys_only: true };
  // Finds an endpoint that answers, and has etcd3 renew an expired token: opening a stream would do neither.
  await client.repeat((member) => member.kv.range(probe), signal);
  const { member, stream } = await client.once(async (used) => ({
    member: used,
    stream: await used.watchClient.watch(),
  }));
  const stop = () => {
    // Ended first, or etcd3 would take the cancellation for a failed host and close its other connections.
    stream.end();
    stream.cancel();
  };
  const check = setInterval(() => void member.kv.range(probe).catch(stop), checkMilliseconds);
  signal.addEventListener('abort', stop);
  try {
    if (isAborted(signal)) return;
    // etcd keeps the revision of a compaction itself, but not every deletion in it; one earlier makes it say so.
    stream.write({ create_request: { ...keys, start_revision: Math.max(next - 1, 1) } });
    // At run time it is a Duplex: read no faster than the changes are taken, so that a slow reader fills no memory.
    yield* stream as unknown as AsyncIterable<IWatchResponse>;
  } finally {
    clearInterval(check);
    signal.removeEventListener('abort', stop);
    stop();
  }
}

function changeOf(keyspace: Keyspace, { type, kv }: IEvent): Change {
  const [key, revision] = [keyspace.name(kv.key), Number(kv.mod_revision)];
  return type === 'Delete'
    ? { kind: 'delete', key, revision }
    : { kind: 'put', key, value: kv.value.toString(), revision };
}

/** A call, since the compiler would take `aborted` for constant between two reads. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
