/** The composition root: makes each service, one after the other, and hands it what it needs. No container, no globals. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';

import type { ApiDeps } from '../api/deps.ts';
import { auditService } from '../audit/service.ts';
import { scheduleService } from '../backup/schedule/service.ts';
import { backupService } from '../backup/service.ts';
import { certificateService } from '../certificates/service.ts';
import { configService } from '../config/service.ts';
import { machineService } from '../machines/service.ts';
import { planService } from '../membership/plans/service.ts';
import { membershipService } from '../membership/service.ts';
import { allowance } from '../observe/probe/allowance.ts';
import { mxLookup } from '../observe/probe/resolver.ts';
import { probeService } from '../observe/probe/service.ts';
import { tlsTestService } from '../observe/tls-test/service.ts';
import { alertService } from '../observe/service.ts';
import { sessionService } from '../observe/sessions/service.ts';
import { authorityService } from '../pki/authority/service.ts';
import { signingRequests } from '../pki/requests/service.ts';
import { pkiService } from '../pki/service.ts';
import { platforms } from '../platforms/registry.ts';
import { readMailLog } from '../push/mail-log.ts';
import { pool } from '../push/pool.ts';
import { readScript } from '../push/script.ts';
import { sftpFolder } from '../push/sftp.ts';
import { pushService } from '../push/service.ts';
import { connect, readHostKey } from '../push/ssh.ts';
import { packageFolder } from '../schema/version.ts';
import { secretsService } from '../secrets/service.ts';
import { keys } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import type { LeadDeps } from './lead.ts';
import { masterKey } from './master-key.ts';
import type { Options } from './options.ts';
import { controllerSshKey } from './ssh-key.ts';

/** SSH handshakes at once: each costs about 10 ms of this process's only thread. */
const handshakes = 8;

export type Log = (event: string, facts: Readonly<Record<string, unknown>>) => void;

export interface Controller {
  readonly api: Omit<ApiDeps, 'random' | 'log' | 'about' | 'closing'>;
  readonly lead: LeadDeps;
  close(): Promise<void>;
}

export async function compose(options: Options, store: Store, env: NodeJS.ProcessEnv, log: Log): Promise<Controller> {
  const now = () => new Date();
  const isNewStore = (await store.get(keys.masterKeyCheck)) === undefined;
  const { bytes, source } = masterKey(options.masterKey, env, isNewStore);
  const secrets = await secretsService({ store, masterKey: bytes, source });
  const sshKey = () => controllerSshKey(store, secrets);
  await sshKey();
  const script = readScript(join(packageFolder(), 'deploy/gateway'));

  const audit = auditService({ store, now, random: randomBytes });
  const pki = pkiService({ store, secrets, now });
  await pki.demonstration(hostname());
  const machines = machineService({ store });
  const config = configService({ store, pki, machines, platforms, now });
  const connections = pool({
    dial: async (id) => {
      const { host, port, user, hostKey } = await machines.get(id);
      return connect({ host, port }, { user, privateKey: (await sshKey()).privateKey }, hostKey);
    },
    limit: pLimit(handshakes),
    random: Math.random,
  });
  const { windowSeconds, probeSeconds } = options;
  const push = pushService({
    store,
    config,
    machines,
    pki,
    platforms,
    pool: connections,
    script,
    windowSeconds,
    probeSeconds,
    now,
    log,
  });
  const authorities = authorityService({ store, secrets, pki, now });
  const requests = signingRequests({ store, secrets, now });
  const certificates = certificateService({ config, pki, requests, authorities, push, now });
  const ssh = { connect, readHostKey };
  const epoch = async () => Number((await store.get(keys.epoch))?.value ?? 0);
  const plans = planService({ store, now, random: randomBytes });
  const membership = membershipService({
    ...{ config, machines, pki, authorities, push },
    ...{ pool: connections, ssh, sshKey, script, plans, epoch, now },
  });
  const backup = backupService({
    config,
    machines,
    pki,
    authorities,
    push,
    audit,
    platforms,
    store,
    secrets,
    sshKey,
    now,
  });
  await backup.recover();
  const schedule = scheduleService({
    ...{ store, secrets, config, backup, sshKey, hostname: hostname(), now, random: randomBytes },
    ssh: { readHostKey, folder: sftpFolder },
  });
  const lookUpMx = mxLookup(options.resolver);
  const vantages = { config, machines, certificates, pool: connections, lookUpMx, allow: allowance(now), now };
  const probes = probeService({ ...vantages, pki });
  const tlsTests = tlsTestService(vantages);
  const sessions = sessionService({
    store,
    machines,
    read: async (id, cursor) => readMailLog((await connections.link(id)).connection, cursor),
    now,
  });
  const alerts = alertService({ store, config, pki, authorities, push, sessions, saves: schedule, now });

  return {
    api: {
      config,
      pki,
      machines,
      push,
      certificates,
      authorities,
      membership,
      backup,
      schedule,
      probes,
      tlsTests,
      alerts,
      sessions,
      audit,
      store,
      now,
    },
    lead: {
      store,
      config,
      machines,
      push,
      membership,
      plans,
      alerts,
      sessions,
      schedule,
      audit,
      name: `${hostname()} ${process.pid}`,
      sweepSeconds: options.sweepSeconds,
      collectSeconds: options.sweepSeconds,
      random: Math.random,
      log,
    },
    async close() {
      connections.close();
      await store.close();
    },
  };
}
