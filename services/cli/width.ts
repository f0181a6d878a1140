/** How wide text is on a terminal, and text made safe for one: what a gateway or a certificate says is not trusted there. */
import { stripVTControlCharacters } from 'node:util';

// Unicode East Asian Width W and F, in the ranges that names and comments hold.
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const zero = /^[\p{Mn}\p{Me}\p{Cf}]$/u;

/** The columns that the widest line of `text` takes; colours take none. */
export function widthOf(text: string): number {
  return Math.max(...stripVTControlCharacters(text).split('\n').map(widthOfLine));
}

/** `text` cut to `columns`, with an ellipsis when something is missing. Colours must not be in it yet. */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let out = '';
  let used = 1;
  for (const character of text) {
    used += widthOfCharacter(character);
    if (used > columns) break;
    out += character;
  }
  return `${out}…`;
}

/** `text` with its long words broken, so that no line of it has to be wider than `columns`. */
export function breakWords(text: string, columns: number): string {
  return text.replaceAll(/\S+/g, (word) => {
    const pieces = [''];
    for (const character of word) {
      const piece = pieces.at(-1) ?? '';
      if (widthOf(piece + character) > columns) pieces.push(character);
      else pieces[pieces.length - 1] = piece + character;
    }
    return pieces.join('\n');
  });
}

/** `text` with everything visible that would move the cursor, change colours or turn the direction of reading. */
export function visible(text: string): string {
  return text.replaceAll('\t', ' ').replaceAll(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, '0')}`;
  });
}

function widthOfLine(line: string): number {
  let columns = 0;
  for (const character of line) columns += widthOfCharacter(character);
  return columns;
}

function widthOfCharacter(character: string): number {
  if (zero.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}
