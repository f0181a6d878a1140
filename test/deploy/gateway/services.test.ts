// Files for services beside Postfix: who may read them, the links that lead to them, and who is told; also when a push is taken back.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';

import { skipLab, startLab, type Lab } from '../../lab/harness.ts';
import {
  deploy,
  digestOf,
  isDecided,
  joinAs,
  pair,
  send,
  sha256,
  stands,
  statusOf,
  type Controller,
  type Push,
} from './controller.ts';

describe('files for services', { skip: skipLab }, () => {
  let lab: Lab;
  let mx1: Controller;
  let count = 0;
  let base = '-';
  const old = pair('old.example.test');
  const renewed = pair('renewed.example.test');
  const link = '/etc/dlp/combined.pem';

  before(async () => {
    lab = await startLab('gateway-services', 1);
    mx1 = await joinAs(lab.gateways[0]);
    await mx1.gateway.inside(`mkdir -p /etc/dlp /etc/signet/reload.d
      printf '#!/bin/sh\nsha256sum <${link} >>/tmp/told\n[ ! -e /tmp/refuse ]\n' >/etc/signet/reload.d/dlp
      chmod 755 /etc/signet /etc/signet/reload.d /etc/signet/reload.d/dlp`);
  });
  after(() => lab.down());
  beforeEach(async () => {
    await mx1.gateway.inside('rm -f /tmp/told /tmp/refuse /fill');
  });

  const plan = [
    'key files/services/dlp/combined.pem',
    'access www-data www-data 0440 files/services/dlp/combined.pem',
    'access root root 0644 files/services/dlp/chain.pem',
    `link ${link} files/services/dlp/combined.pem`,
    'link /etc/dlp/chain.pem files/services/dlp/chain.pem',
    'reload dlp',
    'activate none',
  ];

  function push(change: Partial<Push> = {}, { text, certificate } = old): Push {
    const files = { 'public.pem': text, 'services/dlp/combined.pem': text, 'services/dlp/chain.pem': certificate };
    count += 1;
    return { digest: digestOf(`services ${count}`), base, files, plan, ...change };
  }

  async function deployed(wanted: Push): Promise<void> {
    await deploy(mx1, wanted);
    base = wanted.digest;
  }

  /** What a user of the gateway reads there; the error when it may not. */
  function read(user: string, path: string): Promise<string> {
    return mx1.gateway.inside(`su -s /bin/sh -c 'cat ${path} 2>&1' ${user} || true`);
  }

  async function links(): Promise<readonly string[]> {
    const { lines } = await mx1.ask('facts');
    return lines.filter((line) => line.startsWith('link '));
  }

  const placed = [`link ${link} placed`, 'link /etc/dlp/chain.pem placed'];
  const told = async () => (await mx1.gateway.inside('cat /tmp/told 2>/dev/null || true')).split('\n').filter(Boolean);
  const folder = () => mx1.gateway.inside('ls -A /etc/dlp');

  it('are read by the user they are for, and by no other', async () => {
    await deployed(push());

    assert.equal(await read('www-data', link), old.text);
    assert.equal(await read('games', '/etc/dlp/chain.pem'), old.certificate);
    assert.match(await read('games', link), /Permission denied/);
    assert.match(await read('www-data', '/var/lib/signet/current/files/public.pem'), /Permission denied/);
    assert.match(
      await mx1.gateway.inside('su -s /bin/sh -c "ls /var/lib/signet 2>&1" www-data || true'),
      /Permission denied/,
    );
    assert.deepEqual(await links(), placed);
    assert.ok((await mx1.ask('facts')).lines.includes('reloads dlp'));
  });

  it('change behind their links, and who reads them is told once', async () => {
    await deployed(push({}, renewed));

    assert.equal(await read('www-data', link), renewed.text);
    assert.deepEqual(await told(), [`${sha256(renewed.text)}  -`]);
    assert.equal(await folder(), 'chain.pem\ncombined.pem\n');
  });

  it('are as before, links too, when the watchdog takes back what nobody confirmed', async () => {
    await mx1.gateway.inside('mkdir -p /etc/other');
    const moved = plan.map((line) => line.replace(`link ${link}`, 'link /etc/other/combined.pem'));

    const { session } = await send(mx1, push({ window: 2, plan: moved }));
    const meanwhile = await mx1.gateway.inside('ls -A /etc/dlp; ls /etc/other; cat /etc/other/combined.pem');
    session.cut();
    await isDecided(mx1);

    assert.equal(meanwhile, `.combined.pem.signet\nchain.pem\ncombined.pem\n${old.text}`);
    assert.deepEqual(await links(), placed);
    assert.equal(await folder(), 'chain.pem\ncombined.pem\n');
    assert.equal(await mx1.gateway.inside('ls -A /etc/other'), '');
    assert.equal(await read('www-data', link), renewed.text);
    assert.equal((await told()).at(-1), `${sha256(renewed.text)}  -`);
  });

  it('are as before when the disk is full by the time of the revert', async () => {
    const { session, answer } = await send(mx1, push({ plan: ['activate none'] }));
    const gone = await folder();
    await mx1.gateway.inside('cat /dev/zero >/fill 2>/dev/null || true');

    session.write('revert\n');
    await session.result();
    const found = await links();
    await mx1.gateway.inside('rm /fill');

    assert.match(answer, /^activated /);
    assert.equal(gone, '.chain.pem.signet\n.combined.pem.signet\n');
    assert.deepEqual(found, placed);
    await stands(mx1, { digest: base });
    assert.equal(await folder(), 'chain.pem\ncombined.pem\n');
  });

  it('are as before after a power cut within the window', async () => {
    const { answer } = await send(mx1, push({ plan: plan.filter((line) => !line.startsWith(`link ${link}`)) }));
    await mx1.gateway.kill();
    await mx1.gateway.start();

    assert.match(answer, /^activated /);
    await stands(mx1, { digest: base, outcome: /^reverted \d+ the machine restarted/ });
    assert.deepEqual(await links(), placed);
    assert.equal(await read('www-data', link), renewed.text);
  });

  it('are as before when the command that tells their reader fails', async () => {
    await mx1.gateway.inside('touch /tmp/refuse');

    const { answer } = await send(mx1, push());

    assert.match(
      answer,
      /^reverted \d+ \/etc\/signet\/reload.d\/dlp failed; \/etc\/signet\/reload.d\/dlp failed again$/,
    );
    assert.deepEqual(await told(), [`${sha256(old.text)}  -`, `${sha256(renewed.text)}  -`]);
    await stands(mx1, { digest: base });
  });

  const faults: readonly [string, string, Partial<Push>, RegExp][] = [
    [
      'a file of others stands where a link is to be',
      'echo mine >/etc/dlp/own.pem',
      { plan: [...plan.slice(0, -1), 'link /etc/dlp/own.pem files/services/dlp/chain.pem', 'activate none'] },
      /^refused invalid \/etc\/dlp\/own.pem is there already, and not as a link of Signet's/,
    ],
    [
      'a link of others stands where a link is to be',
      'ln -sf /etc/hostname /etc/dlp/own.pem',
      { plan: [...plan.slice(0, -1), 'link /etc/dlp/own.pem files/services/dlp/chain.pem', 'activate none'] },
      /^refused invalid \/etc\/dlp\/own.pem is there already/,
    ],
    [
      'the folder of a link is not there',
      'true',
      { plan: ['link /etc/none/a.pem files/services/dlp/chain.pem', 'activate none'] },
      /^refused invalid there is no folder \/etc\/none here/,
    ],
    [
      'a link would be read as settings of another program',
      'true',
      { plan: ['link /etc/cron.d/signet-too files/services/dlp/chain.pem', 'activate none'] },
      /^refused invalid \/etc\/cron.d\/signet-too is no path where Signet may put a link$/,
    ],
    [
      'a link would be in a hidden folder',
      'true',
      { plan: ['link /root/.ssh/a.pem files/services/dlp/chain.pem', 'activate none'] },
      /^refused invalid .* no path where Signet may put a link$/,
    ],
    [
      'a link would lead to something else than keys and certificates',
      'true',
      {
        files: { 'services/dlp/chain.pem': `reboot now\n${old.certificate}` },
        plan: ['link /etc/dlp/b.pem files/services/dlp/chain.pem', 'activate none'],
      },
      /^refused invalid what a link leads to must hold keys and certificates, and nothing else$/,
    ],
    [
      'there is no such user',
      'true',
      { plan: ['access nobody-here root 0440 files/services/dlp/combined.pem', 'activate none'] },
      /^refused invalid no file can be given to the user nobody-here and the group root here: .*invalid user/,
    ],
    [
      'a mode would let everyone change the file',
      'true',
      { plan: ['access root root 0666 files/services/dlp/combined.pem', 'activate none'] },
      /^refused bad-request the plan gives files the mode '0666'$/,
    ],
    [
      'the command is not on the list',
      'true',
      { plan: ['reload other', 'activate none'] },
      /^refused invalid there is no command \/etc\/signet\/reload.d\/other here/,
    ],
    [
      'the command leads out of the list',
      'true',
      { plan: ['reload ../../bin/sh', 'activate none'] },
      /^refused bad-request .* which none may be called$/,
    ],
    [
      'others than root may change the command',
      'cp /etc/signet/reload.d/dlp /etc/signet/reload.d/open; chmod 757 /etc/signet/reload.d/open',
      { plan: ['reload open', 'activate none'] },
      /^refused invalid there is no command \/etc\/signet\/reload.d\/open here that root alone may change/,
    ],
    [
      'the command belongs to another',
      'cp /etc/signet/reload.d/dlp /etc/signet/reload.d/alien; chown games /etc/signet/reload.d/alien',
      { plan: ['reload alien', 'activate none'] },
      /^refused invalid there is no command/,
    ],
  ];
  for (const [fault, prepare, change, expected] of faults) {
    it(`because ${fault}, the gateway is as it was`, async () => {
      await mx1.gateway.inside(prepare);

      const { answer } = await send(mx1, push(change));

      assert.match(answer, expected);
      assert.equal((await statusOf(mx1))['current']?.split(' ')[1], base);
      assert.deepEqual(await links(), placed);
      assert.deepEqual(await told(), []);
      await mx1.gateway.inside('rm -f /etc/dlp/own.pem');
    });
  }

  it('show in the facts when a link was taken away or replaced', async () => {
    await mx1.gateway.inside(`rm ${link} && rm /etc/dlp/chain.pem && cp /etc/hostname /etc/dlp/chain.pem`);

    assert.deepEqual(await links(), [`link ${link} gone`, 'link /etc/dlp/chain.pem foreign']);

    await mx1.gateway.inside('rm /etc/dlp/chain.pem');
    await deployed(push());
    assert.deepEqual(await links(), placed);
  });

  it('go with their links when the machine leaves and is restored', async () => {
    const { lines } = await mx1.ask('leave restore', 'epoch 9\n');

    assert.equal(lines[0], 'left');
    assert.equal(await folder(), '');
    assert.equal(await mx1.gateway.inside('ls -A /var/lib/signet/generations'), '');
  });
});
