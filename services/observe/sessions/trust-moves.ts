/** How trust lists differ from what they were, by what they hold and not by their names. Pure. */
import { own } from '../../schema/json.ts';
import type { Demands } from './effect.ts';

export interface TrustMoves {
  /** Whether an authority may have gone, or come: two bundles are two different ones, whatever is in both. */
  readonly fewer: boolean;
  readonly more: boolean;
}

export function trustMoves(before: readonly string[], after: readonly string[]): TrustMoves {
  return {
    fewer: before.some((list) => !after.includes(list)),
    more: after.some((list) => !before.includes(list)),
  };
}

/** What lists hold: `system`, and the ids of bundles. A name that leads nowhere holds nothing. */
export function listsOf(names: readonly string[], { trust }: Pick<Demands, 'trust'>): readonly string[] {
  return names.flatMap((name) => {
    const list = own(trust, name);
    return list ? [list.source === 'bundle' ? list.bundle : list.source] : [];
  });
}
