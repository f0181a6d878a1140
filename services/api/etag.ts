/** Entity tags: what a client read, so that it can say what it believes to change (RFC 9110 8.8.3 and 13.1.1). */
import { createHash } from 'node:crypto';

import { NamedError } from '../errors.ts';
import { canonicalJson } from '../schema/json.ts';
import type { Draft } from '../schema/types.generated.ts';

/** The tag of a revision, and of what is read at one. */
export function revisionTag(number: number): string {
  return `"r${number}"`;
}

/** The tag of anything else: it changes exactly when the value does. */
export function contentTag(value: unknown): string {
  return `"${digest(value)}"`;
}

/** The revision an If-Match header names; undefined when there is none, or `*`. */
export function expectedRevision(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined || ifMatch === '*') return undefined;
  const number = /^"r(\d{1,15})"$/.exec(ifMatch)?.[1];
  if (number === undefined) {
    throw new NamedError('invalid-input', 'If-Match must be the ETag of a revision, such as "r12" with its quotes');
  }
  return Number(number);
}

/** The tag of a draft as it was shown: what is in it, and after the dot the head it was shown beside. */
export function draftTag(draft: Draft, head: number): string {
  return `"${contentOf(draft)}.r${head}"`;
}

/** Throws `precondition-failed` when the draft is not what the client saw; a newer head alone changes nothing in it. */
export function requireDraftMatch(ifMatch: string, draft: Draft): void {
  const seen = ifMatch.split(',').map((tag) => /^"([\w-]+)\.r\d+"$/.exec(tag.trim())?.[1]);
  if (ifMatch === '*' || seen.includes(contentOf(draft))) return;
  throw new NamedError(
    'precondition-failed',
    `the draft of ${draft.author} has changed since you read it; read it again and decide anew`,
  );
}

/** An empty draft has no base of its own, it is always on the head. */
function contentOf({ operations, base }: Draft): string {
  return digest(operations.length === 0 ? [] : [base, operations]);
}

function digest(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('base64url');
}
