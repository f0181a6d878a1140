/** The whole story as it is typed, on real gateways and on each store: join, certificates, commit, history, leave, rejoin, file. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import type { CertificateDetail, Explanation, MachineList } from '../../services/schema/types.generated.ts';
import { acceptsMail, skipLab, startLab, type Gateway } from '../lab/harness.ts';
import { etcdServer, withoutEtcd, type EtcdServer } from '../store/etcd-server.ts';
import { cli, joinWords, served, type Cli } from './cli.ts';
import { full } from './harness.ts';
import { startSignetd, type Signetd } from './signetd.ts';

const stores = ['embedded', 'etcd'] as const;

for (const store of stores) {
  const skip = skipLab === false && store === 'etcd' ? withoutEtcd : skipLab;

  describe(`the story on the ${store} store`, { skip }, () => {
    const home = mkdtempSync(join(tmpdir(), 'signet-story-'));
    const passphrase = join(home, 'passphrase');
    const file = join(home, 'cluster.signet');
    const ends: (() => Promise<void>)[] = [];
    let etcd: EtcdServer | undefined;
    let first: Signetd;
    let signet: Cli;
    let another: Cli;
    let [mx1, mx2, mx3]: readonly Gateway[] = [];
    let fleet: readonly Gateway[] = [];

    before(async () => {
      writeFileSync(passphrase, 'correct horse battery staple\n');
      etcd = store === 'etcd' ? await etcdServer() : undefined;
      if (etcd) ends.push(etcd.stop);
      first = await startSignetd({ flags: flags('signet/') });
      ends.push(first.remove);
      signet = cli(first);
      const lab = await startLab(`story-${store}`, 3);
      ends.push(lab.down);
      fleet = lab.gateways;
      [mx1, mx2, mx3] = fleet;
    });
    after(async () => {
      for (const end of ends.reverse()) await end();
      rmSync(home, { recursive: true });
    });

    const flags = (prefix: string) => (etcd ? ['--etcd', etcd.url, '--etcd-prefix', prefix] : []);
    const gateway = (found: Gateway | undefined): Gateway => found ?? assert.fail('the lab is not up');
    const committed = async (level: string): Promise<string> =>
      (await signet.json<CertificateDetail>('certificate', 'show', 'mx', '--level', level)).fingerprint;
    const effective = (from: Cli): Promise<readonly unknown[]> =>
      Promise.all(fleet.map(async ({ name }) => (await from.json<{ readonly value: unknown }>('get', name)).value));

    it('joins three gateways, each with the host key it has', async () => {
      for (const each of fleet) {
        const out = await signet.done(...(await joinWords(each)));
        assert.match(out, new RegExp(`: ${each.name} has joined main\n`));
      }
    });

    it('puts one certificate on all of them with one commit', async () => {
      const names = fleet.flatMap(({ hostname }) => ['--dns', hostname]);
      const made = ['--level', 'cluster', '--cn', 'mail.example.test', ...names, '--key', 'ec-p256'];
      await signet.done('certificate', 'create', 'mx', ...made);
      await signet.done('set', 'cluster', 'listeners/public/certificate', 'mx');
      const diff = await signet.done('diff', '--machine', 'mx1');
      const commit = await signet.done('commit', '-m', 'first certificate');

      assert.match(diff, /\+ \/listeners\/public\/certificate "mx"/);
      assert.match(commit, /succeeded, 3 confirmed\n$/);
      for (const each of fleet) {
        assert.equal(await served(each), await committed('cluster'));
        await acceptsMail(each);
      }
    });

    it('lists what is wanted, deployed and served, and explains a value', async () => {
      const { machines } = await signet.json<MachineList>('machine', 'list');
      const explained = await signet.json<Explanation>('explain', 'mx2', 'listeners/public/certificate');

      for (const { status } of machines) {
        assert.equal(status.deployed?.digest, status.wanted?.digest);
        assert.deepEqual(
          status.served.map(({ verdict }) => verdict),
          ['match'],
        );
      }
      assert.deepEqual([explained.value, explained.level], ['mx', 'cluster']);
      assert.deepEqual(
        explained.shadows.map(({ level, value }) => [level, value]),
        [['defaults', 'demonstration']],
      );
    });

    it('serves a machine-level certificate on that machine only', async () => {
      const name = gateway(mx2).hostname;
      await signet.done('certificate', 'create', 'mx', '--level', 'machine/mx2', '--cn', name, '--dns', name);
      await signet.done('commit', '-m', 'mx2 has its own');

      assert.notEqual(await committed('machine/mx2'), await committed('cluster'));
      assert.equal(await served(gateway(mx1)), await committed('cluster'));
      assert.equal(await served(gateway(mx2)), await committed('machine/mx2'));
      assert.equal(await served(gateway(mx3)), await committed('cluster'));
    });

    it('writes and reloads nothing for a commit that changes nothing on the gateways', async () => {
      await signet.done('group', 'create', 'spare');
      assert.match(await signet.done('commit', '-m', 'a group'), /succeeded, 3 unchanged\n$/);
    });

    it('goes back to an earlier revision and forward again', async () => {
      assert.match(await signet.done('revision', 'list'), /mx2 has its own/);
      assert.match(await signet.done('revision', 'show', '5'), /machine\/mx2/);
      assert.match(await signet.done('revision', 'diff', '4', '5'), /\/certificates\/mx/);
      const own = await committed('machine/mx2');

      await signet.done('revision', 'rollback', '4', '-m', 'without its own');
      assert.equal(await served(gateway(mx2)), await committed('cluster'));
      await signet.done('revision', 'rollback', '5');
      assert.equal(await served(gateway(mx2)), own);
    });

    // To the rollback in the gate, and the rest too when sweeps run whole.
    if (store === 'etcd' && !full) return;

    it('lets a machine go, says what is lost, and gives it back when it joins again', async () => {
      const own = await committed('machine/mx2');
      const { stdout, stderr } = await signet.run('machine', 'leave', 'mx2', '--yes');
      assert.match(stderr, /\/certificates\/mx\n/);
      assert.match(
        stdout,
        /mx2 has left\n.*stays live .*\/certificates\/mx\.pem.*\n.*can no longer log in to mx2\n.*is kept: signet archive show \S+\n$/,
      );
      assert.equal(await served(gateway(mx2)), own, 'it keeps running what it has');
      await acceptsMail(gateway(mx2));

      const words = await joinWords(gateway(mx2));
      assert.match(await signet.fails(2, ...words), /mx2 was a member before; add --restore or --discard/);
      assert.match(await signet.done(...words, '--restore'), /was a member +as mx2 until/);
      assert.equal(await served(gateway(mx2)), own);
      assert.equal((await signet.json<Explanation>('explain', 'mx2', 'certificates/mx')).level, 'machine/mx2');
    });

    it('saves the configuration without a private key in clear, and loads it where nothing differs', async () => {
      assert.match(await signet.done('config', 'save', file, '--passphrase-file', passphrase), /^saved /);
      assert.doesNotMatch(readFileSync(file, 'utf8'), /PRIVATE KEY/);

      const loaded = await signet.done('config', 'load', file, '--passphrase-file', passphrase);
      assert.match(loaded, /2 certificates, nothing to change\n$/);
    });

    it('loads into an empty controller: nothing before the commit, the same settings after it', async () => {
      const before = await effective(signet);
      const second = await startSignetd({ flags: flags('another/') });
      ends.push(second.remove);
      another = cli(second);

      await another.done('config', 'load', file, '--passphrase-file', passphrase);
      assert.match(await another.fails(3, 'get', 'mx1', 'listeners/public/certificate'), /mx1/);
      assert.match(await another.done('revision', 'list'), /^r0 /m);
      await another.done('commit', '-m', 'as it was');

      assert.deepEqual(await effective(another), before);
      const { machines } = await another.json<MachineList>('machine', 'list');
      assert.deepEqual(
        machines.map(({ name, state: is }) => [name, is]),
        fleet.map(({ name }) => [name, 'waiting']),
      );
    });

    it('takes over the machines that wait when they join', async () => {
      await first.stop();
      for (const each of fleet) {
        const out = await another.done(...(await joinWords(each)));
        assert.match(out, new RegExp(`^${each.name} +confirmed$`, 'm'), 'it waits for the rollout to this machine');
      }

      const { machines } = await another.json<MachineList>('machine', 'list');
      for (const { state, status } of machines) {
        assert.equal(state, 'member');
        assert.equal(status.deployed?.digest, status.wanted?.digest);
      }
      for (const level of ['cluster', 'machine/mx2']) {
        const { fingerprint } = await another.json<CertificateDetail>('certificate', 'show', 'mx', '--level', level);
        assert.equal(await served(gateway(level === 'cluster' ? mx1 : mx2)), fingerprint);
      }
      for (const each of fleet) await acceptsMail(each);
    });
  });
}
