/**
 * Reads scenarios: what was recorded, what is typed, and what must come of it, in one text.
 *
 *     answer METHOD /path STATUS     an answer of the controller, JSON in the indented lines below; in turn when given again;
 *                                    with `for TEXT` behind it, to requests whose body has that text
 *     stream /path                   an event stream: lines `EVENT NAME` (NAME an entry of answers/views.json), `cut`, `hold`
 *     file NAME                      a file in the working folder, its text indented below; `base64` first for bytes
 *     env NAME=VALUE                 for the commands below
 *     terminal COLUMNSxROWS          the commands below run on a terminal of that size
 *     $ signet ...                   a command; below it, in any order:
 *     < text                         a line of standard input
 *     | text                         a line of standard output (on a terminal: of all that is seen)
 *     ~ text                         text that must stand somewhere in the output (for output that overwrites itself)
 *     ! text                         a line of standard error
 *     ? N                            the exit code, 0 without
 *     > METHOD /path {json}          what the controller must have been asked, in order (GETs may be left out)
 *     after "text" type "text"       once the text is seen, type this
 *     after "text" interrupt         once the text is seen, Ctrl-C
 *
 * `{{url}}` is the address of the controller, `{{date+N}}` and `{{time+N}}` are N days from now.
 */
import type { Recorded, StreamStep } from './recorded-controller.ts';

export interface Reaction {
  readonly after: string;
  readonly type?: string;
}

export interface Step {
  readonly line: string;
  readonly env: Readonly<Record<string, string>>;
  readonly terminal?: { readonly columns: number; readonly rows: number };
  readonly input: string;
  readonly stdout: readonly string[];
  readonly somewhere: readonly string[];
  readonly stderr: readonly string[];
  readonly exit: number;
  readonly asked: readonly string[];
  readonly reactions: readonly Reaction[];
}

export interface Scenario {
  readonly title: string;
  readonly answers: ReadonlyMap<string, readonly Recorded[]>;
  readonly streams: ReadonlyMap<string, readonly (readonly StreamStep[])[]>;
  readonly files: ReadonlyMap<string, Buffer>;
  readonly steps: readonly Step[];
}

type Views = Readonly<Record<string, unknown>>;
type Open = { -readonly [K in keyof Step]: Step[K] extends readonly (infer T)[] ? T[] : Step[K] };

export function readScenario(text: string, views: Views): Scenario {
  const answers = new Map<string, Recorded[]>();
  const streams = new Map<string, StreamStep[][]>();
  const files = new Map<string, Buffer>();
  const steps: Open[] = [];
  const env: Record<string, string> = {};
  let terminal: Step['terminal'];
  const [first = '', ...lines] = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line.trim() === '' || line.startsWith('#')) continue;
    const below: string[] = [];
    while (lines[at + 1]?.startsWith('  ')) below.push((lines[++at] ?? '').slice(2));
    const [word, rest] = split(line);
    const step = steps.at(-1);
    if (word === 'answer') {
      const [, call = '', status = '', about] = /^(\S+ \S+) (\d+)(?: for (.+))?$/.exec(rest) ?? [];
      const body: unknown = below.length === 0 ? undefined : JSON.parse(below.join('\n'));
      answers.set(call, [
        ...(answers.get(call) ?? []),
        { status: Number(status), body, ...(about === undefined ? {} : { about }) },
      ]);
    } else if (word === 'stream') {
      streams.set(rest, [...(streams.get(rest) ?? []), below.map((each) => streamStep(each, views))]);
    } else if (word === 'file') {
      const bytes =
        below[0] === 'base64' ? Buffer.from(below.slice(1).join(''), 'base64') : Buffer.from(`${below.join('\n')}\n`);
      files.set(rest, bytes);
    } else if (word === 'env') {
      const [name, value] = split(rest, '=');
      env[name] = value;
    } else if (word === 'terminal') {
      const [columns = 0, rows = 0] = rest.split('x').map(Number);
      terminal = { columns, rows };
    } else if (word === '$') {
      const empty = { input: '', stdout: [], somewhere: [], stderr: [], exit: 0, asked: [], reactions: [] };
      steps.push({ line: rest, env: { ...env }, ...(terminal ? { terminal } : {}), ...empty });
    } else if (!step) {
      throw new Error(`"${line}" stands before any command`);
    } else if (word === '<') step.input += `${rest}\n`;
    else if (word === '|') step.stdout.push(rest);
    else if (word === '~') step.somewhere.push(rest);
    else if (word === '!') step.stderr.push(rest);
    else if (word === '?') step.exit = Number(rest);
    else if (word === '>') step.asked.push(rest);
    else if (word === 'after') step.reactions.push(reaction(rest));
    else throw new Error(`"${line}" is no line of a scenario`);
  }
  return { title: first.replace(/^# /, ''), answers, streams, files, steps };
}

function split(line: string, by = ' '): readonly [string, string] {
  const at = line.indexOf(by);
  return at === -1 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}

function streamStep(line: string, views: Views): StreamStep {
  if (line === 'cut' || line === 'hold') return line;
  const [event, name] = split(line);
  if (!(name in views)) throw new Error(`there is no view ${name}`);
  return { event, data: views[name] };
}

function reaction(rest: string): Reaction {
  const [, after = '', type] = /^"([^"]*)" (?:interrupt|type "([^"]*)")$/.exec(rest) ?? [];
  if (after === '') throw new Error(`"after ${rest}" waits for nothing`);
  return { after, ...(type === undefined ? {} : { type: type.replaceAll('\\n', '\r').replaceAll('\\x7f', '\u007f') }) };
}
