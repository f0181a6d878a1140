/** How probes look to people: a table with a column for each step, as the guide has it, and below it the reasons in words. */
import type { Probe, ProbeReport, ProbeStep } from '../schema/types.generated.ts';
import { drawLink } from './certificate-view.ts';
import type { Printer, Text, Tone } from './print.ts';

/** In the order of a conversation; a column is there when some server has the step. */
const columns = [
  ['connect', 'CONNECT'],
  ['greeting', 'GREETING'],
  ['ehlo', 'EHLO'],
  ['starttls', 'STARTTLS'],
  ['handshake', 'TLS'],
  ['certificate', 'CERT'],
  ['name', 'NAME'],
  ['secure', 'SECURE'],
  ['from', 'FROM'],
] as const satisfies readonly (readonly [ProbeStep['step'], string])[];

export function showProbes(print: Printer, { probes, score }: ProbeReport, now: Date): void {
  if (probes.length === 0) return;
  const shown = columns.filter(([name]) => probes.some(({ steps }) => steps.some(({ step }) => step === name)));
  const withPreference = probes.some(({ preference }) => preference !== undefined);
  print.table(
    ['SERVER', ...(withPreference ? ['PREF'] : []), ...shown.map(([, head]) => head), 'SCORE'],
    [
      ...probes.map((probe): readonly Text[] => [
        { text: title(probe), tone: 'strong' },
        ...(withPreference ? [String(probe.preference ?? '-')] : []),
        ...shown.map(([name]) => cell(stepOf(probe, name))),
        String(probe.score),
      ]),
      ...(probes.length > 1
        ? [['average', ...(withPreference ? [''] : []), ...shown.map(([name]) => share(probes, name)), String(score)]]
        : []),
    ],
  );
  for (const probe of probes) describe(print, probe, now);
}

/** What was seen of a server, and what is the matter with it, by rule; for a cell of a table. */
export function probeFindings({ protocol, steps }: Probe): string {
  const rules = steps.flatMap(({ findings }) => findings.map(({ rule }) => rule));
  return [...(protocol === undefined ? [] : [protocol]), ...rules].join(', ');
}

/** Everything about one server that does not fit into a table. */
function describe(print: Printer, probe: Probe, now: Date): void {
  const { from, greeting, protocol, cipher, names, steps, chain } = probe;
  print.line();
  print.line([{ text: title(probe), tone: 'strong' }, ` from ${from === 'controller' ? 'the controller' : from}`]);
  print.facts([
    ...(greeting === undefined ? [] : [['greeting', greeting] as const]),
    ...(protocol === undefined ? [] : [['TLS', `${protocol} ${cipher ?? ''}`] as const]),
    ...(names.length === 0 ? [] : [['name', names.join(', ')] as const]),
    ...steps.flatMap(({ findings }) =>
      findings.map(({ result, detail }) => [result, { text: detail, tone: tones[result] }] as const),
    ),
  ]);
  chain.forEach((link, depth) => drawLink(print, link, depth, now));
}

function title({ machine, listener, server, port }: Probe): string {
  const at = `${server.includes(':') ? `[${server}]` : server}:${port}`;
  return machine === undefined ? at : `${machine} ${listener ?? ''} ${at}`;
}

const words = { passed: 'ok', warning: 'warn', failed: 'FAIL', skipped: '-' } as const;

const tones: Readonly<Record<ProbeStep['result'], Tone>> = {
  passed: 'good',
  warning: 'warn',
  failed: 'bad',
  skipped: 'dim',
};

function cell(step: ProbeStep | undefined): Text {
  if (!step) return '';
  const time = step.milliseconds === undefined || step.result === 'failed' ? '' : ` ${step.milliseconds} ms`;
  return [{ text: words[step.result], tone: tones[step.result] }, time];
}

/** Of the servers that have the step, how many pass it; a warning is no failure. */
function share(probes: readonly Probe[], name: ProbeStep['step']): string {
  const all = probes.flatMap((probe) => stepOf(probe, name) ?? []);
  const well = all.filter(({ result }) => result === 'passed' || result === 'warning');
  return all.length === 0 ? '' : `${Math.round((100 * well.length) / all.length)}%`;
}

function stepOf({ steps }: Probe, name: ProbeStep['step']): ProbeStep | undefined {
  return steps.find(({ step }) => step === name);
}
