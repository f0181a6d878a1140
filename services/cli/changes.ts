/** Changes of a draft: how they are sent, and how they and their values look to people. */
import type { Json } from '../schema/json.ts';
import type { Draft, Operation } from '../schema/types.generated.ts';
import type { Text } from './print.ts';
import type { Session } from './session.ts';

/** Adds operations to the caller's draft and says what the draft holds now. */
export async function amend({ controller, print }: Session, operations: readonly Operation[]): Promise<void> {
  const answer = await controller.amend(operations);
  print.show(answer, () => {
    for (const operation of operations) print.line(inWords(operation));
    print.note(draftNote(answer.draft));
  });
}

/** What to do with a draft, after something was added to it. */
export function draftNote({ operations, base }: Draft): Text {
  const changes = operations.length === 1 ? '1 change' : `${operations.length} changes`;
  return {
    text: `${changes} in your draft on r${base}: look with signet diff, bring out with signet commit`,
    tone: 'dim',
  };
}

/** An operation as the command that makes it. */
export function inWords(operation: Operation): Text {
  switch (operation.op) {
    case 'set':
      return [`set ${operation.level} ${operation.path} `, { text: shown(operation.value as Json), tone: 'strong' }];
    case 'unset':
    case 'remove':
      return `${operation.op} ${operation.level} ${operation.path}`;
    case 'create-group':
      return `group create ${operation.group}`;
    case 'delete-group':
      return `group delete ${operation.group}`;
    case 'move':
      return `machine move ${operation.machine} ${operation.group}`;
    case 'admit':
      return `admit ${operation.machine} to ${operation.group}`;
    case 'dismiss':
      return `dismiss ${operation.machine}`;
  }
}

/** A value on one line. */
export function shown(value: Json | undefined): string {
  if (value === undefined) return '(nothing)';
  return value === null ? '(removed)' : JSON.stringify(value);
}
