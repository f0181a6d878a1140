/** How much of what logs say is kept: of large fleets less a machine, so that the store stays small. Pure. */

export interface Retention {
  /** Days that are kept, of sessions and of counts. */
  readonly days: number;
  /** Sessions of one machine that are kept one by one. */
  readonly sessions: number;
  /** Results with single peers that are counted on one day of one machine; all others are counted together. */
  readonly counts: number;
}

// Of 100 machines these are about 25 MB of sessions and 60 MB of counts at most.
const allSessions = 100_000;
const dailyCounts = 20_000;

export function retentionFor(machines: number): Retention {
  const share = (all: number, most: number) => Math.min(most, Math.max(50, Math.floor(all / Math.max(1, machines))));
  return { days: 30, sessions: share(allSessions, 2_000), counts: share(dailyCounts, 500) };
}
