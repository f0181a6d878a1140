/** Secrets on a real store in a temporary folder. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { embeddedStore } from '../../services/store/embedded.ts';
import type { Store, Transaction } from '../../services/store/store.ts';

export const keyA = new Uint8Array(32).fill(0xaa);
export const keyB = new Uint8Array(32).fill(0xbb);
export const keyC = new Uint8Array(32).fill(0xcc);

export interface Place {
  readonly folder: string;
  readonly path: string;
  readonly store: Store;
}

export function place(test: Pick<TestContext, 'after'>): Place {
  const folder = mkdtempSync(join(tmpdir(), 'signet-secrets-'));
  const path = join(folder, 'store.db');
  const store = embeddedStore(path);
  test.after(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { folder, path, store };
}

/** The same store, whose process dies before its transaction number `n` (from 0) and never comes back. */
export function dyingAt(store: Store, n: number): Store {
  let count = 0;
  return {
    ...store,
    transact(transaction: Transaction) {
      if (count++ >= n) return Promise.reject(new Error('the process is dead'));
      return store.transact(transaction);
    },
  };
}

export function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}

export function text(value: Uint8Array): string {
  return Buffer.from(value).toString();
}
