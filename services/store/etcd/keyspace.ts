/** Where the store's keys live in an etcd that others use too: the data, and the marks of transactions, under one prefix. */
import { NamedError } from '../../errors.ts';
import { keyRange } from '../prefix.ts';

export interface Keyspace {
  /** The etcd key of a key of the store. */
  data(key: string): Buffer;
  /** The store's key of an etcd key under `data`. */
  name(key: Buffer): string;
  /** The range of etcd keys for a prefix of the store's keys. */
  range(prefix: string, startAfter?: string): { readonly key: Buffer; readonly range_end: Buffer };
  /** The mark that a transaction with this id leaves; apart from the data, so that no read or watch meets it. */
  mark(id: string): Buffer;
}

/** `limits.ts` counts on this many bytes at most. */
const longest = 64;

export function keyspace(prefix: string): Keyspace {
  if (Buffer.byteLength(prefix) > longest) {
    throw new NamedError(
      'invalid-input',
      `the etcd prefix "${prefix}" is longer than ${longest} bytes; choose a shorter one`,
    );
  }
  const data = `${prefix}data/`;
  const skip = Buffer.byteLength(data);
  return {
    data: (key) => Buffer.from(data + key),
    name: (key) => key.subarray(skip).toString('utf8'),
    range(inner, startAfter) {
      const { from, to } = keyRange(data + inner, startAfter === undefined ? undefined : data + startAfter);
      // A zero byte ends an open range (etcd's RangeRequest.range_end).
      return { key: Buffer.from(from), range_end: Buffer.from(to ?? '\0') };
    },
    mark: (id) => Buffer.from(`${prefix}transaction/${id}`),
  };
}
