/** nginx's settings as directives, read from their text. Tolerant: what nginx would refuse is read as far as it makes sense. */

export interface Directive {
  readonly name: string;
  readonly words: readonly string[];
  /** What stands in its braces. */
  readonly block: readonly Directive[];
}

export function directivesIn(text: string): readonly Directive[] {
  const tokens = text.matchAll(
    /#[^\n]*|[{};]|"((?:[^"\\]|\\[^])*)"|'((?:[^'\\]|\\[^])*)'|(?:\\[^]|\$\{\w+\}|[^\s{};])+/g,
  );
  return readBlock(tokens);
}

/** Up to the brace that closes it, or the end. */
function readBlock(tokens: Iterator<RegExpExecArray>): readonly Directive[] {
  const found: Directive[] = [];
  let words: string[] = [];
  const close = (block: readonly Directive[]) => {
    const [name, ...rest] = words;
    if (name !== undefined) found.push({ name, words: rest, block });
    words = [];
  };
  for (let next = tokens.next(); !next.done; next = tokens.next()) {
    const [token, double, single] = next.value;
    if (token.startsWith('#')) continue;
    if (token === ';') close([]);
    else if (token === '{') close(readBlock(tokens));
    else if (token === '}') return found;
    else words.push(double ?? single ?? token);
  }
  return found;
}
