/**
 * main.cf and master.cf as a sequence of segments whose texts, joined, are the file. Both follow the same rules
 * (postconf(5), master(5), readlline.c): a line that starts with white space continues the logical line before it, also across
 * comments and empty lines, and what starts with white space before any logical line is ignored.
 */
import { ended, isBlank, isComment, isContinuation, physicalLines, withoutEnd } from './lines.ts';
import { block, insideBlock, isAside, isBegin, isEnd } from './marks.ts';

export interface Segment {
  /**
   * logical: a logical line from its first to its last physical line, comments in between included; block: what Signet
   * appended, from mark to mark; aside: lines that Signet set aside; text: comments, empty lines and what Postfix ignores.
   */
  readonly kind: 'logical' | 'block' | 'aside' | 'text';
  readonly text: string;
}

export function segments(text: string): readonly Segment[] {
  const lines = physicalLines(text);
  const found: Segment[] = [];
  for (let at = 0; at < lines.length;) {
    const { kind, end } = segmentAt(lines, at, found);
    found.push({ kind, text: lines.slice(at, end).join('') });
    at = end;
  }
  return found;
}

/** A file without its marked block: what stands outside, what stood inside, and where a block belongs. */
export interface Opened {
  readonly outside: readonly Segment[];
  readonly inside: readonly Segment[];
  /** Index into `outside` before which the block stood; its end when there was none. */
  readonly index: number;
}

export function openBlock(text: string): Opened {
  const all = segments(text);
  const index = all.findIndex(({ kind }) => kind === 'block');
  if (index === -1) return { outside: all, inside: [], index: all.length };
  const blocks = all.filter(({ kind }) => kind === 'block').map((segment) => insideBlock(segment.text));
  const outside = all.filter(({ kind }) => kind !== 'block');
  const before = outside[index - 1];
  return {
    outside:
      before && blocks[0]?.join ? outside.with(index - 1, { ...before, text: withoutEnd(before.text) }) : outside,
    inside: blocks.flatMap((one) => segments(one.text)),
    index,
  };
}

/** `texts` with a marked block of `lines` before `index`; none where there are no lines. */
export function withBlock(
  texts: readonly string[],
  index: number,
  lines: readonly string[],
  end: string,
): readonly string[] {
  if (lines.length === 0) return texts;
  const before = texts.slice(0, index).findLast((text) => text !== '') ?? '';
  const join = before !== '' && !before.endsWith('\n');
  return texts.toSpliced(
    index,
    0,
    block(
      lines.map((line) => ended(line, end)),
      end,
      join,
    ),
  );
}

function segmentAt(
  lines: readonly string[],
  at: number,
  before: readonly Segment[],
): { readonly kind: Segment['kind']; readonly end: number } {
  const line = lines[at] ?? '';
  if (isAside(line)) return { kind: 'aside', end: endOfAside(lines, at) };
  if (isBegin(line)) {
    const close = lines.findIndex((next, index) => index > at && (isEnd(next) || isBegin(next)));
    // A line that continues the last one of the block is as much Signet's as that one.
    if (isEnd(lines[close] ?? '')) return { kind: 'block', end: continuationEnd(lines, close + 1) };
  }
  const ignored = isContinuation(line) && !before.some(({ kind }) => kind === 'logical' || kind === 'block');
  if (isBlank(line) || isComment(line) || ignored) return { kind: 'text', end: at + 1 };
  return { kind: 'logical', end: continuationEnd(lines, at + 1) };
}

/** Where the logical line that began before `from` ends: after its last continuation line. */
function continuationEnd(lines: readonly string[], from: number): number {
  let end = from;
  for (let at = from; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (isAside(line) || isBegin(line)) break;
    if (isBlank(line) || isComment(line)) continue;
    if (!isContinuation(line)) break;
    end = at + 1;
  }
  return end;
}

function endOfAside(lines: readonly string[], from: number): number {
  const found = lines.findIndex((line, index) => index > from && !isAside(line));
  return found === -1 ? lines.length : found;
}
