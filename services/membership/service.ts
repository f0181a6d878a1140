/** Membership's shell: the workflows of joining, leaving and rejoining over configuration, machines and gateways. */
import type { ConfigService } from '../config/service.ts';
import { isNamed, NamedError } from '../errors.ts';
import type { Archive, MachineService } from '../machines/service.ts';
import type { Platform } from '../platforms/platform.ts';
import { install, readFacts, readFactsUninstalled, uninstall } from '../push/gateway.ts';
import type { PushService } from '../push/contract.ts';
import type { Pool } from '../push/pool.ts';
import type { Script } from '../push/script.ts';
import { connect, fingerprint, readHostKey, type Address, type Connection } from '../push/ssh.ts';
import type { Facts, Operation, Registration } from '../schema/types.generated.ts';
import type { AcceptedJoin, JoinPlan, JoinRequest, LeavePlan, MembershipService } from './contract.ts';
import { firstLayer, notes, obstacles, type Candidate } from './join.ts';
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

  async function examine(
    request: JoinRequest,
    hostKey: string,
    facts: Facts,
  ): Promise<{ candidate: Candidate; archive: Archive | undefined; plan: JoinPlan }> {
    const group = request.group ?? 'main';
    const candidate = { name: request.name, group, host: request.host, hostKey, facts };
    const groups = Object.keys((await config.configuration((await config.head()).number)).groups);
    const archive = facts.identity === '' ? undefined : await machines.archive(facts.identity);
    const { postfix, ...rest } = facts;
    const plan: JoinPlan = {
      name: request.name,
      group,
      hostKey: fingerprint(hostKey),
      facts: { ...rest, ...(postfix ? { postfix: { version: postfix.version, running: postfix.running } } : {}) },
      layer: firstLayer(facts),
      ...(archive
        ? {
            known: {
              name: archive.name,
              left: archive.left,
              settings: leavePlan(archive.name, archive.layer, true).settings,
            },
          }
        : {}),
      findings: obstacles(candidate, { groups, registrations: await machines.list() }, platforms),
      notes: notes(candidate, archive),
    };
    return { candidate, archive, plan };
  }

  async function join(author: string, request: AcceptedJoin) {
    const at = { host: request.host, port: request.port ?? 22 };
    const hostKey = await expectedHostKey(at, request.hostKey);
    const bootstrap = await visit(request, hostKey);
    try {
      const facts = await readFactsUninstalled(bootstrap, request.bootstrap, deps.script, now());
      const { archive, plan } = await examine(request, hostKey, facts);
      if (plan.findings.length > 0) {
        throw new NamedError(
          facts.postfix ? 'identity-conflict' : 'unsupported-gateway',
          `${request.name} cannot join: ${plan.findings[0]?.detail ?? ''}`,
          { findings: plan.findings },
        );
      }
      if (archive && request.archive === undefined) {
        throw new NamedError(
          'identity-conflict',
          `this machine was a member until ${archive.left} as ${archive.name}; say whether to restore its archived settings or to discard them`,
        );
      }
      const layer =
        archive && request.archive === 'restore' ? { ...firstLayer(facts), ...archive.layer } : firstLayer(facts);
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
      await machines.put(registration);
      if ((await machines.original(id)) === undefined) await machines.putOriginal(id, facts);
      return await admit(author, request, registration, layer);
    } finally {
      bootstrap.close();
    }
  }

  /** The machine lets the controller in; now it becomes a member, or everything is taken back. */
  async function admit(
    author: string,
    request: AcceptedJoin,
    registration: Registration,
    layer: Readonly<Record<string, unknown>>,
  ) {
    const { id, name } = registration;
    try {
      deps.pool.drop(id);
      const { connection } = await deps.pool.link(id);
      const member: Registration = {
        ...registration,
        state: 'member',
        joined: now().toISOString(),
        facts: await readFacts(connection, now()),
      };
      await machines.put(member);
      const present = (await config.configuration((await config.head()).number)).machines[name];
      if (present?.id === id) {
        // It came with a configuration file and waited: it is in the roster already, and only has to be brought up to date.
        await deps.push.start(author, { machines: [name] });
        return { registration: member, revision: await config.head() };
      }
      const operation: Operation = { op: 'admit', machine: name, id, group: request.group ?? 'main', layer };
      const revision = await config.apply(author, [operation], {
        comment: `${name} joined`,
        rollout: request.rollout ?? true,
        machines: [name],
      });
      if (request.archive !== undefined) await machines.removeArchive(id);
      return { registration: member, revision };
    } catch (error) {
      await takeBack(registration);
      throw error;
    }
  }

  async function takeBack({ id }: Registration): Promise<void> {
    try {
      await uninstall((await deps.pool.link(id)).connection, false);
    } catch {
      // The first failure is the one to report; what is left on the machine is overwritten by the next join.
    }
    deps.pool.drop(id);
    const archive = await machines.archive(id);
    const registration = await machines.get(id);
    if (archive) await machines.put({ ...registration, state: 'left' });
    else await machines.remove(id);
  }

  async function planOf(
    machine: string,
  ): Promise<{ registration: Registration; plan: LeavePlan; layer: Readonly<Record<string, unknown>> }> {
    const registration = await machines.byName(machine);
    if (!registration) throw new NamedError('not-found', `there is no machine ${machine}; see "signet machine list"`);
    const configuration = await config.configuration((await config.head()).number);
    const layer = configuration.layers[`machine/${machine}`] ?? {};
    const reachable = await deps.pool.link(registration.id).then(
      () => true,
      () => false,
    );
    return { registration, layer, plan: leavePlan(machine, layer, reachable) };
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
      const configuration = await config.configuration((await config.head()).number);
      const entry = configuration.machines[machine];
      if (entry)
        await machines.putArchive({
          id: registration.id,
          name: machine,
          group: entry.group,
          left: now().toISOString(),
          layer,
        });
      const revision = entry
        ? await config.apply(author, [{ op: 'dismiss', machine }], { comment: `${machine} left`, rollout: false })
        : await config.head();
      const told = await dismiss(registration, restoreOriginal, plan.reachable);
      await machines.put({ ...registration, state: 'left' });
      await deps.push.forget(registration.id);
      return { revision, plan, notes: told };
    },
  };

  async function dismiss(
    registration: Registration,
    restoreOriginal: boolean,
    reachable: boolean,
  ): Promise<readonly string[]> {
    const { id, name, host } = registration;
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
