/** A fleet for alerts: a real store, configuration and certificates. Only the clock and the machines are made up. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { configService } from '../../services/config/service.ts';
import { machineService } from '../../services/machines/service.ts';
import type { Failing } from '../../services/observe/sessions/failing.ts';
import type { SaveState } from '../../services/backup/schedule/contract.ts';
import { authorityService } from '../../services/pki/authority/service.ts';
import { pkiService } from '../../services/pki/service.ts';
import { platforms } from '../../services/platforms/registry.ts';
import type { Alerts, MachineStatus, Operation } from '../../services/schema/types.generated.ts';
import { secretsService } from '../../services/secrets/service.ts';
import { embeddedStore } from '../../services/store/embedded.ts';
import { keys } from '../../services/store/keys.ts';
import { facts } from '../api/stand-ins.ts';

const day = 24 * 3600 * 1000;
const id = '00000000-0000-4000-8000-000000000001';

export type Fleet = Awaited<ReturnType<typeof fleet>>;

/** One machine, mx1, whose public listener shows a certificate with 25 days to go. */
export async function fleet() {
  const folder = mkdtempSync(join(tmpdir(), 'signet-observe-'));
  const store = embeddedStore(join(folder, 'store.sqlite'));
  let ahead = 0;
  const now = () => new Date(Date.now() + ahead);
  const secrets = await secretsService({ store, masterKey: new Uint8Array(32).fill(7) });
  const pki = pkiService({ store, secrets, now });
  // An elliptic curve for the demonstration certificate too: RSA keys take their time.
  const { binding } = await pki.create({ key: 'ec-p256', subject: { commonName: 'demonstration' } });
  await store.transact({ compare: [], writes: [{ put: keys.demonstration, value: JSON.stringify(binding) }] });
  const machines = machineService({ store });
  const config = configService({ store, pki, machines, platforms, now });
  let statuses: readonly MachineStatus[] = [{ machine: 'mx1', served: [] }];
  const authorities = authorityService({ store, secrets, pki, now });
  let failing: readonly Failing[] = [];
  let saves: SaveState = { kind: 'none' };
  const deps = {
    ...{ store, config, pki, authorities, now },
    push: { statuses: () => Promise.resolve(statuses) },
    sessions: { failing: () => Promise.resolve(failing) },
    saves: { state: () => Promise.resolve(saves) },
  };
  const commit = (...operations: readonly Operation[]) =>
    config.apply('ann', operations, { comment: 'a change', rollout: true });
  const bind = async (days: number, level = 'cluster'): Promise<Operation> => {
    const made = await pki.create({ key: 'ec-p256', subject: { commonName: 'mx.example.org' }, days });
    return { op: 'set', level, path: '/certificates/mx', value: made.binding };
  };
  await machines.put({
    ...{
      id,
      name: 'mx1',
      host: '198.18.0.1',
      port: 22,
      user: 'root',
      hostKey: 'ssh-ed25519 AAAA',
      state: 'member',
      facts,
    },
  });
  const layer = { interfaces: { main: { address: 'all', hostname: 'mx1.example.org' } } };
  await commit({ op: 'admit', machine: 'mx1', id, group: 'main', layer }, await bind(25), {
    op: 'set',
    level: 'cluster',
    path: '/listeners/public/certificate',
    value: 'mx',
  });
  return {
    ...{ store, config, deps, commit, bind },
    passDays: (days: number) => (ahead += days * day),
    save: (now: SaveState) => (saves = now),
    hold: (...now: readonly Failing[]) => (failing = now),
    serve: (...now: readonly MachineStatus[]) => (statuses = now),
    set: (alerts: Partial<Alerts>) => commit({ op: 'set', level: 'cluster', path: '/alerts', value: alerts }),
    async close() {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Mail alerts through these servers. */
export const mail = (...servers: readonly string[]) => ({
  ...{ servers, tls: 'none' as const, from: 'signet@example.org', to: ['ops@example.org'] },
});
