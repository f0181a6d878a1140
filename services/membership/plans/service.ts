/** Plans of joins: each is kept for an hour, so that exactly what was shown can be accepted. How to log in is in none of them. */
import { isNamed, NamedError } from '../../errors.ts';
import { parse } from '../../schema/parse.ts';
import type { JoinPlan, KeptPlan } from '../../schema/types.generated.ts';
import { keys } from '../../store/keys.ts';
import { readAll } from '../../store/read-all.ts';
import type { Entry, Store } from '../../store/store.ts';

/** A plan that was not kept yet. */
export type Proposal = Omit<JoinPlan, 'id' | 'expires'>;

export interface PlanService {
  /** Keeps a plan and removes those that have expired. */
  keep(proposed: Omit<KeptPlan, 'plan'> & { readonly plan: Proposal }): Promise<JoinPlan>;
  /** Throws `not-found`, also when it has expired. */
  get(id: string): Promise<KeptPlan>;
  remove(id: string): Promise<void>;
  /** Removes those that have expired, and says how many. */
  prune(): Promise<number>;
}

export interface PlanDeps {
  readonly store: Store;
  readonly now: () => Date;
  /** As many unpredictable bytes as asked for. */
  readonly random: (size: number) => Uint8Array;
}

const lifetimeMilliseconds = 3_600_000;

export function planService({ store, now, random }: PlanDeps): PlanService {
  return {
    async keep({ plan, ...rest }) {
      await prune();
      const id = Buffer.from(random(6)).toString('hex');
      const expires = new Date(now().getTime() + lifetimeMilliseconds).toISOString();
      const kept: JoinPlan = { id, expires, ...plan };
      await store.transact({
        compare: [],
        writes: [{ put: keys.plan(id), value: JSON.stringify({ ...rest, plan: kept }) }],
      });
      return kept;
    },
    async get(id) {
      const entry = await store.get(keys.plan(id));
      const kept = entry && keptIn(entry);
      if (kept && isCurrent(kept)) return kept;
      throw new NamedError('not-found', `there is no plan ${id}, or it has expired; make another one`);
    },
    remove: (id) => removeAll([keys.plan(id)]),
    prune,
  };

  async function prune(): Promise<number> {
    const expired = (await readAll(store, keys.plans)).filter((entry) => !isCurrent(keptIn(entry)));
    await removeAll(expired.map(({ key }) => key));
    return expired.length;
  }

  function isCurrent(kept: KeptPlan | undefined): boolean {
    return kept !== undefined && Date.parse(kept.plan.expires) > now().getTime();
  }

  async function removeAll(all: readonly string[]): Promise<void> {
    for (const key of all) await store.transact({ compare: [], writes: [{ delete: key }] });
  }
}

/** Undefined for one that another version of the controller kept in a shape of its own: it is as good as expired. */
function keptIn({ key, value }: Entry): KeptPlan | undefined {
  try {
    return parse('kept-plan', JSON.parse(value), `the record ${key}`);
  } catch (error) {
    if (isNamed(error)) return undefined;
    throw error;
  }
}
