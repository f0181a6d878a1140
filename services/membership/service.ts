/** Membership's shell: the workflows of joining, leaving and rejoining over configuration, machines and gateways. */
import { setTimeout as sleep } from 'node:timers/promises';

import type { ConfigService } from '../config/service.ts';
import { isNamed, NamedError } from '../errors.ts';
import { holdsName } from '../machines/names.ts';
import type { Archive, MachineService } from '../machines/service.ts';
import type { Platform } from '../platforms/platform.ts';
import { install, readFacts, readFactsUninstalled, readState, uninstall } from '../push/gateway.ts';
import type { PushService } from '../push/contract.ts';
import type { Pool } from '../push/pool.ts';
import type { Script } from '../push/script.ts';
import { connect, fingerprint, readHostKey, type Address, type Connection } from '../push/ssh.ts';
import { own } from '../schema/json.ts';
import type { AdmitOperation, Configuration, Facts, Registration, Revision } from '../schema/types.generated.ts';
import type { AcceptedJoin, JoinPlan, JoinRequest, LeavePlan, MembershipService } from './contract.ts';
import { firstLayer, groupOf, notes, obstacles, placeOf, type Obstacle } from './join.ts';
import { leavePlan } from './leave.ts';

export interface MembershipDeps {
  readonly config: ConfigService;
  readonly machines: MachineService;
  readonly push: PushService;
  readonly platforms: readonly Platform[];
  readonly pool: Pool;
  /** The controller's own SSH key, for the gateways' authorized_keys and to log in with. */
  readonly sshKey: { readonly publicKey: string; readonly privateKey: string };
  readonly script: Script;
  readonly now: () => Date;
}

interface Examined {
  readonly archive: Archive | undefined;
  readonly plan: JoinPlan;
  /** The first of what stands in the way. */
  readonly obstacle: Obstacle | undefined;
}

/** How long a gateway gets to say that it is there. */
const patienceMilliseconds = 10_000;

export function membershipService(deps: MembershipDeps): MembershipService {
  const { config, machines, platforms, now } = deps;

  async function visit(request: JoinRequest, hostKey: string): Promise<Connection> {
    const { user, password, privateKey, passphrase } = request.bootstrap;
    const login = {
      user,
      ...(password === undefined ? {} : { password }),
      ...(privateKey === undefined ? {} : { privateKey }),
      ...(passphrase === undefined ? {} : { passphrase }),
    };
    return connect({ host: request.host, port: request.port ?? 22 }, login, hostKey);
  }

  async function present(): Promise<Configuration> {
    return config.configuration((await config.head()).number);
  }

  async function examine(request: JoinRequest, hostKey: string, facts: Facts): Promise<Examined> {
    const configuration = await present();
    const place = placeOf(facts.identity, configuration);
    // What came with a configuration file and was committed is newer than what was archived when it left.
    const archive = facts.identity === '' || place ? undefined : await machines.archive(facts.identity);
    const group = groupOf(request.group, configuration, place, archive);
    const candidate = { name: request.name, group, host: request.host, hostKey, facts };
    const found = obstacles(candidate, { configuration, registrations: await machines.list() }, platforms);
    const { postfix, ...rest } = facts;
    const plan: JoinPlan = {
      name: request.name,
      group,
      hostKey: fingerprint(hostKey),
      facts: { ...rest, ...(postfix ? { postfix: { version: postfix.version, running: postfix.running } } : {}) },
      layer: (place && configuration.layers[`machine/${place.name}`]) ?? firstLayer(facts),
      ...(archive
        ? {
            known: {
              name: archive.name,
              left: archive.left,
              settings: leavePlan(archive.name, archive.layer, true).settings,
            },
          }
        : {}),
      findings: found.map(({ finding }) => finding),
      notes: notes(candidate, archive),
    };
    return { archive, plan, obstacle: found[0] };
  }

  async function join(author: string, request: AcceptedJoin) {
    const at = { host: request.host, port: request.port ?? 22 };
    const hostKey = await expectedHostKey(at, request.hostKey);
    const bootstrap = await visit(request, hostKey);
    try {
      const facts = await readFactsUninstalled(bootstrap, request.bootstrap, deps.script, now());
      const { archive, plan, obstacle } = await examine(request, hostKey, facts);
      if (obstacle) {
        const { code, finding } = obstacle;
        throw new NamedError(code, `${request.name} cannot join: ${finding.detail}`, { findings: plan.findings });
      }
      if (archive && request.archive === undefined) {
        throw new NamedError(
          'identity-conflict',
          `this machine was a member until ${archive.left} as ${archive.name}; say whether to restore its archived settings or to discard them`,
        );
      }
      const layer = archive && request.archive === 'restore' ? { ...plan.layer, ...archive.layer } : plan.layer;
      const before = (await machines.list()).find(({ id }) => id === facts.identity);
      // From here on the machine is changed; what is done is safe to do again when it breaks off.
      const id = await install(bootstrap, request.bootstrap, deps.script, deps.sshKey.publicKey);
      const registration: Registration = {
        id,
        name: request.name,
        ...at,
        user: request.bootstrap.user,
        hostKey,
        state: 'joining',
        facts,
      };
      const admission: AdmitOperation = { op: 'admit', machine: request.name, id, group: plan.group, layer };
      return await admit(author, registration, admission, { before, rollout: request.rollout ?? true });
    } finally {
      bootstrap.close();
    }
  }

  /** The machine lets the controller in; now it becomes a member, or everything is taken back. */
  async function admit(
    author: string,
    registration: Registration,
    admission: AdmitOperation,
    { before, rollout }: { readonly before: Registration | undefined; readonly rollout: boolean },
  ) {
    const { id, name, facts } = registration;
    try {
      await machines.put(registration);
      if (facts && (await machines.original(id)) === undefined) await machines.putOriginal(id, facts);
      deps.pool.drop(id);
      const { connection } = await deps.pool.link(id);
      const member: Registration = {
        ...registration,
        state: 'member',
        joined: now().toISOString(),
        facts: await readFacts(connection, now()),
      };
      await machines.put(member);
      const enrolled = await enroll(author, admission, rollout);
      await machines.removeArchive(id);
      return { registration: member, ...enrolled };
    } catch (error) {
      await takeBack(registration, before);
      if (!isNamed(error, 'invalid-configuration')) throw error;
      throw new NamedError(error.code, `${name} cannot join, and nothing is left on it: ${error.message}`, {
        findings: error.findings,
        cause: error,
      });
    }
  }

  /** Puts the machine in the roster; one that came with a configuration file is there already, and is brought up to date. */
  async function enroll(
    author: string,
    admission: AdmitOperation,
    rollout: boolean,
  ): Promise<{ readonly revision: Revision; readonly rollout?: number }> {
    const { machine, id } = admission;
    if (placeOf(id, await present()) === undefined) {
      const options = { comment: `${machine} joined`, rollout, machines: [machine] };
      return { revision: await config.apply(author, [admission], options) };
    }
    const revision = await config.head();
    if (!rollout) return { revision };
    return { revision, rollout: (await deps.push.start(author, { machines: [machine] })).id };
  }

  async function takeBack({ id }: Registration, before: Registration | undefined): Promise<void> {
    try {
      await uninstall((await deps.pool.link(id)).connection, false);
    } catch {
      // The first failure is the one to report; what is left on the machine is overwritten by the next join.
    }
    deps.pool.drop(id);
    if (before && !holdsName(before)) await machines.put(before);
    else await machines.remove(id);
  }

  async function planOf(
    machine: string,
  ): Promise<{ registration: Registration; plan: LeavePlan; layer: Readonly<Record<string, unknown>> }> {
    const configuration = await present();
    const registration = await known(machine, configuration);
    const layer = configuration.layers[`machine/${machine}`] ?? {};
    return { registration, layer, plan: leavePlan(machine, layer, await answers(registration.id)) };
  }

  /** The machine that holds the name, or the one in the roster that waits under it. */
  async function known(machine: string, { machines: roster }: Configuration): Promise<Registration> {
    const entry = own(roster, machine);
    const registration = (await machines.byName(machine)) ?? (await machines.list()).find(({ id }) => id === entry?.id);
    if (registration) return registration;
    throw new NamedError('not-found', `there is no machine ${machine}; see "signet machine list"`);
  }

  /** Whether the gateway answers the controller now: a connection that is still open says nothing about its other end. */
  async function answers(id: string): Promise<boolean> {
    const asked = deps.pool.link(id).then(({ connection }) => readState(connection));
    const answer = asked.then(
      () => true,
      () => false,
    );
    const reached = await Promise.race([answer, sleep(patienceMilliseconds, false, { ref: false })]);
    if (!reached) deps.pool.drop(id);
    return reached;
  }

  return {
    hostKey: async ({ host, port = 22 }) => fingerprint(await readHostKey({ host, port })),
    join,
    async plan(request) {
      const hostKey = await expectedHostKey({ host: request.host, port: request.port ?? 22 }, request.hostKey);
      const connection = await visit(request, hostKey);
      try {
        const facts = await readFactsUninstalled(connection, request.bootstrap, deps.script, now());
        return (await examine(request, hostKey, facts)).plan;
      } finally {
        connection.close();
      }
    },
    planLeave: async (machine) => (await planOf(machine)).plan,
    async leave(author, machine, { restoreOriginal = false, force = false }) {
      const { registration, layer, plan } = await planOf(machine);
      if (!plan.reachable && !force) {
        throw new NamedError(
          'unreachable',
          `${machine} cannot be reached, so Signet's key and script would stay on it; bring it back first, or let it go with --force`,
        );
      }
      const { id } = registration;
      const entry = own((await present()).machines, machine);
      if (entry) {
        await machines.putArchive({ id, name: machine, group: entry.group, left: now().toISOString(), layer });
      }
      const revision = entry
        ? await config.apply(author, [{ op: 'dismiss', machine }], { comment: `${machine} left`, rollout: false })
        : await config.head();
      const told = await dismiss(registration, restoreOriginal, plan.reachable);
      await machines.put({ ...registration, state: 'left' });
      await deps.push.forget(id);
      return { revision, plan, notes: told };
    },
  };

  async function dismiss(
    registration: Registration,
    restoreOriginal: boolean,
    reachable: boolean,
  ): Promise<readonly string[]> {
    const { id, name, host, state } = registration;
    if (state === 'waiting') return [`${name} was not taken over by this controller, so nothing on it was changed`];
    if (!reachable) {
      deps.pool.drop(id);
      return [
        `${name} could not be reached: the line of the key "signet" is still in its authorized_keys; remove it there`,
      ];
    }
    await uninstall((await deps.pool.link(id)).connection, restoreOriginal);
    deps.pool.drop(id);
    const login = { user: registration.user, privateKey: deps.sshKey.privateKey };
    try {
      (await connect({ host, port: registration.port }, login, registration.hostKey)).close();
      return [`${name} still lets the controller in; look for another line with its key in authorized_keys`];
    } catch (error) {
      if (isNamed(error, 'login-refused')) return [`the controller can no longer log in to ${name}`];
      return [
        `whether ${name} still lets the controller in could not be proven: ${isNamed(error) ? error.message : 'the connection failed'}`,
      ];
    }
  }
}

/** The host key that the machine shows; nothing is sent to one that shows another than `expected`. */
async function expectedHostKey(at: Address, expected: string | undefined): Promise<string> {
  const hostKey = await readHostKey(at);
  if (expected === undefined || fingerprint(hostKey) === expected) return hostKey;
  throw new NamedError(
    'host-key-mismatch',
    `${at.host} shows the host key ${fingerprint(hostKey)}, not the accepted ${expected}; nothing was sent; compare it with "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" on the machine`,
  );
}
