/** The verb `log` of a gateway: what its mail log says of TLS since the last reading (docs/gateway-protocol.md). */
import { call, value } from './call.ts';
import type { Connection } from './ssh.ts';

export interface LogReading {
  /** The path of the log, or `journal`. */
  readonly log: string;
  /** Where the next reading begins. */
  readonly cursor: string;
  /** There is more to be read now. */
  readonly more: boolean;
  /** Something between the cursor that was given and the first line is lost. */
  readonly gap: boolean;
  /** The gateway's clock, and how many minutes east of UTC it is set: its log may have times without year and zone. */
  readonly now: Date;
  readonly zone: string;
  readonly lines: readonly string[];
}

/** Where a log that was never read begins. */
export const firstCursor = '-';

/** So much of a log is looked at in one reading. */
const limitBytes = 1024 * 1024;

/** Reads on from `cursor`. Throws `gateway-refused`, also where the script there is older than this verb, or as every call does. */
export async function readMailLog(connection: Connection, cursor: string): Promise<LogReading> {
  const report = await call(connection, `log ${cursor} ${limitBytes}`);
  return {
    log: value(report, 'log'),
    cursor: value(report, 'cursor'),
    more: value(report, 'more') === 'yes',
    gap: value(report, 'gap') === 'yes',
    now: new Date(Number(value(report, 'now')) * 1000),
    zone: value(report, 'zone'),
    lines: (report.texts.get('lines') ?? '').split('\n').filter((line) => line !== ''),
  };
}
