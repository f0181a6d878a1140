// Scheduled saves of two controllers on a real etcd: the one that leads saves, the next one goes on, none is made twice and none is lost.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';

import type { ScheduleDeps } from '../../../services/backup/schedule/contract.ts';
import { scheduleService } from '../../../services/backup/schedule/service.ts';
import { isNamed } from '../../../services/errors.ts';
import { secretsService } from '../../../services/secrets/service.ts';
import { etcdStore } from '../../../services/store/etcd.ts';
import { keys } from '../../../services/store/keys.ts';
import type { Compare, Store } from '../../../services/store/store.ts';
import { etcdServer, withoutEtcd, type EtcdServer } from '../../store/etcd-server.ts';
import { depsOn, killedOnceIt, newWorld, passphrase } from './surroundings.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const never = new AbortController().signal;

describe('scheduled saves of two controllers', { skip: withoutEtcd }, () => {
  const masterKey = new Uint8Array(32).fill(7);
  let server: EtcdServer;
  let to: string;
  let prefix: string;
  let world: ReturnType<typeof newWorld>;
  const stores: Store[] = [];

  before(async () => {
    server = await etcdServer();
  });
  beforeEach(() => {
    [to, prefix, world] = [mkdtempSync(join(tmpdir(), 'signet-saves-')), `${randomUUID()}/`, newWorld()];
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    rmSync(to, { recursive: true });
  });
  after(() => server.stop());

  const files = () => readdirSync(to).sort();
  const nameAt = (time: number) =>
    `signet-${new Date(time).toISOString().slice(0, 19).replaceAll(':', '-')}Z-r1.signet`;

  /** With a connection of its own; it leads once `lead` answers, and the fence it had is kept as a controller that hangs keeps it. */
  async function controller(name: string, change: (deps: ScheduleDeps) => ScheduleDeps = (deps) => deps) {
    const store = await etcdStore({ hosts: [server.url], prefix });
    stores.push(store);
    const secrets = await secretsService({ store, masterKey });
    const schedule = scheduleService(change(depsOn(store, secrets, world)));
    let fence: Compare = { key: keys.leader, modRevision: 1 };
    return {
      schedule,
      async lead() {
        const lease = await store.lease(keys.leader, name, 10, never);
        fence = lease.fence;
        return () => lease.release();
      },
      due: () => schedule.saveIfDue(fence),
    };
  }

  async function two(change?: (deps: ScheduleDeps) => ScheduleDeps) {
    const [first, second] = [await controller('first', change), await controller('second')];
    await first.schedule.set('ann', { every: '24h', keep: 3, folder: to, passphrase });
    return [first, second] as const;
  }

  it('are made by the one that leads, once an interval, through every change of the lead', async () => {
    const both = await two();
    const wanted: string[] = [];
    for (let n = 0; n < 8; n += 1, world.time += day) {
      const release = await both[n % 2 === 0 ? 0 : 1].lead();

      const made = await Promise.all([...both, ...both].map((one) => one.due()));

      await release();
      wanted.push(nameAt(world.time));
      assert.deepEqual(
        made.flatMap((one) => (one?.kind === 'saved' ? [one.file.name] : [])),
        wanted.slice(-1),
      );
      assert.deepEqual(files(), wanted.slice(-3));
    }
    assert.equal(world.verified.length, wanted.length);
    const [shown, other] = await Promise.all(both.map((one) => one.schedule.show()));
    assert.deepEqual(shown, other);
    assert.deepEqual(shown?.files.map(({ name }) => name).reverse(), wanted.slice(-3));
  });

  it('go on after one that lost the lead in the middle, which removes what nobody would know of, and nothing else', async () => {
    const gate = new AbortController();
    let isHeld = false;
    const [first, second] = await two((deps) => ({
      ...deps,
      backup: {
        ...deps.backup,
        async save(options) {
          if (isHeld) await once(gate.signal, 'abort');
          return deps.backup.save(options);
        },
      },
    }));
    const release = await first.lead();
    for (let n = 0; n < 3; n += 1, world.time += day) await first.due();
    const good = files();
    isHeld = true;

    const hung = first.due();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await release();
    await second.lead();
    const tooSoon = await second.due();
    world.time += 16 * minute;
    const saved = await second.due();
    const after = files();
    gate.abort();
    await assert.rejects(hung, (error) => isNamed(error, 'interrupted'));

    assert.equal(tooSoon, undefined);
    assert.ok(saved?.kind === 'saved');
    assert.deepEqual(after, [...good.slice(1), nameAt(world.time)]);
    assert.deepEqual(files(), after);
    const { files: recorded, problem } = await second.schedule.show();
    assert.deepEqual([recorded.map(({ name }) => name).reverse(), problem], [after, undefined]);
  });

  it('lose no good file when one is killed after it has written and before that is recorded', async () => {
    const [first, second] = await two((deps) => ({
      ...deps,
      store: killedOnceIt(deps.store, () => files().length > 2),
    }));
    await first.schedule.set('ann', { every: '24h', keep: 2, folder: to, passphrase });
    const release = await first.lead();
    for (let n = 0; n < 2; n += 1, world.time += day) await first.due();
    const good = files();
    const broken = nameAt(world.time);

    await assert.rejects(first.due(), /killed/);
    const left = files();
    await release();
    await second.lead();
    world.time += 16 * minute;
    const saved = await second.due();

    assert.deepEqual(left, [...good, broken]);
    assert.ok(saved?.kind === 'saved' && saved.file.proven);
    assert.deepEqual(files(), [good[1], saved.file.name]);
  });
});
