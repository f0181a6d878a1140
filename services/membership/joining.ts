/** How a machine joins: examined over a login that is used once, given the controller's key and script, and admitted. */
import { isNamed, NamedError } from '../errors.ts';
import { holdsName } from '../machines/names.ts';
import { readFactsUninstalled, readOriginal } from '../push/facts.ts';
import { forgetIdentity, install } from '../push/gateway.ts';
import { fingerprint, type Address, type Connection } from '../push/ssh.ts';
import type {
  AcceptedJoin,
  AdmitOperation,
  Facts,
  JoinRequest,
  KeptPlan,
  Registration,
} from '../schema/types.generated.ts';
import { checkAccepted, chosenJoin, faultsOf, outdated } from './accepting.ts';
import { admitting } from './admitting.ts';
import type { ChosenJoin, MembershipService } from './contract.ts';
import type { MembershipDeps } from './deps.ts';
import { examining, restoredLayer } from './examining.ts';
import { findSettings, type Found } from './found.ts';
import { oneAtATime } from './one-at-a-time.ts';
import type { Proposal } from './plans/service.ts';

/** A join with what has been read of the machine. */
interface Joining {
  readonly at: Required<Address>;
  readonly hostKey: string;
  readonly author: string;
  readonly request: ChosenJoin;
  readonly accepted: KeptPlan | undefined;
  readonly bootstrap: Connection;
  readonly facts: Facts;
}

export function joining(deps: MembershipDeps): Pick<MembershipService, 'hostKey' | 'plan' | 'planned' | 'join'> {
  const { machines, plans, now } = deps;
  const [examine, admit] = [examining(deps), admitting(deps)];
  /** Told by host key, and by identity: copies of one disk are told apart once the first of them has joined. */
  const alone = oneAtATime(
    (host) => `the machine at ${host}, or a copy of it, joins just now; wait until that has ended`,
  );

  return {
    hostKey: async ({ host, port = 22 }) => fingerprint(await deps.ssh.readHostKey({ host, port })),
    join,
    planned: async (id) => (await plans.get(id)).plan,
    async plan(request) {
      const hostKey = await expectedHostKey({ host: request.host, port: request.port ?? 22 }, request.hostKey);
      const connection = await visit(request, hostKey);
      try {
        const facts = await readFactsUninstalled(connection, request.bootstrap, deps.script, now());
        const { plan, upper } = await examine(request, hostKey, facts, await find(connection, request, facts, false));
        const { bootstrap, claim } = request;
        return await plans.keep({ plan, user: bootstrap.user, ...(claim && { claim }), upper });
      } finally {
        connection.close();
      }
    },
  };

  async function join(author: string, asked: AcceptedJoin) {
    const accepted = asked.accept === undefined ? undefined : await plans.get(asked.accept);
    const request = chosenJoin(asked, accepted);
    const at = { host: request.host, port: request.port ?? 22 };
    const hostKey = await expectedHostKey(at, request.hostKey).catch((error: unknown) => {
      throw accepted && isNamed(error, 'host-key-mismatch') ? outdated(request.name, [error.message]) : error;
    });
    const joined = await alone(hostKey, at.host, () => joinOver(at, hostKey, author, request, accepted));
    if (accepted) await plans.remove(accepted.plan.id);
    return joined;
  }

  async function joinOver(
    at: Required<Address>,
    hostKey: string,
    author: string,
    request: ChosenJoin,
    accepted: KeptPlan | undefined,
  ) {
    const bootstrap = await visit(request, hostKey);
    try {
      const facts = await readFactsUninstalled(bootstrap, request.bootstrap, deps.script, now());
      const join = () => joinAt({ at, hostKey, author, request, accepted, bootstrap, facts });
      return await (facts.identity === '' ? join() : alone(facts.identity, at.host, join));
    } finally {
      bootstrap.close();
    }
  }

  async function joinAt({ at, hostKey, author, request, accepted, bootstrap, facts }: Joining) {
    const settings = request.adopt || accepted ? await find(bootstrap, request, facts, false) : undefined;
    const { enrolled, archive, stands, former, plan, upper, concerns, obstacle } = await examine(
      request,
      hostKey,
      facts,
      settings,
    );
    const choice = request.archive ?? (request.claim === 'replace' ? 'restore' : undefined);
    const restores = choice === 'restore' ? archive : undefined;
    const start = request.adopt ? 'adopted' : restores ? 'restored' : 'applied';
    if (accepted) checkAccepted(accepted, { plan, upper }, start);
    if (obstacle) {
      const { code, finding } = obstacle;
      throw new NamedError(code, `${request.name} cannot join: ${finding.detail}`, { findings: plan.findings });
    }
    if (request.adopt) checkAdoptable(request, plan);
    const refused = faultsOf(plan, start);
    if (refused[0]) {
      throw new NamedError('invalid-configuration', `${request.name} cannot join: ${refused[0].detail}`, {
        findings: refused,
      });
    }
    if (archive && !request.adopt && choice === undefined) {
      throw new NamedError(
        'identity-conflict',
        `this machine was a member until ${archive.left} as ${archive.name}; say whether to restore its archived settings or to discard them`,
      );
    }
    const restored = restores ? restoredLayer(plan.layer, restores) : plan.layer;
    // The same once more, as it is kept only now.
    if (request.adopt) await find(bootstrap, request, facts, true);
    const layer = request.adopt ? (plan.adopted ?? {}) : restored;
    const registrations = await machines.list();
    const before = registrations.find(({ id }) => id === stands.identity);
    const holder = registrations.find((one) => one.name === request.name && holdsName(one));
    const original = await readOriginal(bootstrap, request.bootstrap, facts);
    // From here on the machine is changed; what is done is safe to do again when it breaks off.
    if (before?.unfinished !== undefined) await machines.letGo(before.id);
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
    const made = await admit(author, registration, operation, {
      before,
      original,
      // The one that answers to the name gives it up to this one.
      holder: former && holder && holder.id !== id ? holder : undefined,
      succeeds: stands.succeeds,
      archive: choice === undefined ? undefined : archive,
      revision: plan.revision,
      enrolled,
      rollout: request.rollout ?? true,
      adopt: request.adopt ?? false,
    });
    const hasThem = choice === 'restore' || (former && !former.archive);
    return hasThem && concerns.length > 0 ? { ...made, notes: concerns } : made;
  }

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

  async function find(
    connection: Connection,
    { bootstrap }: JoinRequest,
    facts: Facts,
    keep: boolean,
  ): Promise<Found | undefined> {
    return findSettings(deps, connection, bootstrap, facts, keep);
  }

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

function checkAdoptable({ name, archive }: ChosenJoin, { adopted }: Proposal): void {
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

/** What a machine that waits brings along: it was adopted where it came from. One whose takeover broke off still brings it. */
function asItWaited(before: Registration | undefined): Pick<Registration, 'adopted'> {
  const waited = before?.state === 'waiting' || before?.state === 'joining';
  return waited && before.adopted ? { adopted: before.adopted } : {};
}
