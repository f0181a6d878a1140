/** A member is left alone: marked so first, and then asked once more what it has, so that later edits can be told from earlier ones. */
import { setTimeout as sleep } from 'node:timers/promises';

import { isNamed, NamedError } from '../errors.ts';
import { checkConnected } from '../machines/connected.ts';
import { ownedSettings } from '../platforms/postfix/present/present.ts';
import { readFacts } from '../push/facts.ts';
import { readIdentity } from '../push/gateway.ts';
import type { Disconnection } from '../schema/types.generated.ts';
import type { Disconnected, MembershipService } from './contract.ts';
import type { LeavingDeps } from './deps.ts';
import { placeOf } from './join.ts';

/** How long a gateway gets to say what it has. */
const patienceMilliseconds = 10_000;

const pauseMilliseconds = 100;

/** As a push may take: until the gateway has reverted by itself, and a bit. */
const pushSeconds = 120;

/** `waitSeconds`: how long a push that is under way is waited for. */
export function disconnecting(deps: LeavingDeps, waitSeconds = pushSeconds): Pick<MembershipService, 'disconnect'> {
  const { config, machines, pool, now } = deps;

  return {
    async disconnect(author, machine, reason): Promise<Disconnected> {
      const registration = await machines.byName(machine);
      const { number } = await config.head();
      const place = registration && placeOf(registration.id, await config.configuration(number));
      if (registration?.state !== 'member' || place?.name !== machine) {
        throw new NamedError('not-found', `there is no member ${machine}; see "signet machine list"`);
      }
      checkConnected(registration);
      const { id } = registration;
      const mark: Disconnection = {
        ...{ since: now().toISOString(), by: author, revision: number },
        ...(reason === undefined ? {} : { reason }),
      };
      await machines.disconnect(id, mark);
      await untilNothingArrives(id, machine);
      const found = await whatItHas(id).catch((error: unknown) => {
        if (!isNamed(error)) throw error;
        return error.message;
      });
      // No link that is open is used by accident, and none is dialled again by itself.
      pool.drop(id);
      if (typeof found === 'string') return { registration: await machines.get(id), notes: [unknown(machine, found)] };
      const { disconnected } = await machines.get(id);
      if (disconnected?.since === mark.since) await machines.disconnect(id, { ...mark, found });
      return { registration: await machines.get(id), notes: [] };
    },
  };

  /** What was begun before it was marked ends, or it stays connected: nothing arrives after it was called disconnected. */
  async function untilNothingArrives(id: string, machine: string): Promise<void> {
    const deadline = Date.now() + waitSeconds * 1000;
    while (await deps.push.isPushing(machine)) {
      if (Date.now() > deadline) {
        await machines.disconnect(id, undefined);
        throw new NamedError(
          'busy',
          `a push to ${machine} is still under way after ${waitSeconds} seconds, so it stays connected; stop the rollout, and disconnect it when that has ended`,
          { transient: true },
        );
      }
      await sleep(pauseMilliseconds);
    }
  }

  async function whatItHas(id: string): Promise<Readonly<Record<string, string>>> {
    const asked = pool.link(id).then(async ({ connection }) => {
      if ((await readIdentity(connection)) !== id) {
        throw new NamedError('identity-conflict', 'another machine is at its address');
      }
      return readFacts(connection, now());
    });
    const late = sleep(patienceMilliseconds, undefined, { ref: false });
    const facts = await Promise.race([asked, late]);
    if (!facts) throw new NamedError('unreachable', 'it does not answer');
    return facts.postfix ? ownedSettings(facts.postfix) : {};
  }
}

function unknown(machine: string, why: string): string {
  return `${machine} could not be asked what it has now (${why}), so edits on it from before and from later will not be told apart`;
}
