/** Which machines hold their name, so that names are unique among them. */
import type { Registration } from '../schema/types.generated.ts';

/** A machine that joins or is a member holds its name; one that left, or waits to be taken over, has given it up. */
export function holdsName({ state }: Pick<Registration, 'state'>): boolean {
  return state === 'joining' || state === 'member';
}
