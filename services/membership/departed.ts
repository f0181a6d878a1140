/** Machines that left without being let go, since they could not be reached: when they are back, Signet's key and script go. */
import { isNamed } from '../errors.ts';
import type { MachineService } from '../machines/service.ts';
import type { PushService } from '../push/contract.ts';
import { readIdentity } from '../push/gateway.ts';
import type { Pool } from '../push/pool.ts';
import type { MembershipService } from './contract.ts';
import { letGo } from './letting-go.ts';

export interface DepartedDeps {
  readonly machines: Pick<MachineService, 'get' | 'letGo' | 'list'>;
  readonly push: Pick<PushService, 'flatten'>;
  readonly pool: Pick<Pool, 'link' | 'drop'>;
  readonly epoch: () => Promise<number>;
  readonly now: () => Date;
}

/** For how long a machine is expected back. */
const patienceDays = 90;

export function departed(deps: DepartedDeps): Pick<MembershipService, 'expectedBack' | 'finishLeave'> {
  const { machines, pool, now } = deps;
  return {
    async expectedBack() {
      const earliest = now().getTime() - patienceDays * 86_400_000;
      return (await machines.list()).filter(
        ({ state, unfinished }) => state === 'left' && unfinished !== undefined && Date.parse(unfinished) > earliest,
      );
    },
    async finishLeave(id) {
      const { name, state, unfinished } = await machines.get(id);
      if (state !== 'left' || unfinished === undefined) return undefined;
      let left: readonly string[];
      try {
        const { connection } = await pool.link(id);
        // A host key outlives a new installation, and the controller's key is another member's there.
        if ((await readIdentity(connection)) !== id) {
          return await settle(id, 'it is another machine now, on which nothing was changed');
        }
        // It may have taken a while until it answered: who joins again since then stays.
        if ((await machines.get(id)).unfinished !== unfinished) return undefined;
        left = await letGo(deps, { id, name });
      } catch (error) {
        if (isNamed(error, 'gateway-refused') && error.facts['reason'] === 'stale-epoch') {
          return await settle(id, 'it follows another controller by now, and nothing on it was changed');
        }
        if (!isNamed(error, 'login-refused')) throw error;
        return await settle(id, 'it no longer lets the controller in');
      } finally {
        pool.drop(id);
      }
      try {
        await pool.link(id);
      } catch (error) {
        if (!isNamed(error, 'login-refused')) throw error;
        return await settle(id, ...left, 'the controller can no longer log in to it');
      } finally {
        pool.drop(id);
      }
      return await settle(
        id,
        ...left,
        'it still lets the controller in; look for another line with its key in authorized_keys',
      );
    },
  };

  async function settle(id: string, ...outcome: readonly string[]): Promise<string> {
    await machines.letGo(id);
    return outcome.join('; ');
  }
}
