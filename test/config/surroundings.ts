/** What the configuration service stands on in tests: the real store and registrations, a small platform, and chains by hand. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ChainFacts } from '../../services/pki/chain-facts.ts';
import { configService, type ConfigDeps, type ConfigService } from '../../services/config/service.ts';
import { NamedError, type Finding } from '../../services/errors.ts';
import { machineService, type MachineService } from '../../services/machines/service.ts';
import type { Platform } from '../../services/platforms/platform.ts';
import type { Facts, Operation } from '../../services/schema/types.generated.ts';
import { embeddedStore } from '../../services/store/embedded.ts';
import type { Store } from '../../services/store/store.ts';

/** The id of a key or chain that exists: any digit, 64 times. */
export const digest = (digit: string) => digit.repeat(64);

/** The binding of the key to the chain with the same digit. */
export const binding = (digit: string) => ({ key: digest(digit), chain: digest(digit) });

export const machineId = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

export function chainFacts(id: string): ChainFacts {
  return {
    ...{ leaf: id, key: id, subject: 'CN=mx', issuer: 'CN=mx', names: ['mx.example', 'mx1.example', 'mx2.example'] },
    ...{ purposes: ['server', 'client'], notBefore: new Date(0), notAfter: new Date(1e13) },
    ...{ selfSigned: true, certificates: [id] },
  };
}

/** Certificates by hand: chains and bundles 0 to 9 exist, each chain with the key of the same id. */
export const pki: ConfigDeps['pki'] = {
  demonstration: () => Promise.resolve(binding('d')),
  facts: (ids) =>
    Promise.resolve(new Map([...ids].filter((id) => /^(\d|d)\1*$/.test(id)).map((id) => [id, chainFacts(id)]))),
  bundle: (id) =>
    /^(\d)\1*$/.test(id) ? Promise.resolve('PEM') : Promise.reject(new NamedError('not-found', `no bundle ${id}`)),
};

/** Renders every listener as one line, refuses port 666 and warns of port 665. */
export const platform: Platform = {
  name: 'fake',
  found: ({ postfix }) => postfix !== undefined,
  check: ({ settings }): readonly Finding[] =>
    Object.entries(settings.listeners).flatMap(([name, { port }]): readonly Finding[] => {
      const pointer = `/listeners/${name}/port`;
      if (port === 666) return [{ pointer, detail: 'port 666 is taken' }];
      return port === 665 ? [{ pointer, detail: 'port 665 is next to a bad one', severity: 'warning' }] : [];
    }),
  render: ({ settings }) => ({
    files: [
      {
        path: 'listeners',
        parts: Object.entries(settings.listeners).flatMap(([name, { port, certificate }]) => [
          { text: `${name} ${port}\n` },
          ...(settings.certificates[certificate] ? [{ key: settings.certificates[certificate].key }] : []),
        ]),
      },
    ],
    probes: [],
  }),
  edit: () => ({ files: [], activation: 'reload', binds: [] }),
  drift: () => [],
};

export function facts(hostname: string): Facts {
  return {
    ...{ collected: '2026-01-01T00:00:00.000Z', script: '1', identity: '', hostname, os: 'Debian', addresses: [] },
    ...{ bootId: 'boot', bootHook: 'systemd', freeKilobytes: 1000 },
    postfix: {
      ...{ version: '3.7.11', running: true, configDirectory: '/etc/postfix', queueDirectory: '/var/spool/postfix' },
      ...{ parameters: {}, services: {}, mainCf: '', masterCf: '' },
    },
  };
}

export interface Surroundings {
  readonly store: Store;
  readonly machines: MachineService;
  readonly config: ConfigService;
  readonly deps: ConfigDeps;
  close(): Promise<void>;
}

/** A configuration service over an embedded store of its own. The clock goes on by a second each time it is read. */
export function surroundings(overrides: Partial<ConfigDeps> = {}): Surroundings {
  const folder = mkdtempSync(join(tmpdir(), 'signet-config-'));
  const store = embeddedStore(join(folder, 'store'));
  const machines = machineService({ store });
  let seconds = 0;
  const now = () => new Date(Date.UTC(2026, 0, 1) + 1000 * (seconds += 1));
  const deps: ConfigDeps = { store, pki, machines, platforms: [platform], now, ...overrides };
  return {
    ...{ store, machines, deps, config: configService(deps) },
    async close() {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Registers a machine with known facts, and admits it. */
export async function joinMachine({ machines, config }: Surroundings, n: number, group = 'main'): Promise<void> {
  const name = `mx${n}`;
  await machines.put({
    ...{ id: machineId(n), name, host: `198.18.0.${n}`, port: 22, user: 'root', hostKey: 'ssh-ed25519 AAAA' },
    ...{ state: 'member', facts: facts(name) },
  });
  const admit: Operation = {
    ...{ op: 'admit', machine: name, id: machineId(n), group },
    layer: { interfaces: { main: { address: 'all', hostname: `${name}.example` } } },
  };
  await config.apply('root', [admit], { comment: `${name} joined`, rollout: false });
}
