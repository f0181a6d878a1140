/** A controller without gateways, as far as a configuration file is concerned: real store, keys and configuration. */
import { randomBytes } from 'node:crypto';

import { auditService, type AuditSealer, type AuditService } from '../../services/audit/service.ts';
import { configService, type ConfigService } from '../../services/config/service.ts';
import { backupService } from '../../services/backup/service.ts';
import type { BackupService } from '../../services/backup/contract.ts';
import { machineService, type MachineService } from '../../services/machines/service.ts';
import { platforms } from '../../services/platforms/registry.ts';
import type { AuthorityService } from '../../services/pki/authority/contract.ts';
import { authorityService } from '../../services/pki/authority/service.ts';
import { controllerSshKey } from '../../services/controller/ssh-key.ts';
import { pkiService, type PkiService } from '../../services/pki/service.ts';
import type { SshKey } from '../../services/push/ssh.ts';
import { secretsService } from '../../services/secrets/service.ts';
import type { MachineStatus } from '../../services/schema/types.generated.ts';
import type { Store } from '../../services/store/store.ts';
import { machineId } from '../config/surroundings.ts';
import { installation } from '../pki/installation.ts';
import { makeHierarchy, removeFolder, temporaryFolder, texts } from '../pki/openssl.ts';

export interface Surroundings {
  readonly audit: AuditService & AuditSealer;
  readonly backup: BackupService;
  readonly config: ConfigService;
  readonly machines: MachineService;
  readonly pki: PkiService;
  readonly authorities: AuthorityService;
  readonly store: Store;
  readonly sshKey: () => Promise<SshKey>;
  /** What is on record of machines, for a test to fill in. */
  readonly statuses: MachineStatus[];
  /** Removes a private key, as when it was compromised. */
  forget(key: string): Promise<void>;
  close(): Promise<void>;
}

/** `wrap` may stand between the services and their store. */
export async function surroundings(wrap: (store: Store) => Store = (store) => store): Promise<Surroundings> {
  const now = () => new Date('2026-11-24T10:00:00Z');
  const { store: real, close } = await installation(now);
  const store = wrap(real);
  const secrets = await secretsService({ store, masterKey: new Uint8Array(32).fill(7) });
  const pki = pkiService({ store, secrets, now });
  const machines = machineService({ store });
  const config = configService({ store, pki, machines, platforms, now });
  const sshKey = () => controllerSshKey(store, secrets);
  const authorities = authorityService({ store, secrets, pki, now });
  const statuses: MachineStatus[] = [];
  const audit = auditService({ store, now, random: randomBytes });
  const backup = backupService({
    ...{ config, machines, pki, authorities, audit, store, secrets, sshKey, platforms, now },
    push: { statuses: () => Promise.resolve(statuses) },
  });
  const forget = (key: string) => secrets.remove(key);
  return { audit, backup, config, machines, pki, authorities, store, sshKey, statuses, forget, close };
}

/** Two members, one with a certificate of its own, a group, and a trust list at cluster level. */
export async function furnish({ config, machines, pki }: Surroundings): Promise<void> {
  const own = await pki.create({ subject: { commonName: 'mx2.example.test' }, key: 'ec-p256' });
  const shared = await pki.create({ subject: { commonName: 'mail.example.test' }, key: 'ec-p256' });
  const { bundle } = await pki.putBundle(authority());
  const interfaces = (name: string) => ({ main: { address: 'all', hostname: `${name}.example.test` } });
  for (const [n, name] of ['mx1', 'mx2'].entries()) await machines.put(registration(n + 1, name));
  await config.apply(
    'anna',
    [
      { op: 'create-group', group: 'edge', description: 'at the edge' },
      { op: 'admit', machine: 'mx1', id: machineId(1), group: 'main', layer: { interfaces: interfaces('mx1') } },
      {
        ...({ op: 'admit', machine: 'mx2', id: machineId(2), group: 'edge' } as const),
        layer: { interfaces: interfaces('mx2'), certificates: { mx: own.binding } },
      },
      { op: 'set', level: 'cluster', path: '/certificates/mx', value: shared.binding },
      { op: 'set', level: 'cluster', path: '/trust/partners', value: { source: 'bundle', bundle } },
      { op: 'set', level: 'group/edge', path: '/listeners/public/certificate', value: 'mx' },
    ],
    { comment: 'first', rollout: true },
  );
}

function authority(): string {
  const folder = temporaryFolder();
  try {
    makeHierarchy(folder, 'ec');
    return texts(folder, 'root.pem');
  } finally {
    removeFolder(folder);
  }
}

export function registration(n: number, name: string) {
  return {
    ...{ id: machineId(n), name, host: `198.18.0.${n}`, port: 22, user: 'root' },
    ...{ hostKey: 'ssh-ed25519 AAAA', state: 'member' as const },
  };
}
