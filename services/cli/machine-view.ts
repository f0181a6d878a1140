/** How machines and their status look to people: wanted, deployed and served kept apart, and what to worry about. */
import type { MachineStatus, MachineView, Served } from '../schema/types.generated.ts';
import { demonstrationNote } from './demonstration.ts';
import { disconnectedWords } from './disconnection.ts';
import { moment, short, type Printer, type Span, type Text, type Tone } from './print.ts';

export const fleetHead = ['MACHINE', 'GROUP', 'WANTED', 'DEPLOYED', 'SERVED', 'EXPIRES', 'NOTES'];

/** A machine as one row of the list; `demonstrations` are the fingerprints of certificates that nobody can verify. */
export function fleetRow(machine: MachineView, demonstrations: ReadonlySet<string>, now: Date): readonly Text[] {
  const { status } = machine;
  const { served } = status;
  return [
    { text: machine.name, tone: 'strong' },
    machine.group ?? '-',
    wanted(status),
    deployed(status),
    served.length === 0 ? '-' : lines(served.map((one) => servedLine(one))),
    served.length === 0 ? '-' : lines(served.map((one): Span => expiry(one.expires, now))),
    remarks(machine, demonstrations),
  ];
}

/** The three facts about one machine, at length; `demonstrations` as for `fleetRow`. */
export function describeStatus(print: Printer, status: MachineStatus, demonstrations: ReadonlySet<string>): void {
  const { deployed: has, wanted: should } = status;
  const generation = has ? `, generation ${has.generation}, seen ${moment(has.seen)}` : '';
  const alone = status.disconnected;
  const rows: (readonly [string, Text])[] = [
    ...(alone ? [['state', { text: disconnectedWords(alone), tone: 'warn' }] as const] : []),
    ['wanted', should ? `r${should.revision} ${short(should.digest)}` : '-'],
    ['deployed', has ? [{ text: deployedText(has), tone: deployedTone(status) }, generation] : '-'],
    ...status.served.map((one): readonly [string, Text] => ['served', servedAtLength(one, demonstrations)]),
    ...(has?.drift ?? []).map((change): readonly [string, Text] => ['drift', { text: change, tone: 'warn' }]),
  ];
  if (status.served.length === 0) rows.push(['served', '-']);
  if (status.problem !== undefined) rows.push(['problem', { text: status.problem, tone: 'bad' }]);
  if (status.bootHook === 'none') rows.push(['note', { text: 'revert not reboot-safe', tone: 'warn' }]);
  print.facts(rows);
}

const verdictTones: Readonly<Record<Served['verdict'], Tone>> = {
  match: 'good',
  differs: 'bad',
  refused: 'bad',
  unreachable: 'bad',
  unproven: 'warn',
};

function wanted(status: MachineStatus): Text {
  return status.wanted ? `r${status.wanted.revision} ${short(status.wanted.digest)}` : '-';
}

function deployed(status: MachineStatus): Text {
  if (!status.deployed) return '-';
  return { text: deployedText(status.deployed), tone: deployedTone(status) };
}

function deployedText({ digest, revision }: NonNullable<MachineStatus['deployed']>): string {
  if (digest === '') return 'nothing';
  return revision === undefined ? short(digest) : `r${revision} ${short(digest)}`;
}

function deployedTone({ wanted: should, deployed: has }: MachineStatus): Tone {
  return should !== undefined && should.digest === has?.digest ? 'good' : 'warn';
}

function servedLine({ listener, verdict, fingerprint }: Served): readonly Span[] {
  return [`${listener} `, { text: verdict, tone: verdictTones[verdict] }, fingerprint ? ` ${short(fingerprint)}` : ''];
}

function servedAtLength(served: Served, demonstrations: ReadonlySet<string>): Text {
  const { listener, address, port, verdict, detail, fingerprint, expires, seen } = served;
  return [
    `${listener} ${address}:${port} `,
    { text: verdict, tone: verdictTones[verdict] },
    detail ? `, ${detail}` : '',
    fingerprint ? `\nSHA-256 ${fingerprint}` : '',
    ...(demonstrations.has(fingerprint) ? ['\n', demonstrationNote] : []),
    expires ? `\nexpires ${moment(expires)}` : '',
    `\nseen ${moment(seen)}`,
  ];
}

const soonDays = 30;

/** The day a certificate ends, with how long that is when it is soon. */
export function expiry(expires: string, now: Date): Span {
  if (!expires) return '-';
  const days = Math.floor((Date.parse(expires) - now.getTime()) / 86_400_000);
  const day = expires.slice(0, 10);
  if (days < 0) return { text: `${day} expired`, tone: 'bad' };
  return days < soonDays ? { text: `${day} in ${days} days`, tone: 'warn' } : day;
}

function remarks({ state, unfinished, facts, status }: MachineView, demonstrations: ReadonlySet<string>): Text {
  const { served } = status;
  const drift = status.deployed?.drift.length ?? 0;
  const notes: Span[] = [];
  if (state !== 'member') notes.push({ text: state, tone: 'warn' });
  if (unfinished !== undefined) notes.push({ text: "if it comes back, Signet's key on it goes", tone: 'warn' });
  if (status.disconnected) notes.push({ text: disconnectedWords(status.disconnected), tone: 'warn' });
  if (status.problem !== undefined) notes.push({ text: status.problem, tone: 'bad' });
  if (drift > 0)
    notes.push({ text: drift === 1 ? 'drift: 1 change by hand' : `drift: ${drift} changes by hand`, tone: 'warn' });
  if (served.some(({ verdict }) => verdict === 'unproven')) notes.push({ text: 'unproven', tone: 'warn' });
  if (served.some(({ fingerprint }) => demonstrations.has(fingerprint))) {
    notes.push(demonstrationNote);
  }
  if ((status.bootHook ?? facts?.bootHook) === 'none') notes.push({ text: 'revert not reboot-safe', tone: 'warn' });
  if (facts?.postfix?.running === false) notes.push({ text: 'postfix is not running', tone: 'bad' });
  return lines(notes.map((note) => [note]));
}

function lines(list: readonly (Span | readonly Span[])[]): readonly Span[] {
  return list.flatMap((spans, i) => [
    ...(i === 0 ? [] : ['\n']),
    ...(Array.isArray(spans) ? (spans as readonly Span[]) : [spans as Span]),
  ]);
}
