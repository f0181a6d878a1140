/**
 * The audit trail of a lost controller in the place of this one's, so that one chain spans both: set down aside first, and moved by
 * steps that whoever comes next goes on with, once a mark says that it counts. The only file here that touches the store.
 */
import { parse } from '../../schema/parse.ts';
import type { AuditTrail } from '../../schema/types.generated.ts';
import { keys } from '../../store/keys.ts';
import type { Compare, Entry, Store, Write } from '../../store/store.ts';

export interface Inheritance {
  /** Sets a trail down aside, where nobody sees it. Nothing of it counts before what `beginning` answers is written. */
  setDown(trail: AuditTrail): Promise<void>;
  /** Moves what was set down and counts into place; nothing to do otherwise. Ends early when somebody else took that on. */
  settle(): Promise<void>;
}

/** The write from which on a trail that was set down counts; no seal is made between that and `settle`. */
export const beginning = { put: keys.inheriting, value: 'own-seals' } as const;

/** Below the limits of one transaction: a seal is 15 kB, and each record is written and removed. */
const batch = 40;

export function inheritance(store: Store): Inheritance {
  return { setDown, settle };

  async function setDown({ seals, entries }: AuditTrail): Promise<void> {
    const records = [
      ...seals.map((seal) => ({ put: keys.inheritedSeal(seal.number), value: JSON.stringify(seal) })),
      ...Object.entries(entries).map(([id, value]) => ({ put: keys.inheritedAudit(id), value })),
    ];
    for (let start = 0; start < records.length; start += batch)
      await store.transact({ compare: [], writes: records.slice(start, start + batch) });
  }

  async function settle(): Promise<void> {
    for (let mark = await store.get(keys.inheriting); mark; mark = await store.get(keys.inheriting)) {
      const fence = await take(mark);
      if (!fence || !(await (mark.value === beginning.value ? unsealOwn(fence) : move(fence)))) return;
    }
  }

  /** The mark as one's own: whoever had it writes nothing more. */
  async function take({ key, value, modRevision }: Entry): Promise<Compare | undefined> {
    const writes = [{ put: key, value }];
    const { applied, revision } = await store.transact({ compare: [{ key, modRevision }], writes });
    return applied ? { key, modRevision: revision } : undefined;
  }

  /** What this controller sealed itself waits for the seals that follow those of the trail that comes. */
  async function unsealOwn(fence: Compare): Promise<boolean> {
    for (;;) {
      const [own] = (await store.range(keys.seals, { limit: 1 })).entries;
      if (!own) break;
      const { entries } = parse('audit-seal', JSON.parse(own.value), `the record ${own.key}`);
      const marks = entries.map(({ id }) => ({ put: keys.unsealed(id), value: '' }));
      if (!(await write(fence, [{ delete: own.key }, ...marks]))) return false;
    }
    return write(fence, [{ put: keys.inheriting, value: 'set-down' }]);
  }

  async function move(fence: Compare): Promise<boolean> {
    const places = [
      [keys.inheritedAudits, keys.audits],
      [keys.inheritedSeals, keys.seals],
    ] as const;
    for (const [from, to] of places) {
      for (;;) {
        const { entries } = await store.range(from, { limit: batch });
        if (entries.length === 0) break;
        const writes = entries.flatMap(({ key, value }): readonly Write[] => [
          { put: to + key.slice(from.length), value },
          { delete: key },
        ]);
        if (!(await write(fence, writes))) return false;
      }
    }
    return write(fence, [{ delete: keys.inheriting }]);
  }

  async function write(fence: Compare, writes: readonly Write[]): Promise<boolean> {
    return (await store.transact({ compare: [fence], writes })).applied;
  }
}
