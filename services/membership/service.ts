/** Membership's shell: the workflows of joining, leaving and rejoining over configuration, machines and gateways. */
import { isNamed, NamedError } from '../errors.ts';
import { holdsName } from '../machines/names.ts';
import type { Archive } from '../machines/service.ts';
import { install, readFacts, readFactsUninstalled, readOriginal, uninstall } from '../push/gateway.ts';
import type { Script } from '../push/script.ts';
import { connect, fingerprint, readHostKey, type Address, type Connection } from '../push/ssh.ts';
import type { AdmitOperation, Configuration, Facts, Registration, Revision } from '../schema/types.generated.ts';
import type { AcceptedJoin, JoinPlan, JoinRequest, MembershipService } from './contract.ts';
import { firstLayer, groupOf, notes, obstacles, placeOf, type Obstacle } from './join.ts';
import { settingsOf } from './leave.ts';
import { leaving, type LeavingDeps } from './leaving.ts';
import { discardDraft } from './waiting.ts';

export interface MembershipDeps extends LeavingDeps {
  readonly script: Script;
}

interface Examined {
  readonly archive: Archive | undefined;
  readonly plan: JoinPlan;
  /** The first of what stands in the way. */
  readonly obstacle: Obstacle | undefined;
}

export function membershipService(deps: MembershipDeps): MembershipService {
  const { config, machines, now } = deps;

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
    const found = obstacles(candidate, { configuration, registrations: await machines.list() });
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
              settings: settingsOf(archive.layer),
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
      const original = await readOriginal(bootstrap, request.bootstrap, facts);
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
      return await admit(author, registration, admission, { before, original, rollout: request.rollout ?? true });
    } finally {
      bootstrap.close();
    }
  }

  /** The machine lets the controller in; now it becomes a member, or everything is taken back. */
  async function admit(
    author: string,
    registration: Registration,
    admission: AdmitOperation,
    known: { readonly before: Registration | undefined; readonly original: Facts; readonly rollout: boolean },
  ) {
    const { id, name } = registration;
    try {
      await machines.put(registration);
      await machines.putOriginal(id, known.original);
      deps.pool.drop(id);
      const { connection } = await deps.pool.link(id);
      const member: Registration = {
        ...registration,
        state: 'member',
        joined: now().toISOString(),
        facts: await readFacts(connection, now()),
      };
      await machines.put(member);
      const enrolled = await enroll(author, admission, known.rollout);
      await machines.removeArchive(id);
      return { registration: member, ...enrolled };
    } catch (error) {
      await takeBack(registration, known.before);
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
    ...leaving(deps),
    discardDraft: (author) => discardDraft(deps, author),
  };
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
