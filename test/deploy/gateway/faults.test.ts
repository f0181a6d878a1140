// What goes wrong before or at the moment of going live: whatever it is, the same outside check passes afterwards.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, beforeEach, describe, it } from 'node:test';

import { skipLab, startLab, type Lab } from '../../lab/harness.ts';
import {
  deploy,
  digestOf,
  joinAs,
  liveFiles,
  mainCf,
  masterCf,
  pair,
  request,
  send,
  stands,
  type Controller,
  type Push,
} from './controller.ts';

describe('when a push fails', { skip: skipLab }, () => {
  let lab: Lab;
  let mx1: Controller;
  let live: Awaited<ReturnType<typeof liveFiles>>;
  const good = pair('good.example.test');
  const other = pair('other.example.test');
  before(async () => {
    lab = await startLab('gateway-faults', 1);
    mx1 = await joinAs(lab.gateways[0]);
    const believed = await liveFiles(mx1);
    // 2525 is the other prior listener.
    const master = `${believed[masterCf]}2525 inet n - y - - smtpd\n`;
    await deploy(mx1, {
      digest: digestOf('old'),
      believed,
      files: { 'public.pem': good.text },
      live: { [masterCf]: master },
      plan: ['key files/public.pem', 'postfix', 'bind all 2525', 'activate reload'],
    });
    await mx1.gateway.inside(`cat >/root/listen <<'END'
use Socket; socket(S, PF_INET, SOCK_STREAM, 0); setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1);
bind(S, sockaddr_in($ARGV[0], INADDR_ANY)) or die $!; listen(S, 5); sleep 600;
END
setsid perl /root/listen 4650 </dev/null >/dev/null 2>&1 &`);
  });
  after(() => lab.down());
  beforeEach(async () => {
    live = await liveFiles(mx1);
  });

  function push(change: Partial<Push>): Push {
    return {
      digest: digestOf('new'),
      base: digestOf('old'),
      believed: live,
      files: { 'public.pem': other.text },
      plan: ['key files/public.pem', 'postfix', 'activate reload'],
      ...change,
    };
  }

  const asBefore = async (outcome = /^confirmed 1$/): Promise<void> => {
    await stands(mx1, { digest: digestOf('old'), outcome, ports: [25, 2525] });
    assert.deepEqual(await liveFiles(mx1), live);
  };

  const reload = ['postfix', 'activate reload'];
  const locked =
    execFileSync('openssl', ['pkey', '-aes128', '-passout', 'pass:secret'], { input: good.key, encoding: 'utf8' }) +
    good.certificate;
  const truncated = good.certificate.replace(/\n[^\n]+\n-----END/, '\n-----END');
  const faults: readonly [string, (text: typeof live) => Partial<Push>, RegExp][] = [
    [
      'the file has no certificate',
      () => ({ files: { 'public.pem': other.key } }),
      /^refused invalid .*no certificate/,
    ],
    [
      'the file has no key',
      () => ({ files: { 'public.pem': other.certificate } }),
      /^refused invalid .*no private key/,
    ],
    [
      'the certificate is damaged',
      () => ({ files: { 'public.pem': good.key + truncated } }),
      /^refused invalid .*no certificate that can be read/,
    ],
    [
      'a certificate of the chain is damaged',
      () => ({ files: { 'public.pem': good.text + truncated } }),
      /^refused invalid .*a certificate that cannot be read/,
    ],
    [
      'the key does not fit the certificate',
      () => ({ files: { 'public.pem': other.key + good.certificate } }),
      /^refused invalid the private key in files\/public.pem does not fit/,
    ],
    [
      'the bundle has a symbolic link',
      () => ({ odd: { name: 'files/link', type: 'symlink', linkname: '/etc/shadow' } }),
      /^refused invalid .* something else than files and folders$/,
    ],
    [
      'the bundle has a pipe',
      () => ({ odd: { name: 'files/pipe', type: 'fifo' } }),
      /^refused invalid .* something else than files and folders$/,
    ],
    [
      'the bundle has a file of the script',
      () => ({ odd: { name: 'digest' } }),
      /^refused invalid .* something else than plan, files and live$/,
    ],
    [
      'the bundle leads out of the generation',
      () => ({ odd: { name: 'files/../../outside' } }),
      /^refused (invalid .* a name that none may have|failed the bundle cannot be unpacked)/,
    ],
    [
      'a name in the bundle has a blank',
      () => ({ odd: { name: 'files/a b' } }),
      /^refused invalid .* a name that none may have$/,
    ],
    [
      'the certificate of the key is not the first',
      () => ({ files: { 'public.pem': other.key + good.certificate + other.certificate } }),
      /^refused invalid the private key in files\/public.pem does not fit/,
    ],
    [
      'the key has a password',
      () => ({ files: { 'public.pem': locked } }),
      /^refused invalid files\/public.pem has no private key that can be read/,
    ],
    [
      'the second of two keys does not fit its certificate',
      () => ({
        files: { 'public.pem': other.text, 'second.pem': good.key + other.certificate },
        plan: ['key files/public.pem', 'key files/second.pem', 'activate none'],
      }),
      /^refused invalid the private key in files\/second.pem does not fit/,
    ],
    [
      'main.cf has an unknown parameter',
      (text) => ({ live: { [mainCf]: `${text[mainCf]}smtpd_tls_chian_files = x\n` } }),
      /^refused invalid Postfix does not accept .*unused parameter: smtpd_tls_chian_files/,
    ],
    [
      'main.cf cannot be parsed',
      (text) => ({ live: { [mainCf]: `${text[mainCf]}smtpd_tls_chain_files\n` } }),
      /^refused invalid Postfix does not accept .*missing '='/,
    ],
    [
      'master.cf has an unknown parameter',
      (text) => ({ live: { [masterCf]: `${text[masterCf]}2526 inet n - y - - smtpd\n  -o smtpd_tls_nonsense=1\n` } }),
      /^refused invalid Postfix does not accept .*smtpd_tls_nonsense/,
    ],
    [
      'master.cf cannot be parsed',
      (text) => ({ live: { [masterCf]: `${text[masterCf]}2526 inet n\n` } }),
      /^refused invalid Postfix does not accept .*bad field count/,
    ],
    [
      "a new listener's port is taken",
      (text) => ({
        live: { [masterCf]: `${text[masterCf]}4650 inet n - y - - smtpd\n` },
        plan: ['postfix', 'bind all 4650', 'activate reload'],
      }),
      /^refused port-taken port 4650 of all cannot be bound/,
    ],
    [
      'a new listener has an address of another machine',
      (text) => ({
        live: { [masterCf]: `${text[masterCf]}198.51.100.1:4651 inet n - y - - smtpd\n` },
        plan: ['postfix', 'bind 198.51.100.1 4651', 'activate reload'],
      }),
      /^refused invalid 198\.51\.100\.1 is not an address of this machine/,
    ],
    [
      'the reload kills Postfix, as a port was taken after the check',
      (text) => ({ live: { [masterCf]: `${text[masterCf]}4650 inet n - y - - smtpd\n` }, plan: reload }),
      /^reverted \d+ Postfix died of the new settings$/,
    ],
    [
      'Postfix does not start again',
      (text) => ({
        live: { [masterCf]: `${text[masterCf]}4650 inet n - y - - smtpd\n` },
        plan: ['postfix', 'activate restart'],
      }),
      /^reverted \d+ Postfix did not start again$/,
    ],
    [
      'a file named by the plan is not in the bundle',
      () => ({ files: {} }),
      /^refused invalid the bundle has no files\/public.pem/,
    ],
  ];
  for (const [fault, change, expected] of faults) {
    it(`because ${fault}, the gateway is as it was`, async () => {
      const { answer, session } = await send(mx1, push(change(live)));

      assert.match(answer, expected);
      const { status, lines } = await session.result();
      assert.deepEqual([status, ...lines], [answer.startsWith('refused') ? 3 : 4, 'end']);
      await asBefore(answer.startsWith('refused') ? /./ : /^reverted \d+ Postfix /);
    });
  }

  it('because Postfix does not run, it is refused', async () => {
    await mx1.gateway.inside('postfix stop 2>&1');

    const { answer } = await send(mx1, push({}));

    assert.match(answer, /^refused not-running /);
    await mx1.gateway.inside('postfix start 2>&1');
    await asBefore(/./);
  });

  it('because a live file is a symbolic link, it is refused', async () => {
    await mx1.gateway.inside(`mv ${mainCf} /etc/postfix/elsewhere.cf && ln -s elsewhere.cf ${mainCf}`);

    const { answer } = await send(mx1, push({ live: { [mainCf]: `${live[mainCf]}biff = yes\n` } }));

    assert.match(answer, /^refused invalid .*main.cf is a symbolic link/);
    await mx1.gateway.inside(`mv /etc/postfix/elsewhere.cf ${mainCf}`);
    await asBefore(/./);
  });

  it('because the session was cut before the whole bundle had arrived, nothing is left of it', async () => {
    const bytes = await request(push({}));
    const session = mx1.open('push 1');
    session.write(bytes.subarray(0, bytes.length - 700));
    await mx1.gateway.inside('until [ -e /var/lib/signet/bundle ]; do sleep 0.05; done');

    session.cut();

    await mx1.gateway.inside('flock /var/lib/signet/lock true');
    await asBefore(/./);
  });

  // The disk is memory, in pages of 4 kB; this push writes 12 of them before it goes live.
  for (const pages of [0, 2, 4, 6, 8, 10, 11, 20]) {
    it(`because the disk is full after ${pages} more pages, nothing changes and what was staged is removed`, async () => {
      const generations = await mx1.gateway.inside('ls /var/lib/signet/generations');
      await mx1.gateway.inside(
        `dd if=/dev/zero of=/spare bs=4096 count=${pages} 2>/dev/null; cat /dev/zero >/fill 2>/dev/null; rm /spare`,
      );

      const { answer, session } = await send(
        mx1,
        push({ live: { [mainCf]: `${live[mainCf]}smtpd_tls_loglevel = 1\n` } }),
      );
      session.write('revert\n');
      await session.result();

      await mx1.gateway.inside('rm /fill');
      assert.match(answer, pages < 12 ? /^refused no-space / : /^activated /);
      if (pages < 12) assert.equal(await mx1.gateway.inside('ls /var/lib/signet/generations'), generations);
      await asBefore(/./);
    });
  }
});
