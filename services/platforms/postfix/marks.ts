/** The comments by which Signet finds again what it wrote into main.cf and master.cf, also when its own records are lost. */
import { physicalLines } from './lines.ts';

const begin = '# BEGIN Signet';
const explanation = ': what stands here is written by Signet and overwritten by its next change';
// A file that did not end in a line end gets one before the block, and loses it again with the block.
const joined = ' (with the line end before)';
const finish = '# END Signet';
const aside = '# Set aside by Signet: ';

/** Stands above the options that Signet sets on a service that was there before. */
export const optionsMark = '# Signet sets:';

export function isBegin(line: string): boolean {
  return line.startsWith(begin);
}

export function isEnd(line: string): boolean {
  return line.startsWith(finish);
}

export function isAside(line: string): boolean {
  return line.startsWith(aside);
}

export function isOptionsMark(line: string): boolean {
  return line.trimEnd() === optionsMark;
}

/** The marked block that holds `texts`; `join` says that the text before it has no line end of its own. */
export function block(texts: readonly string[], end: string, join: boolean): string {
  return [`${begin}${join ? joined : ''}${explanation}${end}`, ...texts, `${finish}${end}`].join('');
}

/** What stands in a marked block, and whether the line end before it belongs to it. */
export function insideBlock(text: string): { readonly text: string; readonly join: boolean } {
  const lines = physicalLines(text);
  return {
    text: lines.filter((line) => !isBegin(line) && !isEnd(line)).join(''),
    join: lines[0]?.startsWith(begin + joined) ?? false,
  };
}

/** A logical line turned into comments, since a service of Signet's stands in its place. */
export function setAside(text: string): string {
  return physicalLines(text)
    .map((line) => aside + line)
    .join('');
}

export function backFromAside(text: string): string {
  return physicalLines(text)
    .map((line) => line.slice(aside.length))
    .join('');
}
