/** A member that was left alone is connected again. */
import { NamedError } from '../errors.ts';
import type { MembershipService } from './contract.ts';
import type { LeavingDeps } from './deps.ts';

export function reconnecting({ config, machines, push }: LeavingDeps): Pick<MembershipService, 'reconnect'> {
  return {
    async reconnect(author, machine) {
      const registration = await machines.byName(machine);
      if (!registration?.disconnected) {
        throw new NamedError(
          'not-found',
          `there is no machine ${machine} that is disconnected; see "signet machine list"`,
        );
      }
      await machines.disconnect(registration.id, undefined);
      const { id: rollout } = await push.start(author, { machines: [machine] });
      return { revision: await config.head(), rollout };
    },
  };
}
