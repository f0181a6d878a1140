/** Machines that came with a configuration file and wait to be taken over, and how they go with the draft they came with. */
import type { ConfigService } from '../config/service.ts';
import type { MachineService } from '../machines/service.ts';

export interface WaitingDeps {
  readonly config: Pick<ConfigService, 'configuration' | 'discard' | 'drafts' | 'head'>;
  readonly machines: Pick<MachineService, 'archive' | 'list' | 'put' | 'remove'>;
}

/** As `MembershipService.discardDraft`. What it does not come to when it breaks off is made up for by the next that is discarded. */
export async function discardDraft({ config, machines }: WaitingDeps, author: string): Promise<void> {
  await config.discard(author);
  // In this order: a file that is loaded meanwhile is named by its draft before its machines wait, and then by the head.
  const waiting = (await machines.list()).filter(({ state }) => state === 'waiting');
  if (waiting.length === 0) return;
  const drafted = (await config.drafts()).flatMap(({ operations }) => operations);
  const roster = (await config.configuration((await config.head()).number)).machines;
  const named = new Set([
    ...drafted.flatMap((operation) => (operation.op === 'admit' ? [operation.id] : [])),
    ...Object.values(roster).map(({ id }) => id),
  ]);
  for (const registration of waiting.filter(({ id }) => !named.has(id))) {
    const { id, unfinished } = registration;
    const left = unfinished !== undefined || (await machines.archive(id));
    if (left) await machines.put({ ...registration, state: 'left' });
    else await machines.remove(id);
  }
}
