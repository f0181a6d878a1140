/** Transactions that are applied once or not at all, and that say which, also when the answer is lost on the way. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { ICompare, IRequestOp, ITxnRequest, ITxnResponse } from 'etcd3';

import { NamedError } from '../../errors.ts';
import { checkTransaction } from '../limits.ts';
import { limits, type Transaction, type TransactionResult } from '../store.ts';
import type { Client } from './client.ts';
import { etcdFailure, isLeaseGone, isOpen } from './errors.ts';
import type { Keyspace } from './keyspace.ts';
import { applied, type Mark, type Marks } from './marks.ts';

export interface Transactor {
  readonly client: Client;
  readonly keyspace: Keyspace;
  readonly marks: Marks;
}

/** Applies `transaction`; sends it a second time only after it is certain that the first will never take effect. */
export async function transact(parts: Transactor, transaction: Transaction): Promise<TransactionResult> {
  checkTransaction(transaction);
  const request = requestOf(parts.keyspace, transaction);
  // Without writes nothing can happen twice.
  if (transaction.writes.length === 0) return resultOf(await parts.client.repeat((member) => member.kv.txn(request)));
  const full = Math.max(transaction.writes.length, transaction.compare.length) === limits.operations;
  return full ? sendFull(parts, request) : sendMarked(parts, request);
}

async function sendMarked({ client, marks }: Transactor, request: ITxnRequest): Promise<TransactionResult> {
  const end = performance.now() + client.timeoutMilliseconds;
  for (let wait = 50; ; wait = Math.min(2 * wait, 1000)) {
    const mark = await marks.next(randomUUID());
    try {
      return resultOf(await client.once((member) => member.kv.txn(marked(request, mark))));
    } catch (error) {
      if (isLeaseGone(error)) {
        marks.renew();
      } else {
        if (!isOpen(error)) throw etcdFailure(error, client.name);
        const settled = await marks.settle(mark);
        if (settled === 'unknown') throw unknownOutcome(client, error);
        if (settled !== 'never') return { applied: true, revision: settled.revision };
      }
      if (performance.now() + wait > end) throw notApplied(client, error);
    }
    await pause(wait);
  }
}

/** A transaction that uses every operation has no room for a mark: when its answer is lost, it stays unknown. */
async function sendFull({ client }: Transactor, request: ITxnRequest): Promise<TransactionResult> {
  // So that an etcd that is down is not a reason for doubt.
  await client.repeat((member) => member.kv.range({ key: Buffer.from('\0'), count_only: true }));
  try {
    return resultOf(await client.once((member) => member.kv.txn(request)));
  } catch (error) {
    throw isOpen(error) ? unknownOutcome(client, error) : etcdFailure(error, client.name);
  }
}

function requestOf(keyspace: Keyspace, { compare, writes }: Transaction) {
  return {
    compare: compare.map((condition): ICompare => ({
      key: keyspace.data(condition.key),
      target: 'Mod',
      result: 'Equal',
      mod_revision: 'absent' in condition ? 0 : condition.modRevision,
    })),
    success: writes.map((write): IRequestOp =>
      'put' in write
        ? { request_put: { key: keyspace.data(write.put), value: Buffer.from(write.value) } }
        : { request_delete_range: { key: keyspace.data(write.delete) } },
    ),
    failure: [],
  };
}

function marked({ compare = [], success = [], failure = [] }: ITxnRequest, { key, lease }: Mark): ITxnRequest {
  return {
    compare: [...compare, { key, target: 'Mod', result: 'Equal', mod_revision: 0 }],
    success: [...success, { request_put: { key, value: Buffer.from(applied), lease } }],
    failure,
  };
}

function resultOf({ succeeded, header }: ITxnResponse): TransactionResult {
  return { applied: succeeded, revision: Number(header.revision) };
}

function unknownOutcome(client: Client, cause: unknown): NamedError {
  return new NamedError(
    'outcome-unknown',
    `the connection to etcd at ${client.name} was lost during a change, and whether it was made could not be found out; look whether it is there before making it again`,
    { cause },
  );
}

function notApplied(client: Client, cause: unknown): NamedError {
  return new NamedError(
    'store-unavailable',
    `etcd at ${client.name} did not take a change in time, and it was not made; check that etcd runs and can be reached, then try again`,
    { transient: true, cause },
  );
}
