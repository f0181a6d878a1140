/** Names of machines: who holds one, so that they are unique, and the order in which people count them. */
import type { Registration } from '../schema/types.generated.ts';

/** A machine that joins or is a member holds its name; one that left, or waits to be taken over, has given it up. */
export function holdsName({ state }: Pick<Registration, 'state'>): boolean {
  return state === 'joining' || state === 'member';
}

/** The order of names for people: mx2 before mx10. For `sort`. */
export function compareNames(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a === b ? 0 : 1);
}

const collator = new Intl.Collator('en', { numeric: true });
