/** Joining, leaving and rejoining on real gateways, typed by an administrator, and above all how each of them fails. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import type {
  CertificateDetail,
  Explanation,
  MachineList,
  MachineView,
} from '../../services/schema/types.generated.ts';
import { acceptsMail, skipLab, startLab, type Gateway } from '../lab/harness.ts';
import { cli, hostKeyOf, joinWords, served, type Cli } from '../scenarios/cli.ts';
import { full } from '../scenarios/harness.ts';
import { startSignetd, type Signetd } from '../scenarios/signetd.ts';

describe('membership', { skip: skipLab }, () => {
  const home = mkdtempSync(join(tmpdir(), 'signet-membership-'));
  const ends: (() => Promise<void>)[] = [];
  let signetd: Signetd;
  let signet: Cli;
  let one: Gateway;
  let two: Gateway;
  let three: Gateway;
  let pristine = '';

  before(async () => {
    signetd = await startSignetd();
    ends.push(signetd.remove);
    signet = cli(signetd);
    const lab = await startLab('membership', 3);
    ends.push(lab.down);
    const [first, second, third] = lab.gateways;
    assert.ok(first && second && third);
    [one, two, three] = [first, second, third];
    pristine = await digests();
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
    rmSync(home, { recursive: true });
  });

  const names = async () => (await signet.json<MachineList>('machine', 'list')).machines.map(({ name }) => name);
  const digests = () => three.inside('sha256sum /etc/postfix/main.cf /etc/postfix/master.cf');
  const password = () => join(dirname(one.key), 'password');

  /** Nothing of Signet's that could act: no script, no key, no boot hook. */
  async function isClean({ inside }: Gateway): Promise<void> {
    const left = await inside(
      'ls -d /usr/local/lib/signet/gateway /etc/cron.d/*signet* 2>/dev/null; grep -h " signet$" /root/.ssh/authorized_keys; true',
    );
    assert.equal(left, '');
  }

  describe('a join', () => {
    it('sends nothing to a machine with another host key than the expected one', async () => {
      const words = ['machine', 'join', 'mx1', '--host', one.address, '--identity', one.key, '--yes'];
      const other = await hostKeyOf(two);

      const said = await signet.fails(3, ...words, '--host-key', other);

      assert.ok(
        said.includes(`${one.address} has the host key ${await hostKeyOf(one)}, not ${other}; nothing was sent`),
      );
      const bootstrap = { user: 'root', privateKey: readFileSync(one.key, 'utf8') };
      await assert.rejects(
        signetd.api('POST', '/machines', { name: 'mx1', host: one.address, hostKey: other, bootstrap }),
        /409 .*shows the host key .*nothing was sent/,
      );
      await isClean(one);
    });

    it('is refused for a group there is none of, and for a Postfix that does not run', async () => {
      const words = await joinWords(one);
      assert.match(await signet.fails(3, ...words, '--group', 'inner'), /there is no group inner; create it/);

      await one.inside('postfix stop 2>/dev/null');
      assert.match(await signet.fails(3, ...words), /Postfix is installed on \S+ but not running; start it/);
      await one.inside('postfix start 2>/dev/null');
      await isClean(one);
    });

    it('is refused with a wrong password, and works with the right one', async () => {
      const words = ['machine', 'join', 'mx1', '--host', one.address, '--yes', '--host-key', await hostKeyOf(one)];
      const wrong = join(home, 'wrong');
      writeFileSync(wrong, 'nonsense\n');

      assert.match(await signet.fails(1, ...words, '--password-file', wrong), /refuses the login of root/);
      assert.match(await signet.done(...words, '--password-file', password()), /mx1 has joined main/);
      const secret = readFileSync(password(), 'utf8').trim();
      assert.ok(!signetd.log().includes(secret));
    });

    for (const [how, rule] of [
      ['asks for the password', 'ops ALL=(ALL) ALL'],
      ['asks for nothing', 'ops ALL=(ALL) NOPASSWD: ALL'],
    ] as const) {
      const skip = how === 'asks for the password' || full ? false : 'one of two';
      it(`works as an ordinary user whose sudo ${how}`, { skip }, async () => {
        const secret = readFileSync(password(), 'utf8').trim();
        await two.inside(
          `id ops >/dev/null 2>&1 || useradd -m ops; echo 'ops:${secret}' | chpasswd; echo '${rule}' >/etc/sudoers.d/ops; chmod 440 /etc/sudoers.d/ops`,
        );
        const words = ['--host', two.address, '--user', 'ops', '--yes', '--host-key', await hostKeyOf(two)];
        const archive = how === 'asks for nothing' ? ['--discard'] : [];

        await signet.done('machine', 'join', 'mx2', ...words, '--password-file', password(), ...archive);
        assert.match(await signet.done('machine', 'probe', 'mx2'), /match/);
        await two.inside(`rm /etc/sudoers.d/ops; ! grep -rqs '${secret}' /home/ops /root/.sh_history /var/log`);
        assert.match(await signet.done('machine', 'probe', 'mx2'), /match/, 'it needs no more than its own rule');
        await signet.done('machine', 'leave', 'mx2', '--yes');
        await two.inside('! ls /etc/sudoers.d/*signet* 2>/dev/null');
      });
    }

    it('is refused under a name that is taken', async () => {
      const [, , , ...words] = await joinWords(three);

      const said = await signet.fails(3, 'machine', 'join', 'mx1', ...words);

      assert.match(said, new RegExp(`the name mx1 belongs to another machine \\(${one.address}\\)`));
      await isClean(three);
    });

    it('is refused for a copy of a member', async () => {
      const identity = (await one.inside('cat /var/lib/signet/identity')).trim();
      await three.inside(`mkdir -p /var/lib/signet; echo ${identity} >/var/lib/signet/identity`);

      const said = await signet.fails(3, ...(await joinWords(three)));
      await three.inside('rm -r /var/lib/signet');

      assert.match(said, /has the identity of the member mx1, which answers .*: it is a copy of it; .* --new-identity/);
      await isClean(three);
      assert.match(await signet.done('machine', 'probe', 'mx1'), /match/);
    });

    it('is told beforehand when the configuration refuses the machine', async () => {
      await signet.done('certificate', 'create', 'own', '--level', 'machine/mx1', '--cn', one.hostname);
      await signet.done('set', 'cluster', 'listeners/public/certificate', 'own');
      await signet.done('commit', '-m', 'each its own');

      const said = await signet.fails(3, ...(await joinWords(three)));

      assert.match(said, /mx3 cannot join as it is; nothing was changed[^]*"own".*set \/certificates\/own/);
      await isClean(three);
      assert.deepEqual(await names(), ['mx1']);
      await acceptsMail(three);
      await signet.done('unset', 'cluster', 'listeners/public/certificate');
      await signet.done('commit', '-m', 'as before');
    });

    it('that its controller did not live to see the end of can be repeated', async () => {
      const words = await joinWords(three);
      const interrupted = signet.run(...words);
      while ((await three.inside('ls /usr/local/lib/signet/gateway 2>/dev/null; true')) === '') await sleep(20);
      await signetd.kill();
      assert.notEqual((await interrupted).exit, 0);
      await signetd.start();

      const members = (await signet.json<MachineList>('machine', 'list')).machines;
      if (members.every(({ name, state }) => name !== 'mx3' || state !== 'member')) {
        assert.match(await signet.done(...words), /mx3 has joined main/);
      }
      assert.match(await signet.done('machine', 'probe', 'mx3'), /match/);
    });
  });

  describe('a group', () => {
    const fingerprint = async (level: string) =>
      (await signet.json<CertificateDetail>('certificate', 'show', 'mx', '--level', level)).fingerprint;

    it('gives a machine that moves into it its own settings, and takes them when it moves out', async () => {
      await signet.done('certificate', 'create', 'mx', '--level', 'cluster', '--cn', 'mail.example.test');
      await signet.done('set', 'cluster', 'listeners/public/certificate', 'mx');
      await signet.done('group', 'create', 'edge');
      await signet.done('certificate', 'create', 'mx', '--level', 'group/edge', '--cn', 'edge.example.test');
      await signet.done('commit', '-m', 'a group');
      assert.equal(await served(three), await fingerprint('cluster'));

      await signet.done('machine', 'move', 'mx3', 'edge');
      assert.equal(await served(three), await fingerprint('cluster'), 'nothing happens before the commit');
      await signet.done('commit', '-m', 'mx3 to the edge');
      assert.equal(await served(three), await fingerprint('group/edge'));
      assert.equal(await served(one), await fingerprint('cluster'));
      const { level, shadows } = await signet.json<Explanation>('explain', 'mx3', 'certificates/mx');
      assert.deepEqual([level, shadows.map((shadow) => shadow.level)], ['group/edge', ['cluster']]);
    });

    it('is not deleted while a machine is in it, and is not a place for one that is not there', async () => {
      assert.match(
        await signet.fails(3, 'group', 'delete', 'edge'),
        /"edge" is not empty \(1: mx3\); move its machines/,
      );
      assert.match(await signet.fails(3, 'group', 'delete', 'main'), /"main" always exists/);
      assert.match(await signet.fails(3, 'machine', 'move', 'mx3', 'inner'), /inner/);
      assert.match(await signet.fails(3, 'machine', 'move', 'mx9', 'edge'), /mx9/);
      assert.match(await signet.done('show'), /empty|nothing/i);
    });

    it('is where a machine that left from it comes back to', async () => {
      await signet.done('machine', 'leave', 'mx3', '--yes');
      const words = await joinWords(three);

      assert.match(await signet.done(...words, '--restore'), /mx3 has joined edge/);
      assert.equal(await served(three), await fingerprint('group/edge'));
    });

    it('goes with its settings once it is empty', async () => {
      await signet.done('machine', 'move', 'mx3', 'main');
      await signet.done('group', 'delete', 'edge');
      await signet.done('commit', '-m', 'no edge');

      assert.equal(await served(three), await fingerprint('cluster'));
      assert.match(await signet.done('revision', 'diff'), /edge/);
    });
  });

  describe('a leave', () => {
    it('puts the files back that were there before, byte for byte, when it is asked to', async () => {
      assert.notEqual(await digests(), pristine);
      assert.notEqual(await served(three), '');

      const out = await signet.done('machine', 'leave', 'mx3', '--yes', '--restore-original');

      assert.match(out, /the controller can no longer log in to mx3/);
      assert.equal(await digests(), pristine);
      await isClean(three);
      await acceptsMail(three);
      assert.match(await signet.fails(3, 'machine', 'probe', 'mx3'), /there is no machine mx3/);
    });

    it('that its controller did not live to see the end of is finished by another one, whatever was done', async () => {
      await signet.done(...(await joinWords(three)), '--discard');
      const interrupted = signet.run('machine', 'leave', 'mx3', '--yes');
      while ((await three.inside('ls /usr/local/lib/signet/gateway 2>/dev/null; true')) !== '') await sleep(5);
      await signetd.kill();
      await interrupted;
      await signetd.start();

      if ((await names()).includes('mx3')) await signet.done('machine', 'leave', 'mx3', '--yes');

      assert.ok(!(await names()).includes('mx3'));
      await isClean(three);
      await acceptsMail(three);
    });

    it('of a machine that is not there is refused in words', async () => {
      assert.match(await signet.fails(3, 'machine', 'leave', 'mx9', '--yes'), /there is no machine mx9/);
      assert.match(await signet.fails(2, 'machine', 'leave', 'mx1'), /add --yes/);
    });

    it('of a machine that does not answer needs to be forced, and says what stays behind', async () => {
      await signet.done('machine', 'probe', 'mx1');
      await one.link('down');
      const since = Date.now();
      const said = await signet.fails(1, 'machine', 'leave', 'mx1', '--yes');
      assert.ok(Date.now() - since < 25_000, `it took ${Date.now() - since} ms`);
      assert.match(said, /mx1 cannot be reached, so .* --force/);
      assert.deepEqual(await names(), ['mx1']);

      const out = await signet.done('machine', 'leave', 'mx1', '--yes', '--force');
      await one.link('up');

      assert.match(out, /mx1 could not be reached: the line of the key "signet" is still in its authorized_keys/);
      assert.deepEqual(await names(), []);
      await acceptsMail(one);
    });

    it('that was forced is made good by a rejoin, which finds the archive', async () => {
      const out = await signet.done(...(await joinWords(one)), '--restore');

      assert.match(out, /archive: .*\/certificates\/own/);
      assert.match(await signet.done('machine', 'probe', 'mx1'), /match/);
      const { state, group } = await signet.json<MachineView>('machine', 'show', 'mx1');
      assert.deepEqual([state, group], ['member', 'main']);
    });
  });
});
