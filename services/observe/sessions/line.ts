/** One line of a mail log: when, which process of Postfix, and what it said. Syslog (RFC 3164, RFC 3339 times) and journal. Pure. */

/** What the gateway's clock said when it was asked, for times that have no year and no zone. */
export interface Clock {
  readonly now: Date;
  /** Minutes east of UTC. */
  readonly zone: number;
}

export interface Line {
  readonly time: Date;
  readonly program: 'smtp' | 'smtpd';
  /** The process, by its name in the log: it has one client or one server at a time. */
  readonly process: string;
  readonly message: string;
}

/** Postfix cuts what it says at 2000 characters a part; what is longer is not from it, and not worth matching. */
const longest = 8000;
const dayMilliseconds = 24 * 3600 * 1000;

/** Undefined for what is no line of a process that delivers or takes mail. Any text is an answer, never an error. */
export function readLine(text: string, clock: Clock): Line | undefined {
  if (text.length > longest) return undefined;
  const [, stamp = '', tag = '', program = '', pid = '', message = ''] =
    /^(@\d+\.\d+|\d{4}-\d\d-\d\dT\S+|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?) \S+ (\S{1,200}\/(smtp|lmtp|smtpd))\[(\d+)\]: (.*)$/.exec(
      text,
    ) ?? [];
  const time = readTime(stamp, clock);
  if (!time) return undefined;
  return { time, program: program === 'smtpd' ? 'smtpd' : 'smtp', process: `${tag}[${pid}]`, message };
}

/** Seconds since the epoch after an `@` (the journal), RFC 3339, or the year-less time of RFC 3164 in the gateway's own zone. */
export function readTime(stamp: string, { now, zone }: Clock): Date | undefined {
  if (stamp.startsWith('@')) return valid(new Date(Number(stamp.slice(1)) * 1000));
  if (/^\d/.test(stamp)) return valid(new Date(stamp));
  const [, month = '', day = '', clockTime = ''] = /^([A-Z][a-z]{2}) ([ \d]\d) (\d\d:\d\d:\d\d)/.exec(stamp) ?? [];
  const index = months.indexOf(month);
  if (index < 0) return undefined;
  const date = `${String(index + 1).padStart(2, '0')}-${day.replace(' ', '0')}`;
  // The newest year in which it is not in the future, but for a clock that is set a little.
  for (const year of [now.getUTCFullYear() + 1, now.getUTCFullYear(), now.getUTCFullYear() - 1]) {
    const time = valid(new Date(Date.parse(`${year}-${date}T${clockTime}Z`) - zone * 60_000));
    if (time && time.getTime() <= now.getTime() + dayMilliseconds) return time;
  }
  return undefined;
}

const months: readonly string[] = [
  ...['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun'],
  ...['Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
];

function valid(time: Date): Date | undefined {
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** `+0130` as date(1) prints it, in minutes east of UTC; 0 for anything else. */
export function readZone(text: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d)(\d\d)$/.exec(text) ?? [];
  const east = Number(hours ?? 0) * 60 + Number(minutes ?? 0);
  return sign === '-' ? -east : east;
}
