/** Unified diffs (npm `diff`), the form in which everyone reads changes of text. */
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';

/** The unified diff of two texts; empty when they are equal. */
export function unifiedDiff(before: { readonly name: string; readonly text: string }, after: typeof before): string {
  if (before.text === after.text) return '';
  return createTwoFilesPatch(before.name, after.name, before.text, after.text, undefined, undefined, {
    context: 3,
    headerOptions: FILE_HEADERS_ONLY,
  });
}
