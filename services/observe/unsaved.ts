/** Scheduled saves that do not work, as a condition. Pure. */
import type { SaveState } from '../backup/schedule/contract.ts';
import type { SaveTarget } from '../schema/types.generated.ts';
import type { Condition } from './assess.ts';

export function unsaved(state: SaveState): readonly Condition[] {
  if (state.kind === 'none') return [];
  const { problem, overdue } = state;
  const where = placeOf(state.target);
  return [
    ...(problem
      ? [
          {
            ...{ id: 'save-failed', kind: 'save-failed' as const, due: problem.since, rungs: [], breaks: [] },
            summary: `the configuration is not saved to ${where} as scheduled: ${problem.detail}`,
            remedy: 'put that right, then save with "signet config schedule run"; see "signet config schedule show"',
          },
        ]
      : []),
    ...(overdue === undefined
      ? []
      : [
          {
            ...{ id: 'save-overdue', kind: 'save-overdue' as const, due: overdue, rungs: [], breaks: [] },
            summary: `for two intervals no good save of the configuration came to ${where}`,
            remedy:
              'save with "signet config schedule run" and see what it says; if that works, look in the log of signetd why it is not done by itself',
          },
        ]),
  ];
}

function placeOf({ folder, sftp }: SaveTarget): string {
  return sftp ? `${sftp.host}:${folder}` : folder;
}
