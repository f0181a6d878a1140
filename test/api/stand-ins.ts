/** Push and membership as the API sees them, without gateways: they keep what they are asked in memory, and tests decide how it goes on. */
import { EventEmitter, on } from 'node:events';

import type { ConfigService } from '../../services/config/service.ts';
import { NamedError } from '../../services/errors.ts';
import type { MachineService } from '../../services/machines/service.ts';
import { chosenJoin } from '../../services/membership/accepting.ts';
import type { MembershipService } from '../../services/membership/contract.ts';
import { discardDraft } from '../../services/membership/waiting.ts';
import type { PushService, RolloutView } from '../../services/push/contract.ts';
import type { Facts, KeptPlan, MachineStatus, Registration, Rollout } from '../../services/schema/types.generated.ts';

export const hostKey = `SHA256:${'A'.repeat(43)}`;

export const facts: Facts = {
  collected: '2026-11-24T10:00:00.000Z',
  script: '1',
  identity: '',
  hostname: 'mx1.example.test',
  os: 'Debian GNU/Linux 12 (bookworm)',
  addresses: ['198.18.0.11'],
  bootId: '3a1c8f0a-5bd0-4e8c-9ad1-0c6a1d1b8c11',
  bootHook: 'systemd',
  freeKilobytes: 1_000_000,
  postfix: {
    version: '3.7.11',
    running: true,
    configDirectory: '/etc/postfix',
    queueDirectory: '/var/spool/postfix',
    parameters: { myhostname: 'mx1.example.test', inet_interfaces: 'all' },
    services: { smtp: 25 },
    mainCf: '',
    masterCf: 'smtp inet n - y - - smtpd\n',
  },
};

export interface PushStandIn extends PushService {
  /** Ends a rollout, as a runner would. */
  finish(id: number, state: Rollout['state']): void;
  /** Whom rollouts were started for, and by whom. */
  readonly started: readonly { readonly by: string; readonly machines: readonly string[] | undefined }[];
}

export function pushStandIn(config: ConfigService, now: () => Date): PushStandIn {
  const rollouts: Rollout[] = [];
  const started: PushStandIn['started'][number][] = [];
  const changed = new EventEmitter();
  const status = (machine: string): MachineStatus => ({ machine, served: [] });

  function find(id: number): Rollout {
    const found = rollouts[id - 1];
    if (!found) throw new NamedError('not-found', `there is no rollout ${id}`);
    return found;
  }
  function view(id: number): RolloutView {
    const rollout = find(id);
    const outcomes = rollout.waves.flat().map((machine) => ({
      machine,
      state: rollout.state === 'running' ? ('pushing' as const) : ('confirmed' as const),
      updated: rollout.started,
    }));
    return { rollout, outcomes };
  }
  function finish(id: number, state: Rollout['state']): void {
    rollouts[id - 1] = { ...find(id), state, finished: now().toISOString() };
    changed.emit('change', id);
  }
  async function start(by: string, options: Parameters<PushService['start']>[1]): Promise<Rollout> {
    const revision = options.revision ?? (await config.head()).number;
    const { machines } = await config.configuration(revision);
    started.push({ by, machines: options.machines });
    const rollout: Rollout = {
      id: rollouts.length + 1,
      revision,
      started: now().toISOString(),
      state: 'running',
      by,
      waves: [[...(options.machines ?? Object.keys(machines))]],
      budget: options.budget ?? 0,
      revertOnFailure: options.revertOnFailure ?? false,
      overwriteDrift: options.overwriteDrift ?? false,
    };
    rollouts.push(rollout);
    return rollout;
  }

  return {
    started,
    finish,
    start,
    statuses: async () => Object.keys((await config.configuration((await config.head()).number)).machines).map(status),
    status: (machine) => Promise.resolve(status(machine)),
    rollouts: (limit = 50) => Promise.resolve(rollouts.toReversed().slice(0, limit)),
    rollout: (id) => Promise.resolve().then(() => view(id)),
    ensure: (revision, by) =>
      rollouts.some((one) => one.revision === revision) ? Promise.resolve(undefined) : start(by, { revision }),
    rolloutOf: (revision) => Promise.resolve(rollouts.find((one) => one.revision === revision)),
    stop: (id) => Promise.resolve().then(() => (finish(id, 'stopped'), find(id))),
    revert: (id, by) => start(by, { revision: find(id).revision }),
    async *follow(id, signal) {
      yield view(id);
      if (find(id).state !== 'running') return;
      for await (const [which] of on(changed, 'change', { signal }) as AsyncIterable<[number]>) {
        if (which !== id) continue;
        yield view(id);
        if (find(id).state !== 'running') return;
      }
    },
    forget: () => Promise.resolve(),
    flatten: () => Promise.resolve(),
    isPushing: () => Promise.resolve(false),
    look: (machine) => Promise.resolve(status(machine)),
    examine: (machine) => Promise.reject(new NamedError('unreachable', `${machine} is not there`)),
  };
}

/** Admits and dismisses without reaching anything. */
export function membershipStandIn(config: ConfigService, machines: MachineService): MembershipService {
  const { postfix, ...rest } = facts;
  const planLeave = (machine: string) =>
    Promise.resolve({ machine, settings: ['/interfaces/main'], certificates: [], reachable: true });
  const plans = new Map<string, KeptPlan>();
  const planned = (id: string): KeptPlan => {
    const kept = plans.get(id);
    if (!kept) throw new NamedError('not-found', `there is no plan ${id}`);
    return kept;
  };
  return {
    hostKey: () => Promise.resolve(hostKey),
    plan: ({ name, host, port = 22, group = 'main', bootstrap: { user } }) => {
      const plan: KeptPlan['plan'] = {
        id: String(plans.size + 1).padStart(12, '0'),
        expires: '2026-11-24T11:00:00.000Z',
        revision: 0,
        ...{ name, host, port, group },
        hostKey,
        facts: { ...rest, ...(postfix ? { postfix: { version: postfix.version, running: postfix.running } } : {}) },
        layer: {},
        present: [],
        certificates: [],
        findings: [],
        notes: [],
      };
      plans.set(plan.id, { plan, user, upper: '0'.repeat(64) });
      return Promise.resolve(plan);
    },
    planned: (id) => Promise.resolve().then(() => planned(id).plan),
    async join(author, asked) {
      const kept = asked.accept === undefined ? undefined : planned(asked.accept);
      const { name, host, port = 22, group = 'main', hostKey: accepted, rollout = true } = chosenJoin(asked, kept);
      if (accepted !== hostKey) throw new NamedError('host-key-mismatch', `${host} shows another host key`);
      const id = `00000000-0000-4000-8000-${Buffer.from(name.padEnd(6).slice(-6)).toString('hex')}`;
      const registration: Registration = {
        id,
        name,
        host,
        port,
        user: 'root',
        hostKey: 'ssh-ed25519 AAAA',
        state: 'member',
        facts,
      };
      await machines.put(registration);
      const layer = { interfaces: { main: { address: 'all', hostname: `${name}.example.test` } } };
      const operations = [{ op: 'admit', machine: name, id, group, layer } as const];
      const revision = await config.apply(author, operations, { comment: `join ${name}`, rollout });
      return { registration, revision };
    },
    discardDraft: (author) => discardDraft({ config, machines }, author),
    expectedBack: () => Promise.resolve([]),
    finishLeave: () => Promise.resolve(undefined),
    async disconnect(by, machine, reason) {
      const { id = '' } = (await machines.byName(machine)) ?? {};
      const why = reason === undefined ? {} : { reason };
      await machines.disconnect(id, { since: '2026-11-24T10:00:00.000Z', by, revision: 1, ...why });
      return { registration: await machines.get(id), notes: ['it could not be asked'] };
    },
    planReconnect: (machine) =>
      Promise.resolve({ machine, id: '0123456789abcdef', revision: 1, differences: [], open: 0, notes: [] }),
    async reconnect(_by, machine) {
      const { id = '' } = (await machines.byName(machine)) ?? {};
      await machines.disconnect(id, undefined);
      return { revision: await config.head(), rollout: 1 };
    },
    planLeave,
    async forget(machine) {
      const found = (await machines.list()).find(({ name }) => name === machine);
      if (!found) throw new NamedError('not-found', `there is no machine ${machine}`);
      await machines.remove(found.id, 'left');
      return found;
    },
    compareArchive: (_id, { group = 'main', machine }) =>
      Promise.resolve({
        against: machine === undefined ? `group/${group}` : `machine/${machine}`,
        changes: [{ pointer: '/outbound/certificate', after: 'mx' }],
        certificates: [{ name: 'mx', trouble: 'expired on 2026-11-01' }],
        missing: [],
      }),
    async leave(author, machine) {
      const plan = await planLeave(machine);
      const revision = await config.apply(author, [{ op: 'dismiss', machine }], {
        comment: `leave ${machine}`,
        rollout: false,
      });
      const registration = await machines.byName(machine);
      if (registration) await machines.put({ ...registration, state: 'left' });
      return { revision, plan, notes: ['the key of the controller was removed'] };
    },
  };
}
