/** What the mail of the last days says of a commit, so that its answer can warn. */
import type { Finding } from '../errors.ts';
import { redact } from '../secrets/redact.ts';
import type { Context } from './deps.ts';

/** Warnings about what a revision changed, when there are any. The commit stands whatever happens here. */
export async function foreseen(
  { config, sessions, log }: Context,
  revision: number,
): Promise<{ readonly findings?: readonly Finding[] }> {
  try {
    const [before, after] = await Promise.all([config.configuration(revision - 1), config.configuration(revision)]);
    const findings = await sessions.whatIf(before, after);
    return findings.length > 0 ? { findings } : {};
  } catch (error) {
    log.warn(
      { revision, detail: redact(error instanceof Error ? error.message : String(error)) },
      'commit not foreseen',
    );
    return {};
  }
}
