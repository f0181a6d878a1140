/** `signet tls-test`: whether mail for a domain would be delivered, from each gateway, and how. */
import type { Command } from 'commander';

import type { TLSTest, TLSTestReport } from '../schema/types.generated.ts';
import { Failure } from './failure.ts';
import { command, several } from './options.ts';
import type { Printer, Text, Tone } from './print.ts';
import { probeFindings } from './probe-view.ts';
import type { Session } from './session.ts';

export function tlsTestCommands(program: Command, session: () => Session): void {
  command(
    program,
    'tls-test',
    'say which destination applies to a domain on each machine, and whether its servers would be sent mail now',
    'signet tls-test example.org',
    'signet tls-test example.org --from mx1',
  )
    .argument('<domain>', 'the domain of recipients')
    .option('--from <machine>', 'only from this machine; may be given several times', several)
    .action(async (domain: string, { from }: { readonly from?: readonly string[] }) => {
      const { controller, print } = session();
      const report = await controller.testTls({
        domain: domain.toLowerCase(),
        ...(from === undefined ? {} : { machines: from }),
      });
      print.show(report, () => show(print, report));
      if (report.delivered) return;
      const waiting = report.machines.filter(({ verdict }) => verdict === 'deferred' || verdict === 'unknown');
      throw new Failure(
        'failed',
        waiting.length === 0
          ? 'there is no machine to send from; let one join first'
          : `it is not certain that ${waiting.map(({ machine }) => machine).join(', ')} would deliver; the reasons are above`,
      );
    });
}

const words: Readonly<Record<TLSTest['verdict'], string>> = {
  clear: 'in clear',
  unverified: 'over TLS, unverified',
  verified: 'over TLS, verified',
  deferred: 'waits',
  unknown: 'not known',
};

const tones: Readonly<Record<TLSTest['verdict'], Tone>> = {
  clear: 'warn',
  unverified: 'good',
  verified: 'good',
  deferred: 'bad',
  unknown: 'warn',
};

function show(print: Printer, { domain, found, machines }: TLSTestReport): void {
  machines.forEach((test, index) => {
    if (index > 0) print.line();
    describe(print, domain, found, test);
  });
}

function describe(print: Printer, domain: string, found: TLSTestReport['found'], test: TLSTest): void {
  const { machine, destination, hosts, reason, notes } = test;
  const { name, tls, match, level, revision, policy } = destination;
  const names = match === undefined ? '' : ` (${match.join(', ')})`;
  print.line([{ text: machine, tone: 'strong' }, ` to ${domain}: `, verdict(test), `: ${reason}`]);
  print.facts([
    ['destination', `${name}: ${tls}${names}, from ${level}${revision === undefined ? '' : ` since r${revision}`}`],
    ['Postfix', policy],
    [
      'servers',
      found === 'mx' ? 'of its MX records' : found === 'address' ? 'itself, as it has no MX records' : 'none',
    ],
    ...notes.map((note) => ['note', { text: note, tone: 'warn' }] as const),
  ]);
  if (hosts.length === 0) return;
  print.table(
    ['  SERVER', 'PREF', 'MAIL GOES', 'BECAUSE', 'SEEN'],
    hosts.map((host): readonly Text[] => [
      `  ${host.probe.server}`,
      String(host.probe.preference ?? '-'),
      verdict(host),
      host.reason,
      probeFindings(host.probe),
    ]),
  );
}

function verdict({ verdict: one, later }: Pick<TLSTest, 'verdict' | 'later'>): {
  readonly text: string;
  readonly tone: Tone;
} {
  const then = later === undefined ? '' : `, later ${words[later]}`;
  return { text: words[one] + then, tone: tones[one] };
}
