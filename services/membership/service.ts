/** Membership's shell: the workflows of joining, leaving and rejoining over configuration, machines and gateways. */
import { comparing } from './comparing.ts';
import type { MembershipService } from './contract.ts';
import { departed } from './departed.ts';
import type { MembershipDeps } from './deps.ts';
import { disconnecting } from './disconnecting.ts';
import { forgetting } from './forgetting.ts';
import { joining } from './joining.ts';
import { leaving } from './leaving.ts';
import { reconnecting } from './reconnecting.ts';
import { discardDraft } from './waiting.ts';

export function membershipService(deps: MembershipDeps): MembershipService {
  return {
    ...joining(deps),
    ...leaving(deps),
    ...disconnecting(deps),
    ...reconnecting(deps),
    ...departed(deps),
    ...comparing(deps),
    ...forgetting(deps),
    discardDraft: (author) => discardDraft(deps, author),
  };
}
