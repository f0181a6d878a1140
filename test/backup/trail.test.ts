// The audit trail goes along with the history: one chain of seals spans a take-over, and damage shows before it is taken over.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';

import { sealed, type Secrets } from '../../services/backup/sealed.ts';
import { isNamed } from '../../services/errors.ts';
import type { AuditTrail, ConfigurationFile } from '../../services/schema/types.generated.ts';
import { etcdStore } from '../../services/store/etcd.ts';
import { keys } from '../../services/store/keys.ts';
import { readAll } from '../../services/store/read-all.ts';
import type { Compare, Store } from '../../services/store/store.ts';
import { withoutOpenssl } from '../pki/openssl.ts';
import { etcdServer, withoutEtcd, type EtcdServer } from '../store/etcd-server.ts';
import { cheaply, open, passphrase, seal } from './cheaply.ts';
import { killing } from './killing.ts';
import { furnish, surroundings, type Surroundings } from './surroundings.ts';

describe('the audit trail in a configuration file', { skip: withoutOpenssl }, () => {
  let from: Surroundings;
  let file = '';
  let etcd: EtcdServer | undefined;
  /** The newest seal that the lost controller made and logged. */
  let noted = { number: 0, digest: '' };

  before(async () => {
    if (!withoutEtcd) etcd = await etcdServer();
    from = await surroundings();
    await furnish(from);
    for (let n = 1; n <= 130; n += 1) await record(from, `lost ${n}`);
    noted = (await from.audit.seal(await leading(from))) ?? assert.fail();
    await record(from, 'lost, and not sealed');
    await from.config.apply('bert', [{ op: 'create-group', group: 'other' }], { comment: 'second', rollout: true });
    file = await cheaply(await from.backup.save({ passphrase, history: true }));
  });
  after(async () => {
    await from.close();
    await etcd?.stop();
  });

  const record = ({ audit }: Surroundings, object: string) =>
    audit.record({ actor: 'anna', action: 'test', object, outcome: 'ok' });

  async function leading({ store }: Surroundings): Promise<Compare> {
    return (await store.lease(keys.leader, 'a test', 10, new AbortController().signal)).fence;
  }

  const stores: readonly {
    readonly name: string;
    readonly skip?: string | false;
    readonly open?: () => Promise<Store>;
  }[] = [
    { name: 'embedded' },
    {
      ...{ name: 'etcd', skip: withoutEtcd },
      open: () => etcdStore({ hosts: [etcd?.url ?? ''], prefix: `${randomUUID()}/` }),
    },
  ];

  for (const { name, skip = false, open: other } of stores) {
    it(`is one chain with that of the controller that takes over (${name})`, { skip }, async () => {
      const apart = await other?.();
      const to = await surroundings((store) => apart ?? store);
      const fence = await leading(to);
      for (let n = 1; n <= 250; n += 1) await record(to, `own ${n}`);
      await to.audit.seal(fence);
      await record(to, 'own, and not sealed');

      const plan = await to.backup.planTakeOver(file, { passphrase });
      await to.backup.takeOver('anna', file, { passphrase });

      const [lost, own] = [133, 251];
      assert.deepEqual([plan.trail?.entries, plan.trail?.newest?.number, plan.trail?.faults], [lost, 3, []]);
      const waiting = await to.audit.verify(noted);
      assert.deepEqual([waiting.entries, waiting.unsealed, waiting.faults], [lost, own + 1, []]);
      assert.equal((await to.audit.seal(fence))?.number, 6);
      const { entries, faults } = await to.audit.verify(noted);
      assert.deepEqual([entries, faults], [lost + own + 1, []]);
      const { digest } = plan.trail?.newest ?? assert.fail();
      assert.deepEqual((await to.audit.verify({ number: 3, digest })).faults, []);
      const all = await to.audit.page({ limit: 1000 });
      assert.equal(all.length, lost + own + 1);
      const taken = all.filter(({ action }) => action === 'take-over');
      assert.deepEqual([taken.length, taken[0]?.actor, taken[0]?.object], [1, 'anna', '/revisions/2']);
      assert.match(
        taken[0]?.detail ?? '',
        new RegExp(`SHA-256 [0-9a-f]{64}, with the audit trail: 133 entries up to seal 3:${digest}$`),
      );
      assert.deepEqual(await readAll(to.store, 'inherited/'), []);
      const again = JSON.parse(await to.backup.save({ passphrase, history: true })) as ConfigurationFile;
      const { trail, history } = JSON.parse(file) as ConfigurationFile;
      assert.deepEqual(again.history, history);
      assert.deepEqual(again.trail?.seals.slice(0, 3), trail?.seals);
      for (const [id, text] of Object.entries(trail?.entries ?? {})) assert.equal(again.trail?.entries[id], text);
      await apart?.close();
      await to.close();
    });
  }

  it('is said to be left behind by a file without history', async () => {
    const to = await surroundings();
    const bare = await cheaply(await from.backup.save({ passphrase }));

    const { trail } = await to.backup.takeOver('anna', bare, { passphrase });

    assert.equal(trail, undefined);
    const [entry, ...others] = await to.audit.page({ limit: 10 });
    assert.deepEqual([entry?.action, others], ['take-over', []]);
    assert.match(
      entry?.detail ?? '',
      /^from the file saved at 2026-11-24T10:00:00.000Z, SHA-256 [0-9a-f]{64}, without the audit trail: /,
    );
    await to.close();
  });

  describe('when whoever has the passphrase changed it', () => {
    const places = ({ entries }: AuditTrail) => Object.keys(entries);
    const changes: Readonly<Record<string, readonly [(trail: AuditTrail) => AuditTrail, RegExp]>> = {
      'an entry was changed': [
        (trail) => with_(trail, { [at(trail, 5)]: (trail.entries[at(trail, 5)] ?? '').replace('anna', 'otto') }),
        /of seal \d was changed/,
      ],
      'an entry was dropped': [
        ({ seals, entries }) => ({
          seals,
          entries: Object.fromEntries(Object.entries(entries).filter(([id]) => id !== at({ seals, entries }, 5))),
        }),
        /of seal \d is missing/,
      ],
      'two entries were swapped': [
        (trail) => {
          const [one, two] = [at(trail, 5), at(trail, 6)];
          return with_(trail, { [one]: trail.entries[two] ?? '', [two]: trail.entries[one] ?? '' });
        },
        /of seal \d was changed/,
      ],
      'an entry was slipped in': [
        (trail) => with_(trail, { '2026-11-24T09:00:00.000Z/forged': trail.entries[at(trail, 5)] ?? '' }),
        /forged has no seal/,
      ],
      'one that had no seal of the controller yet was changed': [
        (trail) => {
          const late = places(trail).find((id) => trail.entries[id]?.includes('not sealed')) ?? assert.fail();
          return with_(trail, { [late]: (trail.entries[late] ?? '').replace('anna', 'otto') });
        },
        /of seal 3 was changed/,
      ],
      'a seal was dropped': [
        ({ seals, entries }) => ({ seals: seals.filter(({ number }) => number !== 2), entries }),
        /the seal before seal 3 is missing/,
      ],
      'two seals were swapped': [
        ({ seals: [one, two, ...rest], entries }) => ({
          seals: [two ?? assert.fail(), one ?? assert.fail(), ...rest],
          entries,
        }),
        /the seal before seal 2 is missing/,
      ],
    };
    const at = (trail: AuditTrail, n: number) =>
      places(trail).find((id) => trail.entries[id]?.includes(`"lost ${n}"`)) ?? assert.fail();
    const with_ = ({ seals, entries }: AuditTrail, others: AuditTrail['entries']) => ({
      seals,
      entries: { ...entries, ...others },
    });

    for (const [what, [change, fault]] of Object.entries(changes)) {
      it(`is not taken over unless that is asked for: ${what}`, async () => {
        const to = await surroundings();
        const text = await resealed(change);
        // What a load that looks where the file is from makes for itself.
        await to.sshKey();
        const stored = await readAll(to.store, '');

        for (const ask of [
          () => to.backup.planTakeOver(text, { passphrase }),
          () => to.backup.takeOver('anna', text, { passphrase }),
          () => to.backup.load('anna', text, { passphrase, foreign: true }),
        ])
          await assert.rejects(ask(), (error: unknown) => {
            assert.ok(isNamed(error, 'precondition-failed'), String(error));
            assert.match(
              error.message,
              /the audit trail in the configuration file is not as it was written: .*nothing/,
            );
            assert.match(error.message, fault);
            return true;
          });

        assert.deepEqual(await readAll(to.store, ''), stored);
        assert.match((await from.backup.verify(text, passphrase)).trail?.faults[0] ?? '', fault);
        await to.backup.takeOver('anna', text, { passphrase, damagedTrail: true });
        // Their numbers put seals into their order again.
        assert.equal((await to.audit.verify()).faults.length > 0, what !== 'two seals were swapped');
        assert.match((await to.audit.page({ limit: 1 }))[0]?.detail ?? '', /, which was damaged in \d+ places$/);
        await to.close();
      });
    }
  });

  it('comes whole or not at all when the take-over breaks off after any write', async () => {
    const whole = await writesOf();
    let [none, all] = [0, 0];
    for (let nth = 1; nth <= whole; nth += 1) {
      const faults = killing();
      const to = await surroundings(faults.wrap);
      for (let n = 1; n <= 3; n += 1) await record(to, `own ${n}`);
      await to.audit.seal(await leading(to));
      faults.at(nth);
      await assert.rejects(to.backup.takeOver('anna', file, { passphrase }), /killed/);

      faults.at(Infinity);
      await to.backup.recover();

      const { entries, unsealed, faults: found } = await to.audit.verify();
      assert.deepEqual(await readAll(to.store, 'inherited/'), [], `write ${nth}`);
      assert.deepEqual(found, [], `write ${nth}`);
      const isTaken = (await to.config.head()).number === 2;
      assert.deepEqual([entries, unsealed], isTaken ? [133, 4] : [3, 0], `write ${nth}`);
      if (isTaken) all += 1;
      else none += 1;
      await to.close();
    }
    assert.ok(none > 5 && all > 5, `${none} ${all}`);
  });

  it('gets into its place by the next seal when that broke off, and is not verified meanwhile', async () => {
    const faults = killing();
    const to = await surroundings(faults.wrap);
    const fence = await leading(to);
    faults.at((await writesOf()) - 2);
    await assert.rejects(to.backup.takeOver('anna', file, { passphrase }), /killed/);
    faults.at(Infinity);
    const isBusy = (error: unknown) => isNamed(error, 'busy') && error.message.includes('being put in place');
    await assert.rejects(to.audit.verify(), isBusy);
    await assert.rejects(to.backup.save({ passphrase, history: true }), isBusy);

    assert.equal((await to.audit.seal(fence))?.number, 4);

    const { entries, faults: found } = await to.audit.verify(noted);
    assert.deepEqual([entries, found], [134, []]);
    await to.close();
  });

  async function writesOf(): Promise<number> {
    const faults = killing();
    const to = await surroundings(faults.wrap);
    faults.at(Infinity);
    await to.backup.takeOver('anna', file, { passphrase });
    await to.close();
    return faults.count();
  }

  async function resealed(change: (trail: AuditTrail) => AuditTrail): Promise<string> {
    const whole = JSON.parse(file) as ConfigurationFile;
    const { keys: inside, sshKey = '' } = JSON.parse(await open(whole)) as Secrets;
    const { secrets: _secrets, ...rest } = { ...whole, trail: change(whole.trail ?? assert.fail()) };
    return JSON.stringify({ ...rest, secrets: await seal(sealed(rest, { keys: inside, sshKey })) });
  }
});
