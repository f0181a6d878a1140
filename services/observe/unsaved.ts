/** Scheduled saves that do not work, as a condition. Pure. */
import type { SaveProblem, SaveTarget } from '../schema/types.generated.ts';
import type { Condition } from './assess.ts';

export type SaveState =
  | { readonly kind: 'none' | 'ok' }
  | { readonly kind: 'failing'; readonly problem: SaveProblem; readonly target: SaveTarget };

export function unsaved(state: SaveState): readonly Condition[] {
  if (state.kind !== 'failing') return [];
  const { problem, target } = state;
  const where = target.sftp ? `${target.sftp.host}:${target.folder}` : target.folder;
  return [
    {
      ...{ id: 'save-failed', kind: 'save-failed' as const, due: problem.since, rungs: [], breaks: [] },
      summary: `the configuration is not saved to ${where} as scheduled: ${problem.detail}`,
      remedy: 'put that right, then save with "signet config schedule run"; see "signet config schedule show"',
    },
  ];
}
