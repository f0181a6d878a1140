/** The words a gateway answers with (docs/gateway-protocol.md), as data. */
import type { AnswerReader } from './reader.ts';

export type Answer =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'activated'; readonly generation: number }
  | { readonly kind: 'confirmed'; readonly generation: number }
  | { readonly kind: 'reverted'; readonly generation: number; readonly reason: string }
  | { readonly kind: 'refused'; readonly code: string; readonly detail: string }
  /** The channel ended before the answer did: it may or may not have happened. Never success. */
  | { readonly kind: 'unknown' };

/** Reads up to the word that says how it went; lines before it (such as the texts of live files) are passed over. */
export async function readAnswer(reader: AnswerReader): Promise<Answer> {
  for (;;) {
    const line = await reader.line();
    if (line === undefined) return { kind: 'unknown' };
    const [word = '', first = '', ...rest] = line.split(' ');
    switch (word) {
      case 'unchanged':
        return { kind: 'unchanged' };
      case 'activated':
      case 'confirmed':
        return { kind: word, generation: Number(first) };
      case 'reverted':
        return { kind: word, generation: Number(first), reason: rest.join(' ') };
      case 'refused':
        return { kind: word, code: first, detail: rest.join(' ') };
      case 'text':
        if ((await reader.text(Number(rest[0]))) === undefined) return { kind: 'unknown' };
        break;
      case 'end':
        return { kind: 'unknown' };
    }
  }
}

/** Every line of an answer up to `end`: values by key (several under one key keep their order), and texts by name. */
export interface Report {
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly texts: ReadonlyMap<string, string>;
}

/** Reads a whole report; undefined when the stream ended before `end`. */
export async function readReport(reader: AnswerReader): Promise<Report | undefined> {
  const values = new Map<string, string[]>();
  const texts = new Map<string, string>();
  for (;;) {
    const line = await reader.line();
    if (line === undefined) return undefined;
    if (line === 'end') return { values, texts };
    const space = line.indexOf(' ');
    const key = space < 0 ? line : line.slice(0, space);
    const value = space < 0 ? '' : line.slice(space + 1);
    if (key === 'text') {
      const [name = '', length = ''] = value.split(' ');
      const text = await reader.text(Number(length));
      if (text === undefined) return undefined;
      texts.set(name, text);
    } else {
      values.set(key, [...(values.get(key) ?? []), value]);
    }
  }
}
