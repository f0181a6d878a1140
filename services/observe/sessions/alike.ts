/** Messages that went alike, and to whom the same would happen, as one: a large fleet has millions of counts, and few kinds of them. Pure. */
import type { SessionCount } from '../../schema/types.generated.ts';
import type { Change } from './effect.ts';
import { keyOf, type MachineCount, type Place } from './tally.ts';

export interface Alike {
  readonly change: Change;
  readonly count: Place & Pick<SessionCount, 'messages'>;
  readonly machines: ReadonlySet<string>;
}

export interface Alikes {
  /** Takes no notice of what failed. */
  add(counted: MachineCount, change: Change): void;
  rows(): readonly Alike[];
}

export function alike(): Alikes {
  const changes = new Map<Change, Map<string, Growing>>();
  return {
    add({ machine, count }, change) {
      if (count.result === 'failed' || count.messages === 0) return;
      let here = changes.get(change);
      if (!here) changes.set(change, (here = new Map<string, Growing>()));
      const key = keyOf(count);
      let row = here.get(key);
      if (!row) here.set(key, (row = { count: { ...count, messages: 0 }, machines: new Set() }));
      row.count.messages += count.messages;
      row.machines.add(machine);
    },
    rows: () => [...changes].flatMap(([change, here]) => [...here.values()].map((row) => ({ change, ...row }))),
  };
}

interface Growing {
  readonly count: Place & { messages: number };
  readonly machines: Set<string>;
}
