/** The error of a watch that asks for history which is gone; both stores throw the same. */
import { NamedError } from '../errors.ts';

export function compactedError(from: number, compacted: number): NamedError {
  return new NamedError(
    'store-compacted',
    `the store's history up to revision ${compacted} is gone, so changes from ${from} on cannot be told; read the keys again and watch from there`,
    { facts: { from, compacted } },
  );
}
