/**
 * The marks by which a transaction of unknown outcome is settled. Each transaction writes a key of its own, on the condition
 * that it is absent. Who lost the answer then writes that key too, on the same condition: one of the two wins, for good, so
 * that the transaction either has happened or never will, even if its request is still under way.
 *
 * Marks are bound to an etcd lease and vanish with it. A transaction that arrives even later finds its lease gone, and etcd
 * refuses it whole; so a mark need not outlive its lease.
 */
import type { ITxnRequest, ITxnResponse } from 'etcd3';

import type { Client } from './client.ts';
import type { Keyspace } from './keyspace.ts';

/** Long after every call's deadline, and short enough that marks do not pile up. */
const leaseSeconds = 120;
/** A lease is used for new marks this long; settling one takes less than the rest of its time. */
const useMilliseconds = 30_000;

export interface Mark {
  readonly key: Buffer;
  readonly lease: string;
}

export interface Marks {
  readonly next: (id: string) => Promise<Mark>;
  /** Forgets the present lease, after etcd said it is gone. */
  readonly renew: () => void;
  /** Decides what became of the transaction of `mark`: the revision at which it was applied, or `never`, or nobody knows. */
  readonly settle: (mark: Mark) => Promise<Settled>;
  /** Takes all marks away. */
  readonly close: () => Promise<void>;
}

export type Settled = { readonly revision: number } | 'never' | 'unknown';

/** The value that a transaction gives its mark; a mark without it was set by `settle`. */
export const applied = 'applied';
const abandoned = 'abandoned';

export function marks(client: Client, keyspace: Keyspace): Marks {
  let present: { readonly lease: Promise<string>; readonly until: number } | undefined;

  return {
    async next(id) {
      if (!present || performance.now() > present.until) {
        present = { lease: grant(), until: performance.now() + useMilliseconds };
      }
      try {
        return { key: keyspace.mark(id), lease: await present.lease };
      } catch (error) {
        present = undefined;
        throw error;
      }
    },
    renew() {
      present = undefined;
    },
    settle(mark) {
      // The first of these to arrive decides, so it may be sent any number of times.
      const response = client.repeat((member) => member.kv.txn(settling(mark)));
      return response.then(readSettled, () => 'unknown');
    },
    async close() {
      const lease = await present?.lease.catch(() => undefined);
      if (lease !== undefined) await client.once((member) => member.leaseClient.leaseRevoke({ ID: lease }));
    },
  };

  async function grant(): Promise<string> {
    const { ID } = await client.repeat((member) => member.leaseClient.leaseGrant({ TTL: leaseSeconds }));
    return ID;
  }
}

function settling({ key, lease }: Mark): ITxnRequest {
  return {
    compare: [{ key, target: 'Mod', result: 'Equal', mod_revision: 0 }],
    success: [{ request_put: { key, value: Buffer.from(abandoned), lease } }],
    failure: [{ request_range: { key } }],
  };
}

function readSettled({ succeeded, responses }: ITxnResponse): Settled {
  if (succeeded) return 'never';
  const mark = responses[0]?.response_range.kvs[0];
  if (!mark) return 'unknown';
  return mark.value.toString() === applied ? { revision: Number(mark.mod_revision) } : 'never';
}
