/** How many looks at servers of others may be begun: enough for a person, too few for a scan. */
import { NamedError } from '../../errors.ts';

export type Allowance = (count: number) => void;

/** Throws `busy` when, with these, more than `most` would have begun within a minute. */
export function allowance(now: () => Date, most = 60): Allowance {
  let begun: readonly number[] = [];
  return (count) => {
    const time = now().getTime();
    begun = begun.filter((at) => at > time - 60_000);
    if (begun.length + count > most) {
      throw new NamedError(
        'busy',
        `${begun.length} servers of others were looked at within a minute, and ${most} is the most; wait a minute, then try again`,
        { transient: true },
      );
    }
    begun = [...begun, ...Array.from({ length: count }, () => time)];
  };
}
