/** Changes of a draft: how they are sent, and how they and their values look to people. */
import type { Json } from '../schema/json.ts';
import type { Draft, DraftChange } from '../schema/types.generated.ts';
import type { Text } from './print.ts';
import { pinnedAt, pinShown } from './pin-view.ts';
import { showPlan } from './plan-view.ts';
import type { Session } from './session.ts';
import { shown } from './shown.ts';

/** For commands that can show what they would do. */
export interface PlanOption {
  readonly plan?: true;
}

/** Adds changes to the caller's draft and says what the draft holds now; or only shows what they would do. */
export async function amend(
  { controller, print }: Session,
  changes: readonly DraftChange[],
  { plan }: PlanOption = {},
): Promise<void> {
  if (plan) {
    showPlan(print, await controller.planDraft(changes));
    return;
  }
  const answer = await controller.amend(changes);
  print.show(answer, () => {
    for (const change of changes) print.line(inWords(change));
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
export function inWords(operation: DraftChange): Text {
  switch (operation.op) {
    case 'set': {
      const pinned = pinnedAt(operation.path);
      if (pinned !== undefined) return `pin set ${pinned} --level ${operation.level} (${pinShown(operation.value)})`;
      return [`set ${operation.level} ${operation.path} `, { text: shown(operation.value as Json), tone: 'strong' }];
    }
    case 'unset':
    case 'remove': {
      const pinned = pinnedAt(operation.path);
      if (pinned !== undefined && operation.op === 'unset') return `unpin ${pinned} --level ${operation.level}`;
      return `${operation.op} ${operation.level} ${operation.path}`;
    }
    case 'create-group':
      return `group create ${operation.group}`;
    case 'describe-group':
      return `group describe ${operation.group} ${JSON.stringify(operation.description ?? '')}`;
    case 'delete-group':
      return `group delete ${operation.group}`;
    case 'rename-group':
      return `group rename ${operation.group} ${operation.to}`;
    case 'dissolve-group':
      return `group delete ${operation.group} --members-to ${operation.to}`;
    case 'copy-settings':
    case 'move-settings': {
      const verb = operation.op === 'copy-settings' ? 'copy' : 'move';
      return `${verb} ${operation.path || '/'} --from ${operation.from} --to ${operation.to}`;
    }
    case 'lift-settings':
      return `lift --to ${operation.to}`;
    case 'move':
      return `machine move ${operation.machine} ${operation.group}`;
    case 'admit':
      return `admit ${operation.machine} to ${operation.group}`;
    case 'dismiss':
      return `dismiss ${operation.machine}`;
  }
}
