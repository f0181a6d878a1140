/** How a machine leaves: out of the configuration, into the archive, off the gateway, off the record; run again, it goes on where it broke off. */
import { setTimeout as sleep } from 'node:timers/promises';

import { isNamed, NamedError } from '../errors.ts';
import { readIdentity, readState } from '../push/gateway.ts';
import { isObject, own, type Json } from '../schema/json.ts';
import type { Configuration, Registration, Revision } from '../schema/types.generated.ts';
import type { MembershipService } from './contract.ts';
import type { LeavingDeps } from './deps.ts';
import { leavePlan, type Leaver, type Reach } from './leave.ts';
import { letGo } from './letting-go.ts';

/** How long a gateway gets to say that it is there. */
const patienceMilliseconds = 10_000;

/** Far more than others commit while one machine leaves. */
const attempts = 20;

export function leaving(deps: LeavingDeps): Pick<MembershipService, 'planLeave' | 'leave'> {
  const { config, machines, pool, now } = deps;

  return {
    planLeave: async (machine) => leavePlan(await leaver(machine)),
    async leave(author, machine, { restoreOriginal = false, force = false }) {
      const found = await leaver(machine);
      const { registration, reach } = found;
      const { obstacle } = leavePlan(found);
      if (obstacle !== undefined && !force) throw new NamedError('unreachable', obstacle);
      const { revision, layer } = await withdraw(author, registration);
      const notes = await takeOff(registration, restoreOriginal, reach);
      await deps.push.forget(registration.id);
      // Last, as it is found by its name until then.
      const isSilent = reach === 'silent' && registration.state !== 'waiting';
      const { disconnected: _alone, ...record } = registration;
      await machines.put({
        ...record,
        state: 'left',
        ...(isSilent ? { unfinished: now().toISOString() } : {}),
      });
      return { revision, plan: leavePlan({ registration, layer, reach }), notes };
    },
  };

  async function leaver(machine: string): Promise<Leaver & { readonly registration: Registration }> {
    const registration = await known(machine, await config.configuration((await config.head()).number));
    const reach = registration.state === 'waiting' ? 'shut-out' : await reachOf(registration.id);
    const configuration = await config.configuration((await config.head()).number);
    return { registration, reach, layer: layerIn(configuration, registration.id, registration.name) };
  }

  /** The machine that holds the name, or the one in the roster that waits under it. */
  async function known(machine: string, { machines: roster }: Configuration): Promise<Registration> {
    const entry = own(roster, machine);
    const registration = (await machines.byName(machine)) ?? (await machines.list()).find(({ id }) => id === entry?.id);
    if (registration) return registration;
    throw new NamedError('not-found', `there is no machine ${machine}; see "signet machine list"`);
  }

  /** A connection that is still open says nothing about its other end, so the gateway is asked. */
  async function reachOf(id: string): Promise<Reach> {
    const asked = pool.link(id).then(({ connection }) => readState(connection));
    const answer = asked.then(
      async ({ epoch }): Promise<Reach> => (epoch > (await deps.epoch()) ? 'succeeded' : 'answers'),
      (error: unknown): Reach => (isNamed(error, 'login-refused') ? 'shut-out' : 'silent'),
    );
    const reach = await Promise.race([answer, sleep(patienceMilliseconds, 'silent' as const, { ref: false })]);
    if (reach !== 'answers') pool.drop(id);
    return reach;
  }

  /** Takes the machine out of the configuration. What is archived is what that takes out: another commit in between starts it anew. */
  async function withdraw(
    author: string,
    { id, name }: Registration,
  ): Promise<{ readonly revision: Revision; readonly layer: Leaver['layer'] }> {
    const earlier = (await machines.archive(id))?.layer ?? {};
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const revision = await config.head();
      const configuration = await config.configuration(revision.number);
      const layer = layerIn(configuration, id, name);
      if (!layer) return { revision, layer };
      const group = configuration.machines[name]?.group ?? '';
      const archived = both(earlier, layer);
      await machines.putArchive({ id, name, group, left: now().toISOString(), layer: archived });
      const options = { comment: `${name} left`, rollout: false, expected: revision.number };
      try {
        return { revision: await config.apply(author, [{ op: 'dismiss', machine: name }], options), layer };
      } catch (error) {
        if (!isNamed(error, 'precondition-failed')) throw error;
      }
    }
    throw new NamedError('busy', `others keep committing while ${name} leaves; let it leave again`, {
      transient: true,
    });
  }

  /** Removes what Signet has on the gateway, and proves it; in words, what came of it. */
  async function takeOff(
    registration: Registration,
    restoreOriginal: boolean,
    reach: Reach,
  ): Promise<readonly string[]> {
    const { id, name, host, port, state } = registration;
    if (state === 'waiting') return [`${name} was not taken over by this controller, so nothing on it was changed`];
    if (reach === 'silent') {
      return [
        `${name} could not be reached: the line of the key "signet" is still in its authorized_keys; remove it there, or let it come back: as long as its key fits, the controller then removes what is Signet's by itself (signet machine list --all)`,
      ];
    }
    if (reach === 'succeeded') return [`${name} follows another controller by now, so nothing on it was changed`];
    if (reach === 'shut-out') {
      return [`${name} no longer lets the controller in; if /usr/local/lib/signet is still there, remove it`];
    }
    const left = await uninstallFrom(registration, restoreOriginal);
    pool.drop(id);
    if (!left)
      return [`the machine at ${host} has another identity now; it is not ${name}, and nothing on it was changed`];
    const login = { user: registration.user, privateKey: (await deps.sshKey()).privateKey };
    try {
      (await deps.ssh.connect({ host, port }, login, registration.hostKey)).close();
      return [...left, `${name} still lets the controller in; look for another line with its key in authorized_keys`];
    } catch (error) {
      if (isNamed(error, 'login-refused')) return [...left, `the controller can no longer log in to ${name}`];
      return [
        ...left,
        `whether ${name} still lets the controller in could not be proven: ${isNamed(error) ? error.message : 'the connection failed'}`,
      ];
    }
  }

  /** What came of it; undefined when another machine is there by now, on which nothing was changed. */
  async function uninstallFrom(
    { id, name }: Registration,
    restoreOriginal: boolean,
  ): Promise<readonly string[] | undefined> {
    try {
      if ((await readIdentity((await pool.link(id)).connection)) !== id) return undefined;
      return await letGo(deps, { id, name }, restoreOriginal);
    } catch (error) {
      if (!isNamed(error)) throw error;
      throw new NamedError(
        error.code,
        `${name} is out of the configuration, but not let go yet: ${error.message}; let it leave once more to finish`,
        { transient: error.transient, facts: error.facts, cause: error },
      );
    }
  }
}

/** What is archived: with what an earlier leave has left there, and nobody has restored or discarded since. */
function both(earlier: Readonly<Record<string, unknown>>, layer: Readonly<Record<string, unknown>>) {
  const sections = [...new Set([...Object.keys(earlier), ...Object.keys(layer)])];
  return Object.fromEntries(
    sections.map((section) => {
      const [old, present] = [earlier[section] as Json | undefined, layer[section] as Json | undefined];
      return [section, isObject(old) && isObject(present) ? { ...old, ...present } : (present ?? old)];
    }),
  );
}

/** The layer of the machine with this identity; undefined when the roster has none, or another one under its name. */
function layerIn({ machines, layers }: Configuration, id: string, name: string): Leaver['layer'] {
  return own(machines, name)?.id === id ? (layers[`machine/${name}`] ?? {}) : undefined;
}
