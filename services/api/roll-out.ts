/** Starts the rollout that goes with a commit, so that the answer can name it. */
import { redact } from '../secrets/redact.ts';
import type { Context } from './deps.ts';
import { codeOf } from './problem.ts';

/**
 * The id of the rollout of a revision: the controller's loop over the head starts the same one, and whoever is first
 * does. The commit stands whatever happens here: when it cannot be started now, the loop will, and the answer just does
 * not name it.
 */
export async function rollOut(
  { push, log }: Context,
  by: string,
  revision: number,
): Promise<{ readonly rollout?: number }> {
  try {
    const rollout = (await push.ensure(revision, by)) ?? (await push.rolloutOf(revision));
    return rollout ? { rollout: rollout.id } : {};
  } catch (error) {
    const detail = redact(error instanceof Error ? error.message : String(error));
    log.warn({ revision, code: codeOf(error), detail }, 'rollout not started with the commit');
    return {};
  }
}
