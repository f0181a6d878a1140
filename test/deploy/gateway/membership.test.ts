// Joining, upgrading and leaving: what the script puts on a gateway, what it lets in, and what it takes away again.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';

import { acceptsMail, skipLab, ssh, startLab, type Gateway, type Lab } from '../../lab/harness.ts';
import {
  carrier,
  controllerKey,
  deploy,
  digestOf,
  isDecided,
  joinAs,
  liveFiles,
  mainCf,
  masterCf,
  publicKey,
  script,
  send,
  sha256,
  stands,
  statusOf,
  version,
  type Controller,
} from './controller.ts';

describe('the gateway script', { skip: skipLab }, () => {
  let lab: Lab;
  let gateway: Gateway;
  let mx1: Controller;
  before(async () => {
    lab = await startLab('gateway-members', 1);
    const [first] = lab.gateways;
    assert.ok(first);
    gateway = first;
  });
  after(() => lab.down());

  const lineOf = (lines: readonly string[], key: string): string | undefined =>
    lines.find((line) => line.startsWith(`${key} `))?.slice(key.length + 1);

  async function piped(command: string, text: string, user = 'root'): ReturnType<ReturnType<typeof ssh>['result']> {
    const session = ssh(gateway, command, { user });
    session.end(text);
    return session.result();
  }

  it('tells the facts of a machine where nothing is installed, and leaves no trace', async () => {
    const { status, lines } = await piped('sh -s facts', script);

    assert.equal(status, 0);
    assert.equal(lines.at(-1), 'end');
    assert.deepEqual(
      ['script', 'identity', 'hostname', 'boot-hook', 'postfix', 'running', 'config-directory', 'queue-directory'].map(
        (key) => lineOf(lines, key),
      ),
      ['-', '-', gateway.hostname, 'cron', '3.7.11', 'yes', '/etc/postfix', '/var/spool/postfix'],
    );
    assert.equal(lineOf(lines, 'address'), gateway.address);
    assert.ok(lines.includes(`parameter myhostname ${gateway.hostname}`));
    assert.ok(lines.includes('parameter relayhost '));
    // The lab has no resolver, so that of the machine itself would be asked.
    assert.equal(lineOf(lines, 'resolver'), '127.0.0.1 silent');
    assert.ok(lines.includes('service smtp 25'));
    assert.ok(Number(lineOf(lines, 'free-kilobytes')) > 1000);
    const text = await gateway.inside(`cat ${masterCf}`);
    assert.ok(lines.join('\n').includes(`\ntext ${masterCf} ${Buffer.byteLength(text)}\n${text}\nend`));
    assert.equal(await gateway.inside('ls -d /var/lib/signet /usr/local/lib/signet 2>/dev/null || true'), '');
  });

  it('cannot be installed without its text, and says how', async () => {
    const { status, lines } = await piped(`sh -s install ${publicKey}`, script);

    assert.equal(status, 3);
    assert.match(lines[0] ?? '', /^refused bad-request .*carrier/);
  });

  it('is installed by its carrier with the key, the boot hook and an identity', async () => {
    mx1 = await joinAs(gateway);

    const { lines } = mx1.installed;
    assert.match(lineOf(lines, 'identity') ?? '', /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/);
    assert.deepEqual(lines.slice(1), [`script ${version}`, 'boot-hook cron', 'user root', 'end']);
    assert.equal(await gateway.inside('cat /usr/local/lib/signet/gateway'), script);
    assert.equal(
      await gateway.inside('cd /usr/local/lib; stat -c "%n %U %a" signet signet/gateway /var/lib/signet'),
      'signet root 755\nsignet/gateway root 755\n/var/lib/signet root 700\n',
    );
    assert.equal(await gateway.inside('cat /etc/cron.d/signet'), '@reboot root /usr/local/lib/signet/gateway boot\n');
  });

  it('is all that the key may run, and only on the way to the machine itself and to where mail goes', async () => {
    for (const command of ['id', 'push 1; id', '$(id)', 'sh -c id', '']) {
      const { status, lines } = await withKey(command);
      assert.equal(status, 3, command);
      assert.match(lines[0] ?? '', /^refused bad-request /);
    }
    const key = await gateway.inside('grep signet/gateway /root/.ssh/authorized_keys');
    assert.match(key, /^restrict,port-forwarding,permitopen="127\.0\.0\.1:\*",/);
    assert.match(key, /,permitopen="\*:25",/);
    assert.match(key, new RegExp(`permitopen="${gateway.address.replaceAll('.', '\\.')}:\\*"`));
  });

  function withKey(command: string): ReturnType<ReturnType<typeof ssh>['result']> {
    const session = ssh(gateway, command, { key: controllerKey });
    session.end();
    return session.result();
  }

  it('may be installed again: identity and generations stay, and there is still one key', async () => {
    const believed = await liveFiles(mx1);
    await deploy(mx1, {
      digest: digestOf('one'),
      believed,
      live: { [masterCf]: `${believed[masterCf]}2525 inet n - y - - smtpd\n` },
      plan: ['postfix', 'bind all 2525', 'activate reload'],
    });

    const again = await joinAs(gateway);

    assert.deepEqual(again.installed.lines, mx1.installed.lines);
    assert.equal(await gateway.inside('grep -c signet/gateway /root/.ssh/authorized_keys'), '1\n');
    await stands(mx1, { digest: digestOf('one'), outcome: /^confirmed 1$/, ports: [25, 2525] });
  });

  it('is replaced whole by an upgrade, and not by one that is damaged, broken or of an old controller', async () => {
    const next = script.replace(version, '1.0badcafe');
    const header = (text: string, epoch = 3): string =>
      `epoch ${epoch}\nscript ${Buffer.byteLength(text)} ${sha256(text)}\n`;

    const line = await gateway.inside('grep signet/gateway /root/.ssh/authorized_keys');
    await gateway.inside(`sed -i 's/permitopen="[*]:25",//' /root/.ssh/authorized_keys`);
    const upgraded = await mx1.ask('upgrade', header(next) + next);
    const refused = [
      await mx1.ask('upgrade', header(script) + script.replace('umask 077', 'umask 000')),
      await mx1.ask('upgrade', header('if\n') + 'if\n'),
      await mx1.ask('upgrade', header(script, 2) + script),
    ];

    assert.deepEqual(upgraded.lines, ['script 1.0badcafe', 'end']);
    assert.equal(
      await gateway.inside('grep signet/gateway /root/.ssh/authorized_keys'),
      line,
      'its key line is renewed',
    );
    assert.deepEqual(
      refused.map(({ lines }) => lines[0]?.split(' ', 2).join(' ')),
      ['refused invalid', 'refused invalid', 'refused stale-epoch'],
    );
    assert.equal((await statusOf(mx1))['script'], '1.0badcafe');
    await mx1.ask('upgrade', header(script) + script);
    assert.equal((await statusOf(mx1))['script'], version);
  });

  it('is not replaced while a generation is unproven', async () => {
    const { session } = await send(mx1, {
      digest: digestOf('two'),
      base: digestOf('one'),
      epoch: 3,
      plan: ['activate none'],
    });

    const { lines } = await mx1.ask(
      'upgrade',
      `epoch 3\nscript ${Buffer.byteLength(script)} ${sha256(script)}\n${script}`,
    );

    assert.match(lines[0] ?? '', /^refused pending generation 2 /);
    session.write('revert\n');
    await session.result();
  });

  it('tests a bind by /proc where there is no perl, and no resolver', async () => {
    await gateway.inside('chmod -x /usr/bin/perl');
    const believed = await liveFiles(mx1);
    const bind = async (address: string, port: number): Promise<string> => {
      const { answer, session } = await send(mx1, {
        digest: digestOf('bind'),
        base: digestOf('one'),
        epoch: 3,
        believed,
        plan: [`bind ${address} ${port}`, 'activate none'],
      });
      session.write('revert\n');
      await session.result();
      return answer.split(' ', 2).join(' ');
    };

    assert.equal(lineOf((await mx1.ask('facts')).lines, 'resolver'), '127.0.0.1 untried');
    const answers = [
      await bind('all', 2525),
      await bind(gateway.address, 25),
      await bind('198.51.100.1', 4444),
      await bind('2001:db8::1', 4444),
      await bind(gateway.address, 4444),
    ];

    await gateway.inside('chmod +x /usr/bin/perl');
    assert.deepEqual(answers.slice(0, 4), [
      'refused port-taken',
      'refused port-taken',
      'refused invalid',
      'refused invalid',
    ]);
    assert.match(answers[4] ?? '', /^activated \d+$/);
  });

  it('says that nothing reverts after a restart where cron no longer runs', async () => {
    await gateway.inside('kill $(cat /run/crond.pid); sleep 0.2');

    assert.equal((await statusOf(mx1))['boot-hook'], 'none');
    assert.equal(lineOf((await mx1.ask('facts')).lines, 'boot-hook'), 'none');
    await gateway.inside('cron');
    assert.equal((await statusOf(mx1))['boot-hook'], 'cron');
  });

  it('leaves with everything that let it in, and what is live stays live', async () => {
    const [stale, silent] = [await mx1.ask('leave', 'epoch 2\n'), await mx1.ask('leave')];
    assert.match(stale.lines[0] ?? '', /^refused stale-epoch a controller of epoch 3 has been here, yours is 2$/);
    assert.match(silent.lines[0] ?? '', /^refused bad-request leave needs an epoch$/);

    const left = await mx1.ask('leave', 'epoch 3\n');

    assert.deepEqual([left.status, ...left.lines], [0, 'left', 'end']);
    assert.equal((await mx1.ask('status')).status, 255, 'the key is gone');
    assert.equal(
      await gateway.inside(
        'ls /etc/cron.d /usr/local/lib/signet 2>/dev/null; grep signet /root/.ssh/authorized_keys || true',
      ),
      '/etc/cron.d:\n',
    );
    // It had no files, so there is nothing to keep.
    assert.equal(
      await gateway.inside('ls -A /var/lib/signet/generations /etc/tls-kept'),
      '/etc/tls-kept:\n\n/var/lib/signet/generations:\n',
    );
    await acceptsMail(gateway, 2525);
  });

  it('does not leave when Postfix would not survive the files from before Signet', async () => {
    mx1 = await joinAs(gateway);
    const original = `/var/lib/signet/original${masterCf}`;
    const believed = await liveFiles(mx1);
    await gateway.inside(`cp ${original} /root/original; echo '4650 inet n - y - - smtpd' >>${original}
      setsid perl -MSocket -e 'socket(S, PF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(4650, INADDR_ANY)); listen(S, 1); sleep 60' \
        </dev/null >/dev/null 2>&1 &`);

    const { status, lines } = await mx1.ask('leave restore', 'epoch 3\n');

    assert.equal(status, 3);
    assert.match(lines[0] ?? '', /^refused failed .*everything is as it was$/);
    assert.deepEqual(await liveFiles(mx1), believed);
    await stands(mx1, { digest: '-', ports: [25, 2525] });
    await gateway.inside(`cp /root/original ${original}`);
  });

  it('recognises a machine that comes back, and puts the files from before Signet back when it leaves for good', async () => {
    const identity = lineOf(mx1.installed.lines, 'identity');

    mx1 = await joinAs(gateway);
    assert.equal(lineOf(mx1.installed.lines, 'identity'), identity);
    const status = await statusOf(mx1);
    assert.equal(status['current'], '0 -');
    const original = await gateway.inside(`cat /var/lib/signet/original${masterCf}`);
    const left = await mx1.ask('leave restore', 'epoch 3\n');

    assert.deepEqual([left.status, ...left.lines], [0, 'left', 'end']);
    assert.equal(await gateway.inside(`cat ${masterCf}`), original);
    assert.equal(
      await gateway.inside('ls -A /var/lib/signet/generations; ls -d /var/lib/signet/current 2>/dev/null || true'),
      '',
    );
    await acceptsMail(gateway, 25);
    await assert.rejects(acceptsMail(gateway, 2525));
  });

  describe('for a user other than root', () => {
    before(async () => {
      const key = readFileSync(`${gateway.key}.pub`, 'utf8');
      await gateway.inside(`set -e; useradd --create-home --shell /bin/bash keeper
        install -d -o keeper -m 700 ~keeper/.ssh
        echo '${key.trim()}' >~keeper/.ssh/authorized_keys; chown keeper ~keeper/.ssh/authorized_keys
        echo 'keeper ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/administrator`);
    });

    it('is installed through sudo for whoever called it', async () => {
      const { status, lines, stderr } = await piped(`sudo -n sh -s install ${publicKey}`, carrier(), 'keeper');
      await gateway.inside('rm /etc/sudoers.d/administrator');

      assert.equal(status, 0, stderr + lines.join('\n'));
      assert.equal(lineOf(lines, 'user'), 'keeper');
      assert.equal(await gateway.inside('stat -c "%U %a" ~keeper/.ssh/authorized_keys'), 'keeper 644\n');
    });

    it('lets the controller in through one user at a time', async () => {
      await joinAs(gateway, 'root');
      const asRoot = await gateway.inside(
        'ls /etc/sudoers.d | grep signet; grep -c signet ~keeper/.ssh/authorized_keys || true',
      );
      mx1 = await joinAs(gateway, 'keeper');

      assert.equal(asRoot, '0\n');
      assert.equal(await gateway.inside('grep -c signet /root/.ssh/authorized_keys || true'), '0\n');
      assert.equal((await statusOf(mx1))['running'], 'yes');
    });

    it('lets the controller push and confirm, and its user run nothing else as root', async () => {
      const believed = await liveFiles(mx1);

      await deploy(mx1, {
        digest: digestOf('sudo'),
        believed,
        files: { blob: 'x'.repeat(100_000) },
        live: { [mainCf]: `${believed[mainCf]}smtpd_tls_loglevel = 1\n` },
        plan: ['postfix', 'activate reload'],
      });

      await stands(mx1, { digest: digestOf('sudo'), outcome: /^confirmed \d+$/ });
      const { status } = await piped('sudo -n /usr/local/lib/signet/gateway status || sudo -n id', '', 'keeper');
      assert.notEqual(status, 0);
    });

    it('reverts by itself when the session under sudo was cut', async () => {
      const { session } = await send(mx1, {
        digest: digestOf('cut'),
        base: digestOf('sudo'),
        window: 3,
        files: { blob: 'y' },
        plan: ['activate reload'],
      });
      session.cut();

      await isDecided(mx1);

      await stands(mx1, { digest: digestOf('sudo'), outcome: /^reverted \d+ no confirmation came in time$/ });
    });

    it('leaves with its sudo rule', async () => {
      const left = await mx1.ask('leave', 'epoch 3\n');

      assert.deepEqual([left.status, ...left.lines], [0, 'kept /etc/tls-kept/1/blob', 'left', 'end']);
      assert.equal(
        await gateway.inside('ls /etc/sudoers.d | grep signet; grep signet ~keeper/.ssh/authorized_keys || true'),
        '',
      );
      await acceptsMail(gateway);
    });
  });
});
