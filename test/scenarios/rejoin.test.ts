/** A gateway leaves, is reinstalled, and takes its former place; another leaves, moves, and is recognised. Nothing of either is lost. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import type {
  ArchiveComparison,
  ArchiveList,
  CertificateDetail,
  IssuedList,
  Joined,
  JoinPlan,
  MachineView,
} from '../../services/schema/types.generated.ts';
import { acceptsMail, skipLab, startLab, type Gateway } from '../lab/harness.ts';
import { cli, hostKeyOf, joinWords, reinstall, served, type Cli } from './cli.ts';
import { startSignetd } from './signetd.ts';

describe('coming back', { skip: skipLab }, () => {
  const ends: (() => Promise<void>)[] = [];
  let signet: Cli;
  let one: Gateway;
  let two: Gateway;
  let own = '';

  before(async () => {
    const signetd = await startSignetd({ flags: ['--sweep', '2'] });
    ends.push(signetd.remove);
    signet = cli(signetd);
    const lab = await startLab('rejoin', 2);
    ends.push(lab.down);
    const [first, second] = lab.gateways;
    assert.ok(first && second);
    [one, two] = [first, second];
    for (const gateway of [one, two]) await signet.done(...(await joinWords(gateway)));
    await signet.done('certificate', 'create', 'mx', '--level', 'cluster', '--cn', 'mail.example.test');
    await signet.done('certificate', 'create', 'mx', '--level', 'machine/mx2', '--cn', two.hostname);
    await signet.done('set', 'cluster', 'listeners/public/certificate', 'mx');
    await signet.done('commit', '-m', 'certificates');
    const detail = await signet.json<CertificateDetail>('certificate', 'show', 'mx', '--level', 'machine/mx2');
    own = detail.fingerprint;
    assert.equal(await served(two), own);
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  it('a machine that left goes on serving, and the controller cannot log in', async () => {
    const out = await signet.done('machine', 'leave', 'mx2', '--yes');

    assert.match(out, /the controller can no longer log in to mx2/);
    assert.match(
      out,
      /stays live from files that are its own now: \/etc\/tls-kept\/1\/certificates\/mx\.pem, .*; renew them there/,
    );
    await acceptsMail(two);
    assert.equal(await served(two), own);
  });

  it('and runs on by itself: files of root, no way in, nothing that names Signet, and without its folder through a restart', async () => {
    // Script, hooks, key and the controller's address are named nowhere, but where the lab names every host.
    const traces = await two.inside(
      `grep -rlIE --exclude=hosts '/usr/local/lib/signet|signet-revert|${two.address.replace(/\d+$/, '1')}([^0-9]|$)' /etc /root/.ssh /var/spool/cron 2>/dev/null
       ls -d /usr/local/lib/signet /etc/sudoers.d/signet /etc/cron.d/*signet* /etc/systemd/system/*signet* 2>/dev/null; true`,
    );
    assert.equal(traces, '');
    assert.equal(await two.inside('grep -rlI /var/lib/signet /etc; find /etc -lname "/var/lib/signet*"; true'), '');
    assert.equal(
      await two.inside('find /etc/tls-kept/1 -name "*.pem" -exec stat -c "%a %U" {} + | sort -u'),
      '600 root\n',
    );
    // But for its identity, all of Signet's folder may go.
    await two.inside(
      'cp -a /var/lib/signet/original /root && cd /var/lib/signet && ls -A | grep -vx identity | xargs rm -rf',
    );

    await two.kill();
    await two.start();

    assert.equal(await served(two), own);
    await acceptsMail(two);
    assert.equal(await two.inside('postfix check && echo fine'), 'fine\n');
  });

  it('reinstalled under its name it is refused with the reason, and replaced it serves its own certificate again', async () => {
    await two.inside('postfix stop 2>/dev/null; true');
    await two.inside(
      'cp /root/original/etc/postfix/*.cf /etc/postfix/ && rm -rf /etc/tls-kept && postfix start 2>/dev/null',
    );
    await reinstall(two);
    assert.equal(await served(two), '');
    const words = await joinWords(two);

    assert.match(
      await signet.fails(3, ...words),
      /a machine called mx2 left on .* if it is that one, reinstalled, .*--replace/,
    );
    const out = await signet.done(...words, '--replace');

    assert.match(out, /was a member .*certificates\/mx[^]*mx2 has joined main/);
    assert.equal(await served(two), own);
  });

  it('reinstalled while it was a member it keeps its place in the same way', async () => {
    await two.inside('postfix stop 2>/dev/null; true');
    await two.inside('cp /var/lib/signet/original/etc/postfix/*.cf /etc/postfix/ && postfix start 2>/dev/null');
    await reinstall(two);
    const words = await joinWords(two);

    assert.match(await signet.fails(3, ...words), /seems to have been reinstalled; .*--replace/);
    assert.match(await signet.done(...words, '--replace'), /replaces +mx2, with .*certificates\/mx/);

    assert.equal(await served(two), own);
  });

  it('its archive says, before it is back, which certificate was revoked meanwhile', async () => {
    const names = ['--cn', two.hostname, '--authority', 'lab', '--profile', 'client'];
    await signet.done('authority', 'create', 'lab', '--cn', 'Lab CA');
    await signet.done('certificate', 'issue', 'client', '--level', 'machine/mx2', ...names);
    await signet.done('set', 'machine/mx2', 'outbound/certificate', 'client');
    await signet.done('commit', '-m', 'a client certificate');
    const files = await two.inside('cat /etc/postfix/*.cf');
    await signet.done('machine', 'leave', 'mx2', '--yes');
    assert.ok(!(await two.inside('cat /etc/postfix/*.cf')).includes('/var/lib/signet'));
    const { certificates } = await signet.json<IssuedList>('authority', 'certificates', 'lab');
    await signet.done('authority', 'revoke', 'lab', certificates[0]?.serial ?? '', '--reason', 'keyCompromise');
    const words = await joinWords(two);

    const plan = await signet.json<JoinPlan>(...words, '--plan');
    const [archive] = (await signet.json<ArchiveList>('archive', 'list')).archives;
    const compared = await signet.json<ArchiveComparison>('archive', 'compare', archive?.id ?? '', '--machine', 'mx1');
    const answer = await signet.json<Joined>(...words, '--restore');

    const revoked = /certificate client .*was revoked on .* by lab/;
    assert.match(plan.notes.join('\n'), revoked);
    assert.ok(plan.known?.comparison.changes.some(({ pointer }) => pointer === '/outbound/certificate'));
    assert.deepEqual(
      compared.certificates.map(({ name, trouble }) => [name, trouble === undefined]),
      [
        ['client', false],
        ['mx', true],
      ],
    );
    assert.match((answer.notes ?? []).join('\n'), revoked);
    assert.equal(await served(two), own);
    assert.equal(await two.inside('cat /etc/postfix/*.cf'), files, 'all that was Signet’s is its again, and once');
  });

  it('a machine that left is adopted as any other: nothing on it changes until something else is wanted', async () => {
    await signet.done('machine', 'leave', 'mx2', '--yes');
    const sums = () =>
      two.inside('sha256sum /etc/postfix/*.cf; find /etc/tls-kept -type f -exec sha256sum {} + | sort');
    const before_ = await sums();

    await signet.done(...(await joinWords(two)), '--adopt', '--discard');

    assert.equal(await sums(), before_);
    assert.equal(await served(two), own);
    await signet.done('set', 'machine/mx2', 'protocols/inbound/minimum', 'TLSv1.3');
    await signet.done('commit', '-m', 'newer only');
    assert.equal(await served(two), own);
    assert.equal(
      await two.inside('cat /etc/postfix/*.cf | grep -c tls-kept; postconf -n 2>&1 >/dev/null; true'),
      '0\n',
    );
    await signet.done('unset', 'machine/mx2', 'protocols/inbound/minimum');
    await signet.done('commit', '-m', 'as before');
  });

  it('one that was let go while it was dark is flattened as well, as soon as it is back', async () => {
    await two.link('down');
    await signet.done('machine', 'leave', 'mx2', '--yes', '--force');
    assert.notEqual(await two.inside('grep -l /var/lib/signet /etc/postfix/main.cf'), '');
    await two.link('up');
    for (let tries = 0; (await two.inside('ls -d /usr/local/lib/signet 2>/dev/null; true')) !== ''; tries += 1) {
      assert.ok(tries < 120, 'it was not let go');
      await sleep(500);
    }

    assert.equal(await two.inside('grep -rlI /var/lib/signet /etc; find /etc -lname "/var/lib/signet*"; true'), '');
    assert.equal(await served(two), own);
    await two.inside('cd /var/lib/signet && ls -A | grep -vxE "identity|original" | xargs rm -rf');
    await acceptsMail(two);
    assert.match(await signet.done(...(await joinWords(two)), '--restore'), /mx2 has joined/);
    assert.equal(await served(two), own);
  });

  it('under another name and at another address a machine is recognised', async () => {
    await signet.done('machine', 'leave', 'mx2', '--yes');
    const moved = two.address.replace(/\d+$/, '77');
    await two.inside(`ip addr add ${moved}/24 dev $(ip -o addr show to ${two.address} | awk '{ print $2 }')`);
    const login = ['--host', moved, '--identity', two.key, '--yes', '--host-key', await hostKeyOf(two)];

    const out = await signet.done('machine', 'join', 'relay', ...login, '--restore');

    assert.equal((await signet.json<MachineView>('machine', 'show', 'relay')).host, moved);
    assert.match(out, /was a member +as mx2 until .*certificates\/mx/);
    assert.equal(await served(two), own);
  });

  it('its files from before it first joined are in the archive, and what left for good is forgotten', async () => {
    await signet.done('machine', 'leave', 'relay', '--yes');
    const { id } = await signet.json<MachineView>('machine', 'show', 'relay');
    const path = '/etc/postfix/main.cf';
    const before_ = await two.inside(`cat /var/lib/signet/original${path}`);

    assert.match(await signet.done('archive', 'show', id, '--files'), /main\.cf +\d+\n.*master\.cf +\d+/);
    assert.equal(await signet.done('archive', 'show', id, '--file', path), before_);
    assert.match(await signet.done('machine', 'forget', 'relay', '--yes'), /relay is forgotten/);

    assert.match(await signet.fails(3, 'machine', 'show', 'relay'), /there is no machine relay/);
    assert.equal(await signet.done('archive', 'show', id, '--file', path), before_);
    const words = ['machine', 'join', 'relay', '--host', two.address, '--identity', two.key, '--yes'];
    const login = [...words, '--host-key', await hostKeyOf(two)];
    assert.match(await signet.fails(3, ...login, '--restore'), /was forgotten, .*--replace/);
    await signet.done(...login, '--replace');
    assert.equal(await served(two), own);
    // Through leaving, coming back and being forgotten, the first files are those that a restore brings back.
    await two.inside(`echo '# by hand' >>${path}`);
    await signet.done('machine', 'leave', 'relay', '--restore-original', '--yes');
    assert.equal(await two.inside(`cat ${path}`), before_);
    assert.equal(await two.inside(`tail -n 1 /var/lib/signet/replaced${path}`), '# by hand\n');
    assert.equal(await two.inside('grep -rlI /var/lib/signet /etc || true'), '');
  });
});
