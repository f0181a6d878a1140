/** Checks a transaction against etcd's limits before anything is sent, so that what one store takes the other takes too. */
import { NamedError } from '../errors.ts';
import { limits, type Transaction, type Write } from './store.ts';

/** What etcd's encoding and a namespace prefix (at most 64 bytes) may add to an operation, and to a request. */
const overhead = { operation: 128, request: 1024 } as const;

/** Throws `store-limit` when `transaction` has too many operations, too many bytes, or two writes to one key. */
export function checkTransaction({ compare, writes }: Transaction): void {
  // etcd counts each list for itself (checkTxnRequest in its v3rpc/key.go).
  const operations = Math.max(compare.length, writes.length);
  if (operations > limits.operations) {
    throw new NamedError(
      'store-limit',
      `a transaction of ${operations} operations is over the store's limit of ${limits.operations}; split it`,
      { facts: { operations, limit: limits.operations } },
    );
  }
  const written = new Set<string>();
  for (const key of writes.map(keyOf)) {
    if (written.has(key)) {
      throw new NamedError('store-limit', `a transaction writes "${key}" twice; write each key once`, {
        facts: { key },
      });
    }
    written.add(key);
  }
  for (const key of [...compare.map((condition) => condition.key), ...written]) checkKey(key);
  for (const write of writes) checkValue(write);
  const bytes = size({ compare, writes });
  if (bytes > limits.bytes) {
    throw new NamedError(
      'store-limit',
      `a transaction of ${bytes} bytes is over the store's limit of ${limits.bytes}; split it`,
      { facts: { bytes, limit: limits.bytes } },
    );
  }
}

/** The bytes of `transaction` as a request, counted from above. */
export function size({ compare, writes }: Transaction): number {
  let bytes = overhead.request + overhead.operation * (compare.length + writes.length);
  for (const { key } of compare) bytes += Buffer.byteLength(key);
  for (const write of writes) {
    bytes += Buffer.byteLength(keyOf(write)) + ('put' in write ? Buffer.byteLength(write.value) : 0);
  }
  return bytes;
}

export function keyOf(write: Write): string {
  return 'put' in write ? write.put : write.delete;
}

function checkKey(key: string): void {
  if (key !== '' && !loneSurrogate.test(key)) return;
  throw new NamedError(
    'invalid-input',
    `${JSON.stringify(key)} cannot be a key of the store; keys are text that is not empty`,
  );
}

function checkValue(write: Write): void {
  if (!('put' in write) || !loneSurrogate.test(write.value)) return;
  throw new NamedError('invalid-input', `the value of "${write.put}" is not valid Unicode; encode binary data as text`);
}

/** Half a surrogate pair would be stored as U+FFFD and read back as something else. */
const loneSurrogate = /\p{Surrogate}/u;
