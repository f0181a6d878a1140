/** What people and programs see: the only place that knows colours, tables and exit codes. */
import Table from 'cli-table3';
import pc from 'picocolors';

import type { Finding } from '../errors.ts';
import { isNamed } from '../errors.ts';
import { Failure, type FailureKind } from './failure.ts';
import { breakWords, cut, visible, widthOf } from './width.ts';

/** A stable part of the command line's interface (docs/cli.md). 130 is what shells give a program ended by Ctrl-C. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  partlyFailed: 4,
  unreachable: 5,
  interrupted: 130,
} as const satisfies Record<FailureKind | 'done', number>;

export type Tone = 'good' | 'warn' | 'bad' | 'dim' | 'strong';
export type Span = string | { readonly text: string; readonly tone: Tone };
export type Text = Span | readonly Span[];

export interface Printer {
  /** Whether the answer goes to a program: then only `show` writes to standard output. */
  readonly json: boolean;
  /** Whether a person watches standard output. */
  readonly live: boolean;
  /** The one result of a command: `answer` as JSON for programs, what `people` prints for people. */
  show(answer: unknown, people: () => void): void;
  line(text?: Text): void;
  /** An aside for people, on standard error, so that results can be piped. */
  note(text: Text): void;
  table(head: readonly string[], rows: readonly (readonly Text[])[]): void;
  /** Names with what is known about them, one a line. */
  facts(rows: readonly (readonly [string, Text])[]): void;
  findings(findings: readonly Finding[]): void;
  /** A unified diff. */
  diff(text: string): void;
  /** Lines that the next call, or the next other output, replaces; only on a terminal. */
  status(lines: readonly Text[]): void;
  /** Says on standard error what went wrong and returns the exit code for it. */
  failure(error: unknown): number;
}

export interface Streams {
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function printer({ out, err, env }: Streams, json: boolean): Printer {
  const live = out.isTTY && !json;
  const paintOut = painter(out, env);
  const paintErr = painter(err, env);
  let drawn = 0;

  function write(stream: NodeJS.WriteStream, text: string): void {
    status([]);
    stream.write(`${text}\n`);
  }
  function status(lines: readonly Text[]): void {
    if (!live) return;
    const back = drawn === 0 ? '' : `\u001b[${drawn}A\u001b[0J`;
    const wrapped = lines.map((line) => `${paintOut(fitLine(line, out.columns - 1))}\n`).join('');
    if (back + wrapped !== '') out.write(back + wrapped);
    drawn = lines.length;
  }
  function line(text: Text = ''): void {
    if (!json) write(out, paintOut(text));
  }
  function tableOn(stream: NodeJS.WriteStream, head: readonly string[], rows: readonly (readonly Text[])[]): void {
    write(stream, layOut(head, rows, stream === out ? paintOut : paintErr, stream.isTTY ? stream.columns : Infinity));
  }
  function findings(list: readonly Finding[]): void {
    if (list.length > 0) write(err, findingLines(list).map(paintErr).join('\n'));
  }
  return {
    json,
    live,
    line,
    status,
    findings,
    show(answer, people) {
      if (json) out.write(`${JSON.stringify(answer, undefined, 2)}\n`);
      else people();
    },
    note(text) {
      if (!json) write(err, paintErr(text));
    },
    table(head, rows) {
      if (!json) tableOn(out, head, rows);
    },
    facts(rows) {
      if (!json)
        tableOn(
          out,
          [],
          rows.map(([name, text]) => [`  ${name}`, text]),
        );
    },
    diff(text) {
      for (const row of text.replace(/\n$/, '').split('\n')) line({ text: row, tone: diffTone(row) });
    },
    failure(error) {
      if (json && error instanceof Failure && error.problem)
        err.write(`${JSON.stringify(error.problem, undefined, 2)}\n`);
      else write(err, paintErr([{ text: 'signet:', tone: 'bad' }, ` ${messageOf(error)}`]));
      if (!json && error instanceof Failure) findings(error.findings);
      return exitCodeOf(error);
    },
  };
}

/** Equal digests are told apart by their first eight characters, as in git. */
export function short(digest: string): string {
  return digest.slice(0, 8);
}

/** A time of the API, for people: always UTC, to the minute. */
export function moment(time: string | undefined): string {
  return time ? `${time.slice(0, 10)} ${time.slice(11, 16)} UTC` : '-';
}

function exitCodeOf(error: unknown): number {
  if (error instanceof Failure) return exitCodes[error.kind];
  // The only named errors that arise here rather than on the controller are about what was typed.
  return isNamed(error) ? exitCodes.usage : exitCodes.failed;
}

function messageOf(error: unknown): string {
  if (error instanceof Failure || isNamed(error)) return error.message;
  return `this is a bug in signet, please report it: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

/** The lines of findings: machine, level and path first, since that is where a person has to go. */
function findingLines(list: readonly Finding[]): readonly Text[] {
  return list.map(({ machine, level, pointer, detail }): Text => {
    const named = pointer !== undefined && detail.startsWith(pointer);
    const place = [machine, level, named ? '' : pointer].filter((part) => part !== undefined && part !== '');
    return place.length === 0 ? `  ${detail}` : ['  ', { text: place.join(' '), tone: 'strong' }, `: ${detail}`];
  });
}

type Paint = (text: Text) => string;

function painter(stream: NodeJS.WriteStream, env: Streams['env']): Paint {
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0';
  const colours = pc.createColors(!env['NO_COLOR'] && (forced || (stream.isTTY && env['TERM'] !== 'dumb')));
  const tones = { good: colours.green, warn: colours.yellow, bad: colours.red, dim: colours.dim, strong: colours.bold };
  return (text) =>
    spans(text)
      .map((span) => {
        if (typeof span === 'string') return visible(span);
        // Line by line, since a table puts other cells between the lines of one.
        return visible(span.text).split('\n').map(tones[span.tone]).join('\n');
      })
      .join('');
}

function spans(text: Text): readonly Span[] {
  return typeof text === 'string' || 'text' in text ? [text] : text;
}

function plain(text: Text): string {
  return spans(text)
    .map((span) => visible(typeof span === 'string' ? span : span.text))
    .join('');
}

function fitLine(text: Text, columns: number): Text {
  let left = columns;
  return spans(text).map((span) => {
    const inner = cut(visible(typeof span === 'string' ? span : span.text).replaceAll('\n', ' '), Math.max(left, 0));
    left -= widthOf(inner);
    return typeof span === 'string' ? inner : { ...span, text: inner };
  });
}

function diffTone(row: string): Tone {
  if (/^(---|\+\+\+|@@)/.test(row)) return 'strong';
  if (row.startsWith('+')) return 'good';
  return row.startsWith('-') ? 'bad' : 'dim';
}

const gap = 2;
const narrowest = 13;

/** Columns while they fit; narrower, wrapped columns when they do not; one record below the other on a very narrow terminal. */
function layOut(head: readonly string[], rows: readonly (readonly Text[])[], paint: Paint, columns: number): string {
  const all = head.length > 0 ? [head, ...rows] : rows;
  const count = Math.max(0, ...all.map((row) => row.length));
  const natural = Array.from({ length: count }, (_, i) => Math.max(...all.map((row) => widthOf(plain(row[i] ?? '')))));
  const widths = shrink(natural, columns - gap * (count - 1));
  if (!widths) return records(head, rows, paint);
  const blank = Object.fromEntries(edges.map((edge) => [edge, '']));
  const table = new Table({
    head: head.map((name) => paint({ text: name, tone: 'dim' })),
    chars: { ...blank, middle: ' '.repeat(gap) },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    colWidths: [...widths],
    wordWrap: true,
  });
  table.push(...rows.map((row) => row.map((cell, i) => paint(narrowed(cell, widths[i] ?? Infinity)))));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function narrowed(text: Text, columns: number): Text {
  return spans(text).map((span) =>
    typeof span === 'string' ? breakWords(span, columns) : { ...span, text: breakWords(span.text, columns) },
  );
}

const edges = ['top', 'bottom', 'left', 'right', 'mid'].flatMap((edge) =>
  ['', '-mid', '-left', '-right'].map((corner) => edge + corner),
);

function shrink(natural: readonly number[], room: number): readonly number[] | undefined {
  const widths = [...natural];
  for (let total = widths.reduce((a, b) => a + b, 0); total > room;) {
    const widest = Math.max(...widths);
    if (widest <= narrowest) return undefined;
    const less = Math.min(total - room, widest - narrowest, Math.max(1, Math.floor(widest / 8)));
    widths[widths.indexOf(widest)] = widest - less;
    total -= less;
  }
  return widths;
}

function records(head: readonly string[], rows: readonly (readonly Text[])[], paint: Paint): string {
  const label = head.length === 0 ? 0 : Math.max(...head.map(widthOf)) + gap;
  const record = (row: readonly Text[]) =>
    row.flatMap((cell, i) => {
      const text = paint(cell).replaceAll('\n', `\n${' '.repeat(label)}`);
      return text === '' ? [] : [(head[i] ?? '').padEnd(label) + text];
    });
  return rows.map((row) => record(row).join('\n')).join('\n\n');
}
