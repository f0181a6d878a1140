/** One service of master.cf: its columns, its command and its -o options, and its text with options taken out or put in. */
import { isBlank, physicalLines, withoutComments } from './lines.ts';
import { isOptionsMark } from './marks.ts';

export interface Entry {
  readonly name: string;
  readonly type: string;
  /** private, unpriv, chroot, wakeup and maxproc, as written. */
  readonly columns: readonly string[];
  readonly command: string;
  readonly options: readonly Option[];
}

export interface Setting {
  readonly name: string;
  readonly value: string;
}

export interface Option extends Setting {
  /** Whether it stands below Signet's mark. */
  readonly isBelowMark: boolean;
  /** Where it stands in the entry's text, `-o` included. */
  readonly places: readonly Place[];
}

interface Place {
  readonly start: number;
  readonly end: number;
}

interface Token extends Place {
  readonly text: string;
}

/** The entry a logical line of master.cf makes; undefined when it lacks columns. */
export function entryIn(text: string): Entry | undefined {
  const [name, type, ...rest] = tokens(text);
  const command = rest[5];
  if (!name || !type || !command) return undefined;
  return {
    name: name.text,
    type: type.text,
    columns: rest.slice(0, 5).map((token) => token.text),
    command: command.text,
    options: optionsIn(rest.slice(6), markIn(text)),
  };
}

/** The value of an option; of several the last counts. */
export function optionValue(entry: Entry, name: string): string | undefined {
  return entry.options.findLast((option) => option.name === name)?.value;
}

/** The entry's text without the options that `drop` picks, and without Signet's mark; everything else byte for byte. */
export function withoutOptions(text: string, drop: (option: Option) => boolean): string {
  const dropped = (entryIn(text)?.options ?? []).filter(drop).flatMap(({ places }) => places);
  let offset = 0;
  let out = '';
  for (const line of physicalLines(text)) {
    const start = offset;
    offset += line.length;
    if (isOptionsMark(line)) continue;
    const left = cut(
      line,
      dropped.map((place) => ({ start: place.start - start, end: place.end - start })),
    );
    if (left === line || !isBlank(left)) out += left;
  }
  return out;
}

/** The entry's text, which must end in a line end, followed by options, a line each. */
export function withOptions(text: string, options: readonly Setting[], end: string): string {
  return text + options.map((option) => optionLine(option) + end).join('');
}

/** The entry's text under another service name. */
export function renamed(text: string, name: string): string {
  const [first] = tokens(text);
  return first ? text.slice(0, first.start) + name + text.slice(first.end) : text;
}

// Braces keep white space together, from Postfix 3.0 (master(5)).
function optionLine({ name, value }: Setting): string {
  return /\s|^\{/.test(value) ? `  -o { ${name} = ${value} }` : `  -o ${name}=${value}`;
}

function optionsIn(args: readonly Token[], mark: number): readonly Option[] {
  const found: Option[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const flag = args[at];
    if (!flag?.text.startsWith('-o')) continue;
    const separate = flag.text === '-o' ? args[at + 1] : undefined;
    if (flag.text === '-o' && !separate) continue;
    if (separate) at += 1;
    const setting = unbraced(separate?.text ?? flag.text.slice(2));
    const [, name, value] = /^([^\s=]+)\s*=([\s\S]*)$/.exec(setting) ?? [];
    if (name === undefined) continue;
    found.push({
      name,
      isBelowMark: flag.start > mark,
      value: (value ?? '').replaceAll(/\s+/g, ' ').trim(),
      places: [flag, ...(separate ? [separate] : [])].map((token) => ({ start: token.start, end: token.end })),
    });
  }
  return found;
}

/** Where Signet's mark stands in an entry's text; beyond its end where there is none. */
function markIn(text: string): number {
  let offset = 0;
  for (const line of physicalLines(text)) {
    if (isOptionsMark(line)) return offset;
    offset += line.length;
  }
  return offset;
}

function unbraced(text: string): string {
  return /^\{([\s\S]*)\}$/.exec(text)?.[1]?.trim() ?? text;
}

/** Words, at white space outside braces (mystrtokq). */
function tokens(text: string): readonly Token[] {
  const plain = withoutComments(text);
  const found: Token[] = [];
  let start = -1;
  let depth = 0;
  for (let at = 0; at <= plain.length; at += 1) {
    const character = plain[at];
    const space = character === undefined || (depth === 0 && /\s/.test(character));
    if (space && start >= 0) found.push({ start, end: at, text: plain.slice(start, at) });
    if (space) start = -1;
    else if (start < 0) start = at;
    if (character === '{') depth += 1;
    if (character === '}' && depth > 0) depth -= 1;
  }
  return found;
}

/** The line without the places (relative to it), each with the blanks before it. */
function cut(line: string, places: readonly Place[]): string {
  const inside = places.filter(({ start, end }) => start < line.length && end > 0).sort((a, b) => b.start - a.start);
  return inside.reduce((left, { start, end }) => {
    const head = left.slice(0, Math.max(0, start)).replace(/[ \t]+$/, '');
    const tail = left.slice(Math.min(end, left.length));
    return head + (tail === '' ? (/\r?\n$/.exec(left)?.[0] ?? '') : tail);
  }, line);
}
