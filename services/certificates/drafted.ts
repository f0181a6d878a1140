/** The configuration as an author's draft would make it, on the revision that it was begun on. */
import { applyAll } from '../config/operations.ts';
import type { ConfigService } from '../config/service.ts';
import type { Configuration, Operation } from '../schema/types.generated.ts';

/** With `more` operations after those of the draft, when given; throws what `amend` throws for these. */
export async function drafted(
  config: Pick<ConfigService, 'draft' | 'configuration'>,
  author: string,
  more: readonly Operation[] = [],
): Promise<Configuration> {
  const { base, operations } = await config.draft(author);
  return applyAll(await config.configuration(base), [...operations, ...more]);
}
