/** A member that was left alone is connected again: what is different is shown, decided field by field, taken, and pushed. */
import { createHash } from 'node:crypto';

import { isNamed, NamedError } from '../errors.ts';
import { canonicalJson } from '../schema/json.ts';
import type { Operation, ReconnectPlan, Registration, Revision } from '../schema/types.generated.ts';
import { asItIs } from './adoption.ts';
import type { Bootstrap, MembershipService } from './contract.ts';
import { taken, takeOperations, unproven } from './deciding.ts';
import type { MembershipDeps } from './deps.ts';
import { differences, isOpen, type Difference } from './reconnect.ts';
import { readAfter, readingSides, type Looked } from './sides.ts';

/** What is taken of a machine, on top of the revision that it was held against. */
interface Taking {
  readonly machine: string;
  readonly operations: readonly Operation[];
  readonly expected: number;
  readonly rollout: boolean;
}

export function reconnecting(deps: MembershipDeps): Pick<MembershipService, 'planReconnect' | 'reconnect'> {
  const { config, machines, push, pool } = deps;
  const look = readingSides(deps);

  return {
    async planReconnect(machine, bootstrap) {
      const registration = await disconnected(machine);
      try {
        return planOf(registration, await look(registration, bootstrap, false), bootstrap);
      } finally {
        pool.drop(registration.id);
      }
    },
    async reconnect(author, machine, { accept, bootstrap, rollout = true, ...decisions }) {
      const registration = await disconnected(machine);
      try {
        const looked = await look(registration, bootstrap, false);
        const plan = planOf(registration, looked, bootstrap);
        if (accept !== undefined && accept !== plan.id) throw outdated(machine);
        const found = differences(looked.sides);
        const chosen = taken(machine, found, decisions);
        const operations = takeOperations(machine, chosen, looked.sides);
        // The same once more, as it is kept only now.
        if (operations.length > 0 && bootstrap) await look(registration, bootstrap, true);
        await prove(machine, chosen, operations, looked);
        const made = await commit(author, { machine, operations, expected: looked.revision, rollout });
        const revision = made ?? (await config.revision(looked.revision));
        const isAsFound = found.every((one) => one.same ?? chosen.includes(one));
        if (looked.examined.asFound && found.length > 0 && isAsFound) await adoptAnew(registration, revision, looked);
        // Before it counts as connected: whoever is killed in between has not lost what was decided.
        const started = rollout ? { rollout: await rollOut(author, machine, made, looked) } : {};
        await machines.disconnect(registration.id, undefined);
        return { revision, ...started };
      } catch (error) {
        pool.drop(registration.id);
        throw error;
      }
    },
  };

  async function disconnected(machine: string): Promise<Registration> {
    const registration = await machines.byName(machine);
    if (registration?.disconnected) return registration;
    throw new NamedError('not-found', `there is no machine ${machine} that is disconnected; see "signet machine list"`);
  }

  /** What is taken must come out of the configuration as it was read of the machine, or it would be lost all the same. */
  async function prove(
    machine: string,
    chosen: readonly Difference[],
    operations: readonly Operation[],
    looked: Looked,
  ): Promise<void> {
    if (operations.length === 0) return;
    const manifest = await config.foresee(operations, machine);
    const [first] = unproven(chosen, looked.sides.live, readAfter(looked, manifest));
    if (!first) return;
    throw new NamedError(
      'invalid-input',
      `${first.path} cannot be taken, as the settings that come of it would not give ${machine} what it has; keep it, or put it into the configuration first`,
    );
  }

  /** Undefined where nothing is taken that the configuration does not have. */
  async function commit(
    author: string,
    { machine, operations, expected, rollout }: Taking,
  ): Promise<Revision | undefined> {
    if (operations.length === 0) return undefined;
    try {
      const options = { comment: `${machine} reconnected`, rollout, machines: [machine], expected };
      return await config.apply(author, operations, options);
    } catch (error) {
      if (isNamed(error, 'nothing-to-commit')) return undefined;
      if (isNamed(error, 'precondition-failed')) throw outdated(machine);
      throw error;
    }
  }

  /** All that it has is in its layer now: it stays as it was found, by what that comes to. */
  async function adoptAnew({ id, name }: Registration, { number }: Revision, { examined }: Looked): Promise<void> {
    const { digest } = await config.manifest(name, number);
    const found = await asItIs((await pool.link(id)).connection, examined.facts);
    await machines.put({ ...(await machines.get(id)), adopted: { manifest: digest, ...found } });
  }

  async function rollOut(author: string, machine: string, made: Revision | undefined, { examined }: Looked) {
    const decided = { [machine]: examined.edits.map(({ detail }) => detail) };
    const own = made && (await push.ensure(made.number, author, decided));
    return (own ?? (await push.start(author, { machines: [machine], decided }))).id;
  }
}

function planOf({ name, disconnected }: Registration, looked: Looked, bootstrap: Bootstrap | undefined): ReconnectPlan {
  const { revision, sides, examined, since } = looked;
  const found = differences(sides).map(({ read: _read, ...one }) => one);
  const shown = { revision, differences: found, edits: examined.edits };
  const isUnread = found.some(({ obstacle = '' }) => /could not be read|cannot be listed/.test(obstacle));
  return {
    machine: name,
    id: createHash('sha256').update(canonicalJson(shown)).digest('hex').slice(0, 16),
    revision,
    ...(since === undefined ? {} : { since }),
    ...(disconnected ? { disconnected: { since: disconnected.since, by: disconnected.by } } : {}),
    differences: found,
    open: found.filter(isOpen).length,
    notes: [
      ...(since === undefined ? ['what was changed in the configuration for it is not known here'] : []),
      ...(isUnread && !bootstrap
        ? ['files that only root may read on it were not read; give a login to it to have them read']
        : []),
      ...(examined.asFound && found.some((one) => one.same !== true)
        ? [
            'nothing of Signet is on it yet: unless all of its own is taken, it is pushed to as at a first push, all of it',
          ]
        : []),
    ],
  };
}

function outdated(machine: string): NamedError {
  return new NamedError(
    'plan-outdated',
    `${machine}, or the configuration for it, is not as it was shown any more; nothing was changed; look at its plan anew`,
  );
}
