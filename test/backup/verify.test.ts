// The proof that a file restores: it is restored aside, and what machines would get is held against what is on record of them.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';

import { isNamed, type ErrorCode } from '../../services/errors.ts';
import type { MachineStatus } from '../../services/schema/types.generated.ts';
import { readAll } from '../../services/store/read-all.ts';
import { facts } from '../api/stand-ins.ts';
import { machineId } from '../config/surroundings.ts';
import { removeFolder, temporaryFolder, withoutOpenssl } from '../pki/openssl.ts';
import { cheaply, passphrase } from './cheaply.ts';
import { furnish, registration, surroundings, type Surroundings } from './surroundings.ts';

describe('the verification of a configuration file', { skip: withoutOpenssl }, () => {
  const ambient = process.env['TMPDIR'];
  const folder = temporaryFolder();
  const scratch = join(folder, 'scratch');
  let at: Surroundings;
  let file = '';

  before(async () => {
    mkdirSync(scratch);
    at = await surroundings();
    await furnish(at);
    for (const n of [1, 2]) await at.machines.setFacts(machineId(n), { ...facts, hostname: `mx${n}.example.test` });
    await at.authorities.create('anna', { name: 'mail', subject: { commonName: 'Example Mail CA' } });
    file = await cheaply(await at.backup.save({ passphrase }));
    process.env['TMPDIR'] = scratch;
  });
  beforeEach(async () => {
    at.statuses.splice(0, Infinity, await deployed('mx1', 1), await deployed('mx2', 1));
  });
  after(async () => {
    if (ambient === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = ambient;
    await at.close();
    removeFolder(folder);
  });

  async function deployed(machine: string, revision: number): Promise<MachineStatus> {
    const { digest } = await at.config.manifest(machine, revision);
    const seen = '2026-11-24T10:00:00.000Z';
    return { machine, served: [], deployed: { revision, digest, generation: 1, seen, drift: [] } };
  }

  async function refused(text: string, phrase: string, code: ErrorCode): Promise<void> {
    await assert.rejects(at.backup.verify(text, phrase), (error: unknown) => isNamed(error, code));
    assert.deepEqual(readdirSync(scratch), []);
  }

  it('finds every machine in sync with a good file, and leaves neither a file nor a change behind', async () => {
    const stored = await readAll(at.store, '');

    const { revision, certificates, machines } = await at.backup.verify(file, passphrase);

    assert.deepEqual([revision, certificates], [1, 2]);
    assert.deepEqual(machines, [
      { machine: 'mx1', verdict: 'in-sync' },
      { machine: 'mx2', verdict: 'in-sync' },
    ]);
    assert.deepEqual(await readAll(at.store, ''), stored);
    assert.deepEqual(readdirSync(scratch), []);
  });

  it('goes by what a machine was adopted with where nothing is deployed, and says where nothing is on record', async () => {
    const { digest } = await at.config.manifest('mx1', 1);
    const wanted = { revision: 1, digest };
    const [mx1] = await at.machines.list();
    at.statuses.splice(0, Infinity, { machine: 'mx1', served: [], wanted }, { machine: 'mx2', served: [], wanted });
    await at.machines.put({ ...(mx1 ?? assert.fail()), adopted: { manifest: digest, found: {} } });

    const { machines } = await at.backup.verify(file, passphrase);

    assert.deepEqual(
      machines.map(({ verdict }) => verdict),
      ['in-sync', 'no-record'],
    );
    assert.match(machines[1]?.detail ?? '', /^nothing was rolled out to it from here/);
  });

  it('tells a disconnected machine that has something else from one that should not have it', async () => {
    const [mx1] = await at.machines.list();
    const { id, ...rest } = mx1 ?? assert.fail();
    const behind = { ...(await deployed('mx1', 1)), served: [] };
    const drift = ['main.cf was edited'];
    const since = '2026-11-20T10:00:00.000Z';
    await at.machines.put({ id, ...rest, disconnected: { since, by: 'anna', revision: 1 } });

    const equal = await at.backup.verify(file, passphrase);
    at.statuses.splice(0, 1, { ...behind, deployed: { ...(behind.deployed ?? assert.fail()), drift } });
    const edited = await at.backup.verify(file, passphrase);
    await at.machines.put({ id, ...rest });

    assert.equal(equal.machines[0]?.verdict, 'in-sync');
    const detail = `left alone since ${since} by anna; it was changed by hand: main.cf was edited`;
    assert.deepEqual(edited.machines[0], { machine: 'mx1', verdict: 'disconnected', detail });
  });

  it('names machines that wait in the file, that only wait in it, and that left here', async () => {
    const other = await surroundings();
    await furnish(other);
    const [mx1, mx2] = await other.machines.list();
    await other.machines.put({ ...(mx1 ?? assert.fail()), state: 'waiting' });
    const text = await cheaply(await other.backup.save({ passphrase }));
    await other.close();

    const member = await at.backup.verify(text, passphrase);
    const [mine, theirs] = await at.machines.list();
    await at.machines.put({ ...(mine ?? assert.fail()), state: 'left' });
    await at.machines.put({ ...(theirs ?? assert.fail()), state: 'left' });
    const left = await at.backup.verify(text, passphrase);
    for (const one of [mine, theirs]) await at.machines.put(one ?? assert.fail());

    assert.equal(mx2?.name, 'mx2');
    assert.deepEqual(member.machines[0], {
      machine: 'mx1',
      verdict: 'missing',
      detail: 'it is a member here and only waits in the file',
    });
    assert.deepEqual(
      left.machines.map(({ machine, verdict }) => [machine, verdict]),
      [
        ['mx1', 'waiting'],
        ['mx2', 'departed'],
      ],
    );
  });

  it('does not take for in sync what was changed by hand', async () => {
    const [mx1, ...others] = at.statuses;
    const { deployed } = mx1 ?? assert.fail();
    const edited = { ...(deployed ?? assert.fail()), drift: ['main.cf was edited'] };
    at.statuses.splice(0, Infinity, { ...(mx1 ?? assert.fail()), deployed: edited }, ...others);

    const { machines } = await at.backup.verify(file, passphrase);

    assert.deepEqual(machines, [
      { machine: 'mx1', verdict: 'other-files', detail: 'it was changed by hand: main.cf was edited' },
      { machine: 'mx2', verdict: 'in-sync' },
    ]);
  });

  it('does not name files when what is deployed cannot be rendered here any more', async () => {
    at.statuses.splice(0, 1, {
      ...(await deployed('mx1', 1)),
      deployed: { digest: '0'.repeat(64), generation: 2, seen: '2026-11-24T10:00:00.000Z', drift: [] },
    });

    const [mx1] = (await at.backup.verify(file, passphrase)).machines;

    assert.equal(mx1?.verdict, 'other-files');
    assert.equal(mx1.files, undefined);
    assert.match(mx1.detail ?? '', /cannot be told/);
  });

  it('says which machine cannot be rendered from it, and why', async () => {
    const bare = await surroundings();
    await furnish(bare);
    const text = await cheaply(await bare.backup.save({ passphrase }));
    await bare.close();

    const { machines } = await at.backup.verify(text, passphrase);

    assert.deepEqual(
      machines.map(({ verdict }) => verdict),
      ['cannot-render', 'cannot-render'],
    );
    assert.match(machines[0]?.detail ?? '', /nothing is known of mx1/);
  });

  it('refuses a file with a flipped byte, and one without its passphrase', async () => {
    const place = file.indexOf('edge');
    await refused(`${file.slice(0, place)}f${file.slice(place + 1)}`, passphrase, 'invalid-input');
    await refused(file, 'another', 'wrong-passphrase');
    await refused(file, '', 'wrong-passphrase');
  });

  it('names the files that an older revision would give, and the members it does not have', async () => {
    const own = await at.pki.create({ subject: { commonName: 'mx1.example.test' }, key: 'ec-p256' });
    await at.machines.put({ ...registration(3, 'mx3'), facts });
    await at.config.apply(
      'bert',
      [
        { op: 'set', level: 'machine/mx1', path: '/certificates/mx', value: own.binding },
        { op: 'set', level: 'machine/mx1', path: '/listeners/public/certificate', value: 'mx' },
        {
          op: 'admit',
          machine: 'mx3',
          id: machineId(3),
          group: 'main',
          layer: { interfaces: { main: { address: 'all', hostname: 'mx3.example.test' } } },
        },
      ],
      { comment: 'second', rollout: true },
    );
    at.statuses.splice(0, Infinity, await deployed('mx1', 2), await deployed('mx2', 2));

    const { revision, machines } = await at.backup.verify(file, passphrase);

    assert.equal(revision, 1);
    assert.deepEqual(
      machines.map(({ machine, verdict }) => [machine, verdict]),
      [
        ['mx1', 'other-files'],
        ['mx2', 'in-sync'],
        ['mx3', 'missing'],
      ],
    );
    assert.ok((machines[0]?.files ?? []).includes('probes'), JSON.stringify(machines[0]));
    assert.ok((machines[0]?.files ?? []).length > 1, JSON.stringify(machines[0]));
  });
});
