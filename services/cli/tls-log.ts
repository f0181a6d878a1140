/** `signet tls-log`: what left and came in over TLS, in clear, or not at all, as the gateways' mail logs say. */
import { InvalidArgumentError, type Command } from 'commander';

import type {
  LogReading,
  MailSession,
  MailSessionQuery,
  MailSessionView,
  PeerCount,
} from '../schema/types.generated.ts';
import { command, instantOrAgo, wholeNumber } from './options.ts';
import { moment, type Printer, type Text, type Tone } from './print.ts';
import type { Session } from './session.ts';

interface Options extends Omit<MailSessionQuery, 'before'> {
  readonly count?: true;
  readonly read?: true;
}

export function tlsLogCommands(program: Command, session: () => Session): void {
  command(
    program,
    'tls-log',
    'show what went over TLS, in clear or not at all, as the mail logs of the gateways say',
    'signet tls-log --direction out --result clear,failed --since 7d',
    'signet tls-log --count --destination .example.net',
  )
    .option('--machine <name>', 'only the log of this machine')
    .option('--direction <in|out>', 'only what came in, or what left', direction)
    .option('--peer <name>', 'only with this host name or address; .example.net for all below it')
    .option('--destination <domain>', 'only mail to this domain; .example.net for all below it')
    .option(
      '--result <results>',
      'only verified, trusted, untrusted, anonymous, clear or failed; several with commas',
      result,
    )
    .option('--since <time>', 'only from this day or time on, or the last 90m, 12h, 7d', instantOrAgo)
    .option('--until <time>', 'only up to this day or time', instantOrAgo)
    .option('--limit <n>', 'at most this many (100)', wholeNumber)
    .option('--count', 'count messages by destination and client instead')
    .option('--read', 'read the logs now, before they are shown')
    .action(async ({ count, read, ...query }: Options) => {
      const { controller, print } = session();
      if (read) await controller.readMailLogs(query.machine === undefined ? {} : { machine: query.machine });
      if (count) {
        const answer = await controller.mailSessionCounts(query);
        print.show(answer, () => {
          showCounts(print, answer.counts);
          showMore(print, answer.total - answer.counts.length);
          showReadings(print, answer.readings);
        });
        return;
      }
      const answer = await controller.mailSessions(query);
      print.show(answer, () => {
        showSessions(print, answer.sessions);
        showReadings(print, answer.readings);
      });
    });
}

const tones: Readonly<Record<MailSession['result'], Tone>> = {
  verified: 'good',
  trusted: 'good',
  untrusted: 'dim',
  anonymous: 'dim',
  clear: 'warn',
  failed: 'bad',
};
const results = Object.keys(tones) as readonly MailSession['result'][];

function showSessions(print: Printer, views: readonly MailSessionView[]): void {
  if (views.length === 0) {
    print.line(nothing);
    return;
  }
  print.table(
    ['TIME', 'MACHINE', '', 'RESULT', 'PEER', 'DESTINATION', 'PROTOCOL', 'REASON'],
    views.map(({ machine, session: one }) => [
      `${one.time.slice(0, 10)} ${one.time.slice(11, 19)}`,
      machine,
      one.direction,
      { text: one.result, tone: tones[one.result] },
      peerOf(one),
      one.destination ?? '',
      one.protocol ?? '',
      one.reason ?? '',
    ]),
  );
}

const nothing = 'nothing that was logged fits';

function showCounts(print: Printer, counts: readonly PeerCount[]): void {
  if (counts.length === 0) {
    print.line(nothing);
    return;
  }
  print.table(
    ['', 'DESTINATION OR CLIENT', ...results.map((name) => name.toUpperCase()), 'LAST', 'REASON'],
    counts.map((one) => [
      one.direction,
      one.peer === '*' ? 'all others' : one.peer,
      ...results.map((name): Text => {
        const number = one.results[name] ?? 0;
        return number === 0 ? '' : { text: String(number), tone: tones[name] };
      }),
      moment(one.last),
      one.reason ?? '',
    ]),
  );
}

function showMore(print: Printer, more: number): void {
  if (more > 0) print.note({ text: `and ${more} more; see them with --limit`, tone: 'dim' });
}

/** What keeps the answer from being whole. */
function showReadings(print: Printer, readings: readonly LogReading[]): void {
  for (const { machine, read, gaps, problem } of readings) {
    const lost = gaps.map(({ from, until }) => `what was logged between ${moment(from)} and ${moment(until)} is lost`);
    const why = problem === undefined ? [] : [`its log could not be read: ${problem}`];
    const never = read === undefined ? ['its log was not read yet; do it with --read'] : [];
    for (const sentence of [...lost, ...why, ...never]) print.note([{ text: machine, tone: 'warn' }, `: ${sentence}`]);
  }
}

function peerOf({ host, address, port }: MailSession): string {
  if (address === undefined) return '';
  const name = host === undefined || host === 'unknown' ? address : `${host}[${address}]`;
  return port === undefined || port === 25 ? name : `${name}:${port}`;
}

function direction(text: string): string {
  if (text === 'in' || text === 'out') return text;
  throw new InvalidArgumentError('It must be in or out.');
}

function result(text: string): string {
  if (text.split(',').every((word) => results.some((name) => name === word))) return text;
  throw new InvalidArgumentError(`It must be one or more of ${results.join(', ')}, with commas between them.`);
}
