/** main.cf: the values it gives parameters, and the same text with the parameters that Signet owns set. */
import { ended, join, lineEnd, withoutComments } from './lines.ts';
import { openBlock, segments, withBlock, type Segment } from './segments.ts';

export type Parameters = Readonly<Record<string, string>>;

/** The value main.cf gives a parameter, white space made single; the last line wins, as in Postfix. */
export function valueIn(mainCf: string, name: string): string | undefined {
  return segments(mainCf)
    .flatMap(({ kind, text }) => (kind === 'block' ? openBlock(text).inside : [{ kind, text }]))
    .map(assignment)
    .findLast((found) => found?.name === name)?.value;
}

/** The parameters that main.cf sets, each once, in the order of the file. */
export function parametersIn(mainCf: string): readonly string[] {
  const all = segments(mainCf).flatMap(({ kind, text }) =>
    kind === 'block' ? openBlock(text).inside : [{ kind, text }],
  );
  return [...new Set(all.flatMap((segment) => assignment(segment)?.name ?? []))];
}

export interface MainCfEdit {
  readonly live: string;
  /** The text before join: what a parameter goes back to when Signet no longer owns it. */
  readonly original: string;
  readonly wanted: Parameters;
  readonly previous: Parameters;
}

/**
 * main.cf with the wanted parameters: replaced where they stand, else in one marked block. An empty value means not set,
 * which is Postfix's default for all of those, so it is written only where the file sets the parameter.
 */
export function editMainCf({ live, original, wanted, previous }: MainCfEdit): string {
  const end = lineEnd(live, original);
  const { outside, inside, index } = openBlock(live);
  const before = segments(original);
  const ours = new Set([...Object.keys(previous), ...inside.flatMap((segment) => assignment(segment)?.name ?? [])]);
  const texts = outside.map(({ text }) => text);
  const restored: string[] = [];
  for (const name of new Set([...ours, ...Object.keys(wanted)])) {
    const places = placesOf(outside, name);
    const old = placesOf(before, name).map((place) => before[place]?.text ?? '');
    // Further lines for the same parameter were added by hand while it was Signet's.
    for (const place of old.length > 0 ? places.slice(old.length) : []) texts[place] = '';
    const place = old.length > 0 ? places.slice(0, old.length).at(-1) : places.at(-1);
    const text = old.at(-1);
    const value = wanted[name];
    if (value !== undefined) {
      if (place !== undefined) texts[place] = line(name, value, [texts[place] ?? '', text ?? ''], end);
    } else if (text === undefined) {
      for (const each of places) texts[each] = '';
    } else if (place === undefined) {
      restored.push(text);
    } else {
      texts[place] = text;
    }
  }
  const added = Object.keys(wanted)
    .sort()
    .filter((name) => wanted[name] !== '' && placesOf(outside, name).length === 0)
    .map((name) => `${name} = ${wanted[name] ?? ''}`);
  return join([...withBlock(texts, index, added, end), ...restored], end);
}

/** The line for a parameter: the first of `spellings` that already gives it the value, else Signet's own. */
function line(name: string, value: string, spellings: readonly string[], end: string): string {
  const same = spellings.find((text) => text !== '' && assignment({ kind: 'logical', text })?.value === value);
  return ended(same ?? (value === '' ? `${name} =` : `${name} = ${value}`), spellings[0]?.endsWith('\n') ? end : '');
}

function placesOf(all: readonly Segment[], name: string): readonly number[] {
  return all.flatMap((segment, index) => (assignment(segment)?.name === name ? [index] : []));
}

/** A logical line `name = value` (split_nameval.c); undefined for any other segment. */
function assignment({ kind, text }: Segment): { readonly name: string; readonly value: string } | undefined {
  if (kind !== 'logical') return undefined;
  const [, name, value] = /^([^\s=]+)\s*=([\s\S]*)$/.exec(withoutComments(text)) ?? [];
  return name === undefined ? undefined : { name, value: (value ?? '').replaceAll(/\s+/g, ' ').trim() };
}
