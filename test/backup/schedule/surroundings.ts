/** A schedule over a real store and real secrets; what is saved, and whether it would restore, is for a test to say. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { scheduleService } from '../../../services/backup/schedule/service.ts';
import { controllerSshKey } from '../../../services/controller/ssh-key.ts';
import { sftpFolder } from '../../../services/push/sftp.ts';
import { readHostKey } from '../../../services/push/ssh.ts';
import type { FileVerification, Revision } from '../../../services/schema/types.generated.ts';
import { secretsService, type Secrets } from '../../../services/secrets/service.ts';
import { embeddedStore } from '../../../services/store/embedded.ts';
import { keys } from '../../../services/store/keys.ts';
import type { Store } from '../../../services/store/store.ts';

export const passphrase = 'quiet-river-under-stone';

export async function scheduled(wrap: (store: Store) => Store = (store) => store) {
  const folder = mkdtempSync(join(tmpdir(), 'signet-schedule-'));
  const real = embeddedStore(join(folder, 'store.sqlite'));
  const store = wrap(real);
  const secrets = await secretsService({ store, masterKey: randomBytes(32) });
  const lease = await real.lease(keys.leader, 'a test', 30, new AbortController().signal);
  const world = newWorld();
  const deps = depsOn(store, secrets, world);
  return {
    ...{ world, deps, store, secrets, folder, fence: lease.fence, lease, sshKey: deps.sshKey },
    schedule: scheduleService(deps),
    async close() {
      await lease.release();
      await real.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** What a test decides about everything around the schedule. */
export function newWorld() {
  return {
    time: Date.parse('2026-11-24T10:00:00Z'),
    revision: 1,
    text: 'the configuration\n',
    verdict: 'in-sync' as FileVerification['machines'][number]['verdict'],
    verified: [] as string[],
  };
}

export function depsOn(store: Store, secrets: Secrets, world: ReturnType<typeof newWorld>) {
  return {
    ...{ store, secrets, hostname: 'controller', random: randomBytes },
    sshKey: () => controllerSshKey(store, secrets),
    now: () => new Date(world.time),
    config: { head: () => Promise.resolve({ number: world.revision } as Revision) },
    backup: {
      save: () => Promise.resolve(world.text),
      verify(text: string) {
        world.verified.push(text);
        const machines = [{ machine: 'mx1', verdict: world.verdict }];
        return Promise.resolve({ saved: '', revision: world.revision, certificates: 0, machines });
      },
    },
    ssh: { readHostKey, folder: sftpFolder },
  };
}

/** As of a process that is killed as it is about to write something that `is` so. */
export function killedOnceIt(store: Store, is: (written: string) => boolean): Store {
  let isDead = false;
  return {
    ...store,
    transact(transaction) {
      isDead ||= is(JSON.stringify(transaction.writes));
      return isDead ? Promise.reject(new Error('killed')) : store.transact(transaction);
    },
  };
}
