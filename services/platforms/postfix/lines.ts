/** Physical lines of a configuration file, with their line ends, so that what is not changed stays byte for byte. */

/** Lines with their line ends; only the last may lack one. */
export function physicalLines(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** The line end a file uses, by the first line of the first of `texts` that has one. */
export function lineEnd(...texts: readonly string[]): string {
  const [first] = /\r?\n/.exec(texts.find((text) => text.includes('\n')) ?? '') ?? [];
  return first ?? '\n';
}

export function ended(text: string, end: string): string {
  return text === '' || text.endsWith('\n') ? text : text + end;
}

export function withoutEnd(text: string): string {
  return text.replace(/\r?\n$/, '');
}

/** The texts one after another; one that lacks its line end gets it, but for the last. */
export function join(texts: readonly string[], end: string): string {
  const full = texts.filter((text) => text !== '');
  return full.map((text, index) => (index < full.length - 1 ? ended(text, end) : text)).join('');
}

export function isBlank(line: string): boolean {
  return /^[ \t\v\f\r\n]*$/.test(line);
}

export function isComment(line: string): boolean {
  return /^[ \t\v\f\r]*#/.test(line);
}

/** A line that goes on where the logical line before it stopped. */
export function isContinuation(line: string): boolean {
  return /^[ \t\v\f\r]/.test(line) && !isBlank(line) && !isComment(line);
}

/** The same text with comment lines blanked out, so that positions stay what they are. */
export function withoutComments(text: string): string {
  return physicalLines(text)
    .map((line) => (isComment(line) ? line.replaceAll(/[^\r\n]/g, ' ') : line))
    .join('');
}
