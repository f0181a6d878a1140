/** Membership's shell: the workflows of joining, leaving and rejoining over configuration, machines and gateways. */
import { isNamed, NamedError } from '../errors.ts';
import { defaultsLayer } from '../config/defaults.ts';
import { layerAt } from '../config/levels.ts';
import { resolve, type Effective } from '../config/resolve.ts';
import { holdsName } from '../machines/names.ts';
import type { Archive } from '../machines/service.ts';
import { forgetIdentity, install, readFacts, readFactsUninstalled, readOriginal, uninstall } from '../push/gateway.ts';
import type { Script } from '../push/script.ts';
import { fingerprint, type Address, type Connection } from '../push/ssh.ts';
import { ownedSettings } from '../platforms/postfix/present/present.ts';
import type { PkiService } from '../pki/service.ts';
import type { JsonObject } from '../schema/json.ts';
import type { AdmitOperation, Configuration, Facts, Registration, Revision } from '../schema/types.generated.ts';
import { adoptedLayer, plannedSettings } from './adopt.ts';
import type { AcceptedJoin, JoinPlan, JoinRequest, MembershipService } from './contract.ts';
import { departed } from './departed.ts';
import { doubtful, standing, type Standing } from './identity.ts';
import { findSettings, type Found } from './found.ts';
import { demands, firstLayer, groupOf, notes, obstacles, placeOf, type Obstacle } from './join.ts';
import { settingsOf } from './leave.ts';
import { leaving, type LeavingDeps } from './leaving.ts';
import { admission, predecessor, type Predecessor } from './succession.ts';
import { discardDraft } from './waiting.ts';

export interface MembershipDeps extends LeavingDeps {
  readonly script: Script;
  readonly pki: Pick<PkiService, 'importPem' | 'putBundle' | 'demonstration'>;
}

interface Examined {
  /** Its own, or that of the machine whose place it takes. */
  readonly archive: Archive | undefined;
  readonly stands: Standing;
  readonly former: Predecessor | undefined;
  readonly plan: JoinPlan;
  /** What it would get without being adopted. */
  readonly upper: Effective;
  /** The first of what stands in the way. */
  readonly obstacle: Obstacle | undefined;
}

/** What is known of a machine that is about to become a member. */
interface Known {
  readonly before: Registration | undefined;
  readonly original: Facts;
  /** The one that has its name, and gives it up. */
  readonly holder: Registration | undefined;
  /** The identity whose place it takes. */
  readonly succeeds: string | undefined;
  /** What is restored or discarded with this. */
  readonly archive: Archive | undefined;
  readonly rollout: boolean;
  readonly adopt: boolean;
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
    return deps.ssh.connect({ host: request.host, port: request.port ?? 22 }, login, hostKey);
  }

  async function present(): Promise<Configuration> {
    return config.configuration((await config.head()).number);
  }

  /** What the machine would get in a group with no more than the layer every machine starts with. */
  async function withoutItsOwn(configuration: Configuration, group: string, facts: Facts): Promise<Effective> {
    const levels = ['cluster', `group/${group}`].map((level) => ({ level, layer: layerAt(configuration, level) }));
    const first = { level: 'machine', layer: firstLayer(facts) as JsonObject };
    return resolve([defaultsLayer(await deps.pki.demonstration('')), ...levels, first]);
  }

  async function examine(
    request: JoinRequest,
    hostKey: string,
    facts: Facts,
    settings: Found | undefined,
  ): Promise<Examined> {
    const configuration = await present();
    const [registrations, archives] = await Promise.all([machines.list(), machines.archives()]);
    const { name, host, claim } = request;
    const claimant = { name, host, hostKey, identity: facts.identity, claim };
    const answering = await whoAnswers(doubtful(claimant, { registrations }));
    const answers = (id: string) => answering.has(id);
    const stands = standing(claimant, { configuration, registrations, archives, answers });
    const { identity, succeeds } = stands;
    const former = succeeds === undefined ? undefined : predecessor(succeeds, configuration, archives);
    const place = former ? undefined : placeOf(identity, configuration);
    // What came with a configuration file and was committed is newer than what was archived when it left.
    const archive = former ? former.archive : place ? undefined : archives.find(({ id }) => id === identity);
    const group = groupOf(request.group, configuration, place ?? (former?.archive ? undefined : former), archive);
    const candidate = { name, group, host, facts };
    const found = obstacles(candidate, configuration, stands);
    const upper = await withoutItsOwn(configuration, group, facts);
    const { postfix, ...rest } = facts;
    const plan: JoinPlan = {
      name: request.name,
      group,
      hostKey: fingerprint(hostKey),
      facts: { ...rest, ...(postfix ? { postfix: { version: postfix.version, running: postfix.running } } : {}) },
      layer:
        former && !former.archive
          ? former.layer
          : ((place && configuration.layers[`machine/${place.name}`]) ?? firstLayer(facts)),
      present: settings ? plannedSettings(settings, upper) : [],
      certificates: (settings?.certificates ?? []).map(({ path, facts: chain }) => ({
        path,
        subject: chain.subject,
        expires: chain.notAfter.toISOString(),
        fingerprint: chain.leaf,
      })),
      ...(settings && !place && !former ? { adopted: adoptedLayer(settings.layer, upper.settings) } : {}),
      ...(archive
        ? {
            known: {
              name: archive.name,
              left: archive.left,
              settings: settingsOf(archive.layer),
            },
          }
        : {}),
      ...(former && !former.archive ? { replaces: { name: former.name, settings: settingsOf(former.layer) } } : {}),
      findings: found.map(({ finding }) => finding),
      notes: [...notes(candidate), ...demands(configuration, group)],
    };
    return { archive, stands, former, plan, upper, obstacle: found[0] };
  }

  /** Which of these machines show the host key that is on record, at the address that is. */
  async function whoAnswers(asked: readonly Registration[]): Promise<ReadonlySet<string>> {
    const answers = asked.map(async ({ id, host, port, hostKey }) =>
      (await deps.ssh.readHostKey({ host, port }).catch(() => undefined)) === hostKey ? [id] : [],
    );
    return new Set((await Promise.all(answers)).flat());
  }

  async function join(author: string, request: AcceptedJoin) {
    const at = { host: request.host, port: request.port ?? 22 };
    const hostKey = await expectedHostKey(at, request.hostKey);
    const bootstrap = await visit(request, hostKey);
    try {
      const facts = await readFactsUninstalled(bootstrap, request.bootstrap, deps.script, now());
      const settings = request.adopt ? await find(bootstrap, request, facts, false) : undefined;
      const { archive, stands, former, plan, obstacle } = await examine(request, hostKey, facts, settings);
      if (obstacle) {
        const { code, finding } = obstacle;
        throw new NamedError(code, `${request.name} cannot join: ${finding.detail}`, { findings: plan.findings });
      }
      if (request.adopt) checkAdoptable(request, plan);
      const choice = request.archive ?? (request.claim === 'replace' ? 'restore' : undefined);
      if (archive && !request.adopt && choice === undefined) {
        throw new NamedError(
          'identity-conflict',
          `this machine was a member until ${archive.left} as ${archive.name}; say whether to restore its archived settings or to discard them`,
        );
      }
      const restored = archive && choice === 'restore' ? { ...plan.layer, ...archive.layer } : plan.layer;
      // The same once more, as it is kept only now.
      if (request.adopt) await find(bootstrap, request, facts, true);
      const layer = request.adopt ? (plan.adopted ?? {}) : restored;
      const registrations = await machines.list();
      const before = registrations.find(({ id }) => id === stands.identity);
      const holder = registrations.find((one) => one.name === request.name && holdsName(one));
      const original = await readOriginal(bootstrap, request.bootstrap, facts);
      // From here on the machine is changed; what is done is safe to do again when it breaks off.
      if (stands.identity !== facts.identity) await forgetIdentity(bootstrap, request.bootstrap);
      const id = await install(bootstrap, request.bootstrap, deps.script, (await deps.sshKey()).publicKey);
      const registration: Registration = {
        id,
        name: request.name,
        ...at,
        user: request.bootstrap.user,
        hostKey,
        state: 'joining',
        facts,
        ...(request.adopt ? {} : asItWaited(before)),
      };
      const operation: AdmitOperation = { op: 'admit', machine: request.name, id, group: plan.group, layer };
      return await admit(author, registration, operation, {
        before,
        original,
        // The one that answers to the name gives it up to this one.
        holder: former && holder && holder.id !== id ? holder : undefined,
        succeeds: stands.succeeds,
        archive,
        rollout: request.rollout ?? true,
        adopt: request.adopt ?? false,
      });
    } finally {
      bootstrap.close();
    }
  }

  /** The machine lets the controller in; now it becomes a member, or everything is taken back. */
  async function admit(author: string, registration: Registration, operation: AdmitOperation, known: Known) {
    const { id, name } = registration;
    const { holder, archive, succeeds } = known;
    try {
      if (holder) await machines.succeed(holder, registration);
      else await machines.put(registration);
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
      const enrolled = known.adopt
        ? await adopt(author, member, operation, known.rollout)
        : await enroll(author, operation, known);
      if (archive) await machines.removeArchive(archive.id);
      if (succeeds !== undefined && succeeds !== id) await depart(succeeds);
      return { registration: member, ...enrolled };
    } catch (error) {
      await takeBack(registration, known);
      if (!isNamed(error, 'invalid-configuration')) throw error;
      throw new NamedError(error.code, `${name} cannot join, and nothing is left on it: ${error.message}`, {
        findings: error.findings,
        cause: error,
      });
    }
  }

  /**
   * Puts the machine in the roster with the settings it was found with. What Signet would render for them is on record before they are
   * committed, as a rollout follows at once: it must know that they are there.
   */
  async function adopt(author: string, member: Registration, operation: AdmitOperation, rollout: boolean) {
    const { machine } = operation;
    const found = member.facts?.postfix ? ownedSettings(member.facts.postfix) : {};
    for (let attempt = 1; ; attempt += 1) {
      const { number } = await config.head();
      const { digest } = await config.foresee([operation], machine);
      await machines.put({ ...member, adopted: { manifest: digest, found } });
      try {
        const options = {
          comment: `${machine} joined as it was found`,
          rollout,
          machines: [machine],
          expected: number,
        };
        return { revision: await config.apply(author, [operation], options) };
      } catch (error) {
        if (!isNamed(error, 'precondition-failed') || attempt === attempts) throw error;
      }
    }
  }

  async function find(
    connection: Connection,
    { bootstrap }: JoinRequest,
    facts: Facts,
    keep: boolean,
  ): Promise<Found | undefined> {
    return findSettings(deps, connection, bootstrap, facts, keep);
  }

  /** Puts the machine in the roster; one that came with a configuration file is there already, and is brought up to date. */
  async function enroll(
    author: string,
    operation: AdmitOperation,
    { succeeds, rollout }: Known,
  ): Promise<{ readonly revision: Revision; readonly rollout?: number }> {
    const { machine } = operation;
    const comment = `${machine} joined${succeeds === undefined ? '' : ', in the place of the one before it'}`;
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const head = await config.head();
      const operations = admission(operation, succeeds, await config.configuration(head.number));
      if (operations.length === 0) {
        if (!rollout) return { revision: head };
        return { revision: head, rollout: (await deps.push.start(author, { machines: [machine] })).id };
      }
      // What it takes over is what its predecessor has by then, or the commit starts anew.
      const expected = operations.length > 1 ? { expected: head.number } : {};
      try {
        return {
          revision: await config.apply(author, operations, { comment, rollout, machines: [machine], ...expected }),
        };
      } catch (error) {
        if (!isNamed(error, 'precondition-failed')) throw error;
      }
    }
    throw new NamedError('busy', `others keep committing while ${machine} joins; let it join again`, {
      transient: true,
    });
  }

  /** The machine whose place was taken: what is recorded of it goes, and it has left. */
  async function depart(id: string): Promise<void> {
    deps.pool.drop(id);
    await deps.push.forget(id);
    const registration = (await machines.list()).find((one) => one.id === id);
    if (!registration || registration.state === 'waiting') return;
    // Its disk may come back some day, with the controller's key on it.
    await machines.put({ ...registration, state: 'left', unfinished: now().toISOString() });
  }

  async function takeBack({ id }: Registration, { before, holder, succeeds }: Known): Promise<void> {
    try {
      await uninstall((await deps.pool.link(id)).connection, false);
    } catch {
      // The first failure is the one to report; what is left on the machine is overwritten by the next join.
    }
    deps.pool.drop(id);
    if (before && (!holdsName(before) || succeeds === id)) await machines.put(before);
    else await machines.remove(id);
    if (holder) await machines.put(holder);
  }

  return {
    hostKey: async ({ host, port = 22 }) => fingerprint(await deps.ssh.readHostKey({ host, port })),
    join,
    async plan(request) {
      const hostKey = await expectedHostKey({ host: request.host, port: request.port ?? 22 }, request.hostKey);
      const connection = await visit(request, hostKey);
      try {
        const facts = await readFactsUninstalled(connection, request.bootstrap, deps.script, now());
        return (await examine(request, hostKey, facts, await find(connection, request, facts, false))).plan;
      } finally {
        connection.close();
      }
    },
    ...leaving(deps),
    ...departed(deps),
    discardDraft: (author) => discardDraft(deps, author),
  };

  /** The host key that the machine shows; nothing is sent to one that shows another than `expected`. */
  async function expectedHostKey(at: Address, expected: string | undefined): Promise<string> {
    const hostKey = await deps.ssh.readHostKey(at);
    if (expected === undefined || fingerprint(hostKey) === expected) return hostKey;
    throw new NamedError(
      'host-key-mismatch',
      `${at.host} shows the host key ${fingerprint(hostKey)}, not the accepted ${expected}; nothing was sent; compare it with "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" on the machine`,
    );
  }
}

/** What a machine that waits brings along: it was adopted where it came from. One whose takeover broke off still brings it. */
function asItWaited(before: Registration | undefined): Pick<Registration, 'adopted'> {
  const waited = before?.state === 'waiting' || before?.state === 'joining';
  return waited && before.adopted ? { adopted: before.adopted } : {};
}

/** Far more than others commit while one machine joins. */
const attempts = 20;

function checkAdoptable({ name, archive }: AcceptedJoin, { adopted }: JoinPlan): void {
  if (archive === 'restore') {
    throw new NamedError(
      'invalid-input',
      `${name} can have its archived settings or those it has now, not both; leave one of adopt and restore out`,
    );
  }
  if (adopted) return;
  throw new NamedError(
    'invalid-input',
    `${name} cannot be adopted: the configuration has settings for it already; join it without adopting`,
  );
}
