/** The mark of one take-over, and a store that writes only as long as that mark stands: so two of them never mix. */
import type { NamedError } from '../../errors.ts';
import type { Compare, Store } from '../../store/store.ts';

export interface Claim {
  /** Holds as long as nobody else took or removed the mark. */
  readonly fence: Compare;
  /** The store with the fence in every write; throws `lost` once it does not hold. */
  readonly store: Store;
  holds(): Promise<boolean>;
}

export interface Claiming {
  /** The key of the mark. */
  readonly mark: string;
  readonly now: Date;
  readonly lost: () => NamedError;
}

/** Sets the mark if `compare` holds, and answers the claim it stands for; none when it does not. */
export async function claim(
  store: Store,
  compare: readonly Compare[],
  { mark, now, lost }: Claiming,
): Promise<Claim | undefined> {
  const writes = [{ put: mark, value: now.toISOString() }];
  const { applied, revision } = await store.transact({ compare, writes });
  if (!applied) return undefined;
  const fence: Compare = { key: mark, modRevision: revision };
  const holds = async () => (await store.get(mark))?.modRevision === revision;
  const fenced: Store = {
    ...store,
    async transact(transaction) {
      const result = await store.transact({ ...transaction, compare: [...transaction.compare, fence] });
      if (!result.applied && !(await holds())) throw lost();
      return result;
    },
  };
  return { fence, holds, store: fenced };
}
