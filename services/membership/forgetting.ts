/** A machine that left and is not expected back is forgotten: how it was reached and recognised goes, what is archived of it stays. */
import { NamedError } from '../errors.ts';
import type { MembershipService } from './contract.ts';
import type { LeavingDeps } from './deps.ts';

export function forgetting({ machines, pool }: LeavingDeps): Pick<MembershipService, 'forget'> {
  return {
    async forget(machine) {
      const named = (await machines.list()).filter(({ id, name }) => name === machine || id === machine);
      const [one, ...others] = named.filter(({ state }) => state === 'left');
      if (!one) throw named.length === 0 ? unknown(machine) : present(machine);
      if (others.length > 0) {
        const ids = [one, ...others].map(({ id }) => id).join(', ');
        throw new NamedError(
          'invalid-input',
          `several machines called ${machine} have left; give the id of one: ${ids}`,
        );
      }
      pool.drop(one.id);
      await machines.remove(one.id, 'left');
      return one;
    },
  };
}

function unknown(machine: string): NamedError {
  return new NamedError('not-found', `there is no machine ${machine}; see "signet machine list --all"`);
}

function present(machine: string): NamedError {
  const first = `let it leave first: "signet machine leave ${machine}"`;
  return new NamedError('precondition-failed', `${machine} has not left, and only who has is forgotten; ${first}`);
}
