// The whole way with busybox as the only sh of the gateway: the script needs no more than POSIX.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';

import { skipLab, startLab, type Lab } from '../../lab/harness.ts';
import {
  deploy,
  digestOf,
  isDecided,
  joinAs,
  liveFiles,
  mainCf,
  masterCf,
  pair,
  send,
  stands,
  type Controller,
} from './controller.ts';

const skip = skipLab || (existsSync('/usr/bin/busybox') ? false : 'needs busybox');

describe('with the sh of busybox', { skip }, () => {
  let lab: Lab;
  let mx1: Controller;
  const file = { 'public.pem': pair('busybox.example.test').text };
  before(async () => {
    lab = await startLab('gateway-busybox', 1);
    await lab.gateways[0]?.inside('ln -sf busybox /usr/bin/sh');
    mx1 = await joinAs(lab.gateways[0]);
  });
  after(() => lab.down());

  it('a gateway tells its facts, in bytes where texts are not ASCII', async () => {
    await mx1.gateway.inside(`echo '# caf\u00e9' >>${mainCf}`);
    const text = await mx1.gateway.inside(`cat ${mainCf}`);

    const { lines } = await mx1.ask('facts');

    assert.ok(lines.join('\n').includes(`\ntext ${mainCf} ${Buffer.byteLength(text)}\n${text}\ntext ${masterCf} `));
    assert.ok(lines.includes('service smtp 25'));
    assert.ok(lines.includes('boot-hook cron'));
  });

  it('a change of settings, listeners and files goes live and is confirmed', async () => {
    const believed = await liveFiles(mx1);
    await mx1.gateway
      .inside(`mkdir -p /etc/signet/reload.d; printf '#!/bin/sh\necho told >/told\n' >/etc/signet/reload.d/dlp
      chmod 755 /etc/signet /etc/signet/reload.d /etc/signet/reload.d/dlp`);

    await deploy(mx1, {
      digest: digestOf('one'),
      believed,
      files: { ...file, 'services/dlp/key.pem': file['public.pem'] },
      live: {
        [mainCf]: `${believed[mainCf]}smtpd_tls_chain_files = /var/lib/signet/current/files/public.pem\n`,
        [masterCf]: `${believed[masterCf]}2525 inet n - y - - smtpd\n`,
      },
      plan: [
        'key files/public.pem',
        'access games games 0400 files/services/dlp/key.pem',
        'link /etc/key.pem files/services/dlp/key.pem',
        'reload dlp',
        'postfix',
        `bind ${mx1.gateway.address} 2525`,
        'activate reload',
      ],
    });

    await stands(mx1, { digest: digestOf('one'), outcome: /^confirmed 1$/, ports: [25, 2525] });
    assert.equal(
      await mx1.gateway.inside('su -s /bin/sh -c "cat /etc/key.pem" games; cat /told'),
      `${file['public.pem']}told\n`,
    );
  });

  it('nothing to do is answered as such', async () => {
    const { answer } = await send(mx1, {
      digest: digestOf('one'),
      base: digestOf('one'),
      believed: await liveFiles(mx1),
    });

    assert.equal(answer, 'unchanged');
  });

  it('a taken port and unknown settings are refused', async () => {
    const believed = await liveFiles(mx1);
    const push = { digest: digestOf('two'), base: digestOf('one'), believed, files: file };

    const taken = await send(mx1, { ...push, plan: ['bind all 2525', 'activate none'] });
    const unknown = await send(mx1, {
      ...push,
      live: { [mainCf]: `${believed[mainCf]}no_such_parameter = 1\n` },
      plan: ['postfix', 'activate reload'],
    });

    assert.match(taken.answer, /^refused port-taken /);
    assert.match(unknown.answer, /^refused invalid .*unused parameter/);
  });

  it('what is not confirmed is reverted by the watchdog', async () => {
    const believed = await liveFiles(mx1);
    const { session } = await send(mx1, {
      digest: digestOf('two'),
      base: digestOf('one'),
      believed,
      window: 2,
      files: file,
      live: { [mainCf]: `${believed[mainCf]}smtpd_tls_loglevel = 1\n` },
      plan: ['postfix', 'activate reload'],
    });
    session.cut();

    await isDecided(mx1);

    await stands(mx1, {
      digest: digestOf('one'),
      outcome: /^reverted 2 no confirmation came in time$/,
      ports: [25, 2525],
    });
    assert.deepEqual(await liveFiles(mx1), believed);
    assert.ok((await mx1.ask('facts')).lines.includes('link /etc/key.pem placed'));
  });

  it('what is not confirmed is reverted by the boot hook', async () => {
    const { answer } = await send(mx1, {
      digest: digestOf('three'),
      base: digestOf('one'),
      files: file,
      plan: ['activate reload'],
    });
    assert.equal(answer, 'activated 3');

    await mx1.gateway.kill();
    await mx1.gateway.start();

    await stands(mx1, { digest: digestOf('one'), outcome: /^reverted 3 the machine restarted/, ports: [25, 2525] });
  });
});
