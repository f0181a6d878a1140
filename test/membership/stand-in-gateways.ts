/** Gateways without a lab: as SSH shows them, with just enough behind it for machines to join, leave and be recognised. */
import { randomBytes } from 'node:crypto';
import { Duplex } from 'node:stream';

import { NamedError } from '../../services/errors.ts';
import type { MachineService } from '../../services/machines/service.ts';
import type { MembershipService } from '../../services/membership/contract.ts';
import type { MembershipDeps } from '../../services/membership/deps.ts';
import { planService, type PlanDeps, type PlanService } from '../../services/membership/plans/service.ts';
import { membershipService } from '../../services/membership/service.ts';
import type { PushService } from '../../services/push/contract.ts';
import type { Pool } from '../../services/push/pool.ts';
import type { Connection } from '../../services/push/ssh.ts';
import type { Manifest } from '../../services/schema/types.generated.ts';

export interface StandIn {
  /** What a test may change: another host key is a reinstalled machine, no identity one that was never a member. */
  hostKey: string;
  identity: string;
  up: boolean;
  /** Whether the controller's key is let in, and its script is there. */
  installed: boolean;
  mainCf?: string;
  masterCf?: string;
  /** What it was pushed last. */
  given?: Manifest;
  freeKilobytes?: number;
  /** The highest epoch that it has seen. */
  epoch?: number;
}

/** Membership over these gateways; nothing is pushed unless a push is given. */
export function membershipOver(
  { config, machines, pki, store }: Pick<MembershipDeps, 'config' | 'machines' | 'pki'> & Pick<PlanDeps, 'store'>,
  gateways: ReadonlyMap<string, StandIn>,
  next: () => string,
  push: PushService = noPush,
): MembershipService {
  const { ssh, poolOf, sshKey } = standInGateways(gateways, next);
  const now = () => new Date('2026-11-24T10:00:00Z');
  return membershipService({
    ...{ config, machines, pki, push, pool: poolOf(machines), ssh, sshKey, now },
    epoch: () => Promise.resolve(1),
    authorities: { issuedAs: () => Promise.resolve(undefined) },
    ...{ script: { version: '1', text: '', installer: '' }, plans: planService({ store, now, random: randomBytes }) },
  });
}

const noPush = {
  forget: () => Promise.resolve(),
  flatten: () => Promise.resolve(),
  isPushing: () => Promise.resolve(false),
  start: () => Promise.resolve({ id: 7 }),
} as unknown as PushService;

/** The gateways by address; `next` gives each the identity that its script would make up. */
export function standInGateways(gateways: ReadonlyMap<string, StandIn>, next: () => string) {
  function at(host: string): StandIn {
    const gateway = gateways.get(host);
    if (!gateway?.up) throw new NamedError('unreachable', `${host} does not answer`, { transient: true });
    return gateway;
  }

  const ssh: MembershipDeps['ssh'] = {
    readHostKey: ({ host }) => Promise.resolve().then(() => at(host).hostKey),
    async connect({ host }, login, pinned) {
      await Promise.resolve();
      const gateway = at(host);
      if (gateway.hostKey !== pinned) throw new NamedError('host-key-mismatch', `${host} has another host key`);
      if (login.privateKey === controllerKey && !gateway.installed)
        throw new NamedError('login-refused', 'no such key');
      return connectionTo(gateway, next);
    },
  };

  const poolOf = (machines: MachineService): Pool => ({
    async link(id) {
      const { host, port, user, hostKey } = await machines.get(id);
      const connection = await ssh.connect({ host, port }, { user, privateKey: controllerKey }, hostKey);
      return { connection, pushSession: () => Promise.reject(new Error('nothing is pushed here')) };
    },
    drop: () => undefined,
    close: () => undefined,
  });

  const sshKey = () => Promise.resolve({ publicKey: 'ssh-ed25519 AAAA', privateKey: controllerKey });
  return { ssh, poolOf, sshKey };
}

/** For what needs no plans. */
export const noPlans: PlanService = {
  keep: () => Promise.reject(new Error('no plan is kept here')),
  get: () => Promise.reject(new Error('no plan is kept here')),
  remove: () => Promise.resolve(),
  prune: () => Promise.resolve(0),
};

const controllerKey = 'the key of the controller';

function connectionTo(gateway: StandIn, next: () => string): Connection {
  return {
    lost: new AbortController().signal,
    close: () => undefined,
    forward: () => Promise.reject(new Error('nothing is forwarded here')),
    exec(command) {
      const input: string[] = [];
      const stream = new Duplex({
        read: () => undefined,
        write(chunk: Buffer, _encoding, done) {
          input.push(chunk.toString());
          done();
        },
        final(done) {
          this.push(answer(gateway, command, input.join(''), next));
          this.push(null);
          done();
        },
      });
      return Promise.resolve({ stream, stderr: () => '', done: Promise.resolve(0) });
    },
  };
}

function answer(gateway: StandIn, command: string, input: string, next: () => string): string {
  const lines = (...more: readonly string[]) => `${[...more, 'end'].join('\n')}\n`;
  if (command.includes('facts')) return lines(...facts(gateway));
  if (command.includes('install')) {
    gateway.identity ||= next();
    gateway.installed = true;
    return lines(`identity ${gateway.identity}`);
  }
  if (command.startsWith('leave')) {
    if (Number(/^epoch (\d+)/.exec(input)?.[1]) < (gateway.epoch ?? 0))
      return lines('refused stale-epoch yours is old');
    gateway.installed = false;
    return lines('left');
  }
  if (command === 'status') return lines('script 1', `identity ${gateway.identity}`, 'epoch 0', 'current 0 -');
  if (input.includes('rm -f /var/lib/signet/identity')) gateway.identity = '';
  return lines();
}

function facts({ identity, mainCf = '', freeKilobytes = 1_000_000 }: StandIn): readonly string[] {
  return [
    ...['script -', `identity ${identity || '-'}`, 'hostname mx.example.test', 'os Debian', 'boot-id boot'],
    ...['boot-hook systemd', `free-kilobytes ${freeKilobytes}`, 'postfix 3.7.11', 'running yes'],
    ...['config-directory /etc/postfix', 'queue-directory /var/spool/postfix', 'parameter myhostname mx.example.test'],
    ...[`text /etc/postfix/main.cf ${Buffer.byteLength(mainCf)}`, mainCf],
  ];
}
