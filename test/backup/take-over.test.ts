// A controller that takes the place of a lost one: whole or not at all, under a new epoch, with the old SSH key.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { sealed, type Keys, type Secrets } from '../../services/backup/sealed.ts';
import { isNamed, type ErrorCode } from '../../services/errors.ts';
import type { ConfigurationFile, Rollout } from '../../services/schema/types.generated.ts';
import { keys } from '../../services/store/keys.ts';
import { readAll } from '../../services/store/read-all.ts';
import { machineId } from '../config/surroundings.ts';
import { withoutOpenssl } from '../pki/openssl.ts';
import { cheaply, open, passphrase, seal } from './cheaply.ts';
import { killing } from './killing.ts';
import { furnish, surroundings, type Surroundings } from './surroundings.ts';

const now = Date.parse('2026-11-24T10:00:00Z') / 1000;

describe('a take-over', { skip: withoutOpenssl }, () => {
  let from: Surroundings;
  let file = '';

  before(async () => {
    from = await surroundings();
    await from.authorities.create('anna', { name: 'mail', subject: { commonName: 'Example Mail CA' } });
    await furnish(from);
    const { id, name, group } = { id: machineId(9), name: 'mx9', group: 'main' };
    await from.machines.putArchive({ id, name, group, left: '2026-11-01T00:00:00.000Z', layer: {} });
    const left = { state: 'left', unfinished: '2026-11-20T00:00:00.000Z' } as const;
    await from.machines.put({
      id,
      name,
      host: '198.18.0.9',
      port: 22,
      user: 'root',
      hostKey: 'ssh-ed25519 AAAA',
      ...left,
    });
    await from.store.transact({ compare: [], writes: [{ put: keys.epoch, value: '12' }] });
    await from.config.apply('bert', [{ op: 'create-group', group: 'other' }], { comment: 'second', rollout: true });
    file = await cheaply(await from.backup.save({ passphrase }));
  });
  after(() => from.close());

  async function refused(at: Surroundings, text: string, code: ErrorCode, message: RegExp): Promise<void> {
    for (const ask of [
      () => at.backup.planTakeOver(text, { passphrase }),
      () => at.backup.takeOver('anna', text, { passphrase }),
    ])
      await assert.rejects(ask(), (error: unknown) => {
        assert.ok(isNamed(error, code), String(error));
        assert.match(error.message, message);
        return true;
      });
  }

  it('keeps a machine disconnected that was, and its rollout passes that by', async () => {
    const to = await surroundings();
    const mark = { since: '2026-11-20T00:00:00.000Z', by: 'bert', reason: 'in repair', revision: 2 };
    await from.machines.disconnect(machineId(1), mark);
    const text = await cheaply(await from.backup.save({ passphrase }));
    await from.machines.disconnect(machineId(1), undefined);

    const { machines } = await to.backup.takeOver('anna', text, { passphrase });

    assert.deepEqual(machines, ['mx1', 'mx2']);
    assert.deepEqual((await to.machines.get(machineId(1))).disconnected, mark);
    const [rollout] = (await readAll(to.store, keys.rollouts)).map(({ value }) => JSON.parse(value) as Rollout);
    assert.deepEqual(rollout?.waves.flat(), ['mx2']);
    await to.close();
  });

  it('makes the revision the head, the machines members and the key and the demonstration certificate its own', async () => {
    const to = await surroundings();
    await to.store.transact({ compare: [], writes: [{ put: keys.epoch, value: '1' }] });
    const own = await to.pki.demonstration('');
    await to.sshKey();

    const plan = await to.backup.planTakeOver(file, { passphrase });
    assert.deepEqual(await to.pki.demonstration(''), own);
    const taken = await to.backup.takeOver('anna', file, { passphrase });

    assert.deepEqual(taken, { ...plan, rollout: 1 });
    assert.deepEqual([taken.revision, taken.machines, taken.waiting], [2, ['mx1', 'mx2'], []]);
    const [head, old] = [await to.config.head(), await from.config.head()];
    assert.deepEqual(head, old);
    assert.deepEqual(await to.config.configuration(2), await from.config.configuration(2));
    assert.deepEqual(await to.machines.list(), await from.machines.list());
    assert.deepEqual(await to.machines.archives(), await from.machines.archives());
    assert.deepEqual(await to.authorities.list(), await from.authorities.list());
    assert.deepEqual(await to.sshKey(), await from.sshKey());
    assert.deepEqual(await to.pki.demonstration(''), await from.pki.demonstration(''));
    assert.equal((await to.store.get(keys.epoch))?.value, String(now + 1));
    assert.deepEqual(
      (await to.config.history()).map(({ number }) => number),
      [2, 0],
    );
    await to.close();
  });

  it('saves the same again, but for its epoch', async () => {
    const to = await surroundings();
    await to.backup.takeOver('anna', file, { passphrase });
    const content = async (text: string) => {
      const saved = JSON.parse(text) as ConfigurationFile;
      const { contents: _contents, ...secrets } = JSON.parse(await open(saved)) as { readonly contents: string };
      return { ...saved, controller: { ...saved.controller, epoch: 0 }, secrets };
    };

    assert.deepEqual(await content(await to.backup.save({ passphrase })), await content(file));
    await to.close();
  });

  it('is refused where there is something already, and where one is under way', async () => {
    await refused(from, file, 'precondition-failed', /this controller is not empty/);
    const to = await surroundings();
    await to.store.transact({ compare: [], writes: [{ put: keys.takingOver, value: 'now' }] });
    await refused(to, file, 'busy', /taking over already/);
    await to.close();
  });

  it('is refused for a member that the revision of the file has under another name', async () => {
    const to = await surroundings();
    const { secrets: _secrets, ...rest } = JSON.parse(file) as ConfigurationFile;
    const registrations = rest.registrations.map((one) => (one.name === 'mx2' ? { ...one, name: 'mx5' } : one));
    const { keys: inside, sshKey = '' } = JSON.parse(await open(JSON.parse(file) as ConfigurationFile)) as Secrets;
    const text = JSON.stringify({
      ...rest,
      registrations,
      secrets: await seal(sealed({ ...rest, registrations }, { keys: inside, sshKey })),
    });

    await refused(to, text, 'precondition-failed', /mx5 is a member .* revision 2 in it has no such machine/);
    await to.close();
  });

  it('leaves nothing when another signetd starts meanwhile and takes it for broken off', async () => {
    let meanwhile: (() => Promise<void>) | undefined;
    const to = await surroundings((store) => ({
      ...store,
      async transact(transaction) {
        const [now_, isRegistration] = [meanwhile, JSON.stringify(transaction.writes).includes('"machine/')];
        if (isRegistration) meanwhile = undefined;
        if (isRegistration) await now_?.();
        return store.transact(transaction);
      },
    }));
    meanwhile = to.backup.recover;

    await assert.rejects(to.backup.takeOver('anna', file, { passphrase }), /nothing was taken over/);

    assert.deepEqual(await to.machines.list(), []);
    assert.equal((await to.backup.takeOver('anna', file, { passphrase })).rollout, 1);
    await to.close();
  });

  it('leaves alone what a second one brings in after the first was taken for broken off, and brings in nothing more', async () => {
    let meanwhile: (() => Promise<unknown>) | undefined;
    const to = await surroundings((store) => ({
      ...store,
      async transact(transaction) {
        const [now_, isRegistration] = [
          meanwhile,
          JSON.stringify(transaction.writes).includes('"machine/registration'),
        ];
        if (isRegistration) meanwhile = undefined;
        if (isRegistration) await now_?.();
        return store.transact(transaction);
      },
    }));
    const { registration, mark } = { registration: keys.registration(machineId(8)), mark: keys.takingOver };
    meanwhile = async () => {
      await to.backup.recover();
      const writes = [mark, registration].map((key) => ({ put: key, value: '{}' }));
      await to.store.transact({ compare: [{ key: mark, absent: true }], writes });
    };

    await assert.rejects(to.backup.takeOver('anna', file, { passphrase }), /nothing was taken over/);

    const left = [...(await readAll(to.store, 'machine/')), ...(await readAll(to.store, mark))].map(({ key }) => key);
    assert.deepEqual(left, [registration, mark]);
    assert.equal((await to.config.head()).number, 0);
    await to.close();
  });

  it('is refused for a file of format 1, which still loads into a draft', async () => {
    const to = await surroundings();
    const { controller: _controller, committed: _committed, ...rest } = JSON.parse(file) as ConfigurationFile;
    const text = await old({ ...rest, signet: 1 });

    await refused(to, text, 'precondition-failed', /saved before the first commit|no SSH key of its controller/);
    assert.deepEqual((await to.backup.load('anna', text, { passphrase, foreign: true })).unknownMachines, [
      'mx1',
      'mx2',
    ]);
    await to.close();
  });

  it('leaves nothing when it breaks off after any write, or everything', async () => {
    const whole = await writesOf();
    for (let at = 1; at < whole; at += Math.max(1, Math.floor(whole / 12))) {
      const faults = killing();
      const to = await surroundings(faults.wrap);
      faults.at(at);
      await assert.rejects(to.backup.takeOver('anna', file, { passphrase }), /killed/);

      faults.at(Infinity);
      await to.backup.recover();

      assert.equal((await to.config.head()).number, 0, `write ${at}`);
      for (const prefix of ['machine/', 'pki/authority/', 'pki/issued/', 'push/', 'controller/taking'])
        assert.deepEqual(await readAll(to.store, prefix), [], `write ${at}`);
      assert.equal((await to.backup.takeOver('anna', file, { passphrase })).rollout, 1);
      await to.close();
    }
  });

  async function writesOf(): Promise<number> {
    const faults = killing();
    const to = await surroundings(faults.wrap);
    faults.at(Infinity);
    await to.backup.takeOver('anna', file, { passphrase });
    await to.close();
    return faults.count();
  }
});

/** As an older Signet sealed it. */
async function old(file: Omit<ConfigurationFile, 'signet'> & { readonly signet: number }): Promise<string> {
  const { secrets: _secrets, ...rest } = file;
  const { keys: inside } = JSON.parse(await open(file as ConfigurationFile)) as { readonly keys: Keys };
  return JSON.stringify({ ...rest, secrets: await seal(sealed(rest as ConfigurationFile, { keys: inside })) });
}
