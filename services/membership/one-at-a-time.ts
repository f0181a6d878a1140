/** Work on something that is done by one at a time; whoever comes meanwhile is refused. */
import { NamedError } from '../errors.ts';

/** Does the work, or throws `busy` while other work on the same is under way; `words` say so, of the subject that is given. */
export type OneAtATime = <T>(what: string, subject: string, work: () => Promise<T>) => Promise<T>;

export function oneAtATime(words: (subject: string) => string): OneAtATime {
  const underWay = new Set<string>();
  return async (what, subject, work) => {
    if (underWay.has(what)) throw new NamedError('busy', words(subject), { transient: true });
    underWay.add(what);
    try {
      return await work();
    } finally {
      underWay.delete(what);
    }
  };
}
