// What a configuration file carries beside the configuration: private authorities, and archives of machines that left.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { isNamed } from '../../services/errors.ts';
import type { Binding } from '../../services/pki/service.ts';
import type { Archive } from '../../services/schema/types.generated.ts';
import { machineId } from '../config/surroundings.ts';
import { withoutOpenssl } from '../pki/openssl.ts';
import { cheaply, passphrase } from './cheaply.ts';
import { furnish, surroundings, type Surroundings } from './surroundings.ts';

describe('private authorities', { skip: withoutOpenssl }, () => {
  const request = { subject: { commonName: 'mx1.example.test' } };
  const ask = { authority: 'mail', profile: 'server', request } as const;

  it('come back with what they issued and revoked, and issue again', async () => {
    const [from, to] = [await surroundings(), await surroundings()];
    await from.authorities.create('anna', { name: 'mail', subject: { commonName: 'Example Mail CA' } });
    const { binding } = await from.authorities.issue(ask);
    await from.config.apply('anna', [{ op: 'set', level: 'cluster', path: '/certificates/mx', value: binding }], {
      comment: 'issued',
      rollout: false,
    });
    const bad = await from.authorities.issue(ask);
    const serial = (await from.authorities.issuedAs(bad.binding.chain))?.serial ?? '';
    await from.authorities.revoke('mail', serial, 'keyCompromise');
    const file = await cheaply(await from.backup.save({ passphrase }));

    await to.backup.load('anna', file, { passphrase, foreign: true });
    await to.backup.load('bob', file, { passphrase, foreign: true });

    assert.deepEqual(await to.authorities.list(), await from.authorities.list());
    assert.deepEqual(
      await to.authorities.issued('mail', { limit: 10 }),
      await from.authorities.issued('mail', { limit: 10 }),
    );
    assert.deepEqual((await to.authorities.issuedAs(binding.chain))?.request, request);
    assert.ok(Buffer.from(await to.authorities.crl('mail')).includes(Buffer.from(serial, 'hex')));
    const { facts } = await to.authorities.issue(ask);
    assert.equal(facts.issuer, 'CN=Example Mail CA Issuing');
    await Promise.all([from.close(), to.close()]);
  });

  it('take over revocations of the file, and keep their own', async () => {
    const at = await surroundings();
    await at.authorities.create('anna', { name: 'mail', subject: { commonName: 'Example Mail CA' } });
    const [one, two] = await Promise.all([at.authorities.issue(ask), at.authorities.issue(ask)]);
    const serial = async ({ binding }: typeof one) => (await at.authorities.issuedAs(binding.chain))?.serial ?? '';
    const saved = await at.backup.save({ passphrase });
    await at.authorities.revoke('mail', await serial(one), 'superseded');

    await at.backup.load('anna', await cheaply(saved), { passphrase, foreign: true });

    const issued = await at.authorities.issued('mail', { limit: 10 });
    const revoked = issued.filter((each) => each.revoked).map((each) => each.serial);
    assert.deepEqual(revoked, [await serial(one)]);
    assert.equal(issued.length, 2);
    assert.notEqual(await serial(two), '');
    await at.close();
  });

  it('are refused beside another authority of the same name, before anything else is loaded', async () => {
    const [from, to] = [await surroundings(), await surroundings()];
    for (const { authorities } of [from, to])
      await authorities.create('anna', { name: 'mail', subject: { commonName: 'Example Mail CA' } });
    await furnish(from);
    const before_ = await to.authorities.list();
    const file = await cheaply(await from.backup.save({ passphrase }));

    await assert.rejects(to.backup.load('anna', file, { passphrase, foreign: true }), (error: unknown) => {
      assert.ok(isNamed(error, 'precondition-failed'), String(error));
      assert.match(error.message, /there is another authority mail here, with a root of its own/);
      return true;
    });

    assert.deepEqual(await to.authorities.list(), before_);
    assert.deepEqual(await to.machines.list(), []);
    assert.deepEqual((await to.config.draft('anna')).operations, []);
    await Promise.all([from.close(), to.close()]);
  });
});

describe('archives of machines that left', { skip: withoutOpenssl }, () => {
  /** mx2 left with a certificate of its own. */
  async function withArchive(): Promise<{
    readonly at: Surroundings;
    readonly archive: Archive;
    readonly file: string;
  }> {
    const at = await surroundings();
    const { binding } = await at.pki.create({ subject: { commonName: 'mx2.example.test' }, key: 'ec-p256' });
    const left = { name: 'mx2', group: 'main', left: '2026-11-01T00:00:00.000Z' };
    const archive: Archive = { id: machineId(2), ...left, layer: { certificates: { mx: binding } } };
    await at.machines.putArchive(archive);
    return { at, archive, file: await cheaply(await at.backup.save({ passphrase })) };
  }

  it('come back with their keys, and change no draft', async () => {
    const [{ at: from, archive, file }, to] = [await withArchive(), await surroundings()];

    const { operations } = await to.backup.load('anna', file, { passphrase, foreign: true });

    assert.deepEqual(operations, []);
    assert.deepEqual(await to.machines.archives(), [archive]);
    const { key, chain } = (archive.layer['certificates'] as { readonly mx: Binding }).mx;
    assert.equal(await to.pki.keyPem(key), await from.pki.keyPem(key));
    assert.deepEqual(await to.pki.chain(chain), await from.pki.chain(chain));
    await Promise.all([from.close(), to.close()]);
  });

  it('stay where the machine has left again since', async () => {
    const [{ at: from, archive, file }, to] = [await withArchive(), await surroundings()];
    const [older, later] = ['2026-10-01T00:00:00.000Z', '2026-11-20T00:00:00.000Z'];
    await to.machines.putArchive({ ...archive, left: later, layer: {} });
    await to.machines.putArchive({ ...archive, id: machineId(3), left: older });

    await to.backup.load('anna', file, { passphrase, foreign: true });

    assert.deepEqual((await to.machines.archive(machineId(2)))?.left, later);
    assert.deepEqual((await to.machines.archive(machineId(3)))?.left, older);
    await Promise.all([from.close(), to.close()]);
  });
});
