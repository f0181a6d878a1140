// What is live becomes the machine's own before Signet goes: all of it or nothing, and nothing of it needs /var/lib/signet any more.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { acceptsMail, skipLab, startLab, type Lab, type Session } from '../../lab/harness.ts';
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
  statusOf,
  type Controller,
  type Push,
} from './controller.ts';

describe('flatten', { skip: skipLab }, () => {
  let lab: Lab;
  let mx1: Controller;
  const { text: keyAndChain } = pair('mx1.example.test');
  const current = '/var/lib/signet/current/files';
  const link = '/etc/dlp/combined.pem';
  const settings = '/etc/nginx/conf.d/signet.conf';

  before(async () => {
    lab = await startLab('gateway-flatten', 1);
    mx1 = await joinAs(lab.gateways[0]);
    await mx1.gateway.inside('mkdir /etc/dlp; rm -f /etc/nginx/sites-enabled/*; nginx');
  });
  after(() => lab.down());

  const inside = (script: string) => mx1.gateway.inside(script);
  /** Where what is live says that it reads from, by folder. */
  const named = () =>
    inside(`{ cat /etc/postfix/main.cf /etc/postfix/master.cf ${settings} "$(postconf -h smtpd_sender_login_maps | sed 's/^ldap://')"
        readlink ${link} ${settings}; } | grep -oE '/(var/lib/signet/current/files|etc/tls-kept/[0-9]+)/' | sort -u`);
  const shows = (options: string) =>
    inside(`echo | openssl s_client ${options} 2>/dev/null | grep -q 'CN = mx1.example.test' && echo yes; true`);
  const served = async () =>
    (await shows('-connect 127.0.0.1:8443')) + (await shows('-starttls smtp -connect 127.0.0.1:25'));

  /** Of everything that a generation can hold, one. */
  async function push(word: string, base = '-'): Promise<Push> {
    const believed = await liveFiles(mx1);
    const name = (text: string) => text.replaceAll(/\/etc\/tls-kept\/\d+/g, current);
    const lines = `smtpd_tls_chain_files = ${current}/public.pem
smtp_tls_policy_maps = texthash:${current}/policy
smtpd_sender_login_maps = ldap:${current}/ldap/people.cf
`;
    const server = `server { listen 8443 ssl; ssl_certificate ${current}/nginx/main.pem; ssl_certificate_key ${current}/nginx/main.pem; }\n`;
    const isNew = !believed[mainCf].includes('smtpd_sender_login_maps');
    return {
      digest: digestOf(word),
      base,
      believed,
      files: {
        'public.pem': keyAndChain,
        policy: `example.com may # ${word}\n`,
        'ldap/people.cf': `server_host = ldap://192.0.2.1\nsearch_base = dc=example\nbind = no\ntls_ca_cert_file = ${current}/public.pem\n`,
        'services/dlp/combined.pem': keyAndChain,
        'nginx/main.pem': keyAndChain,
        'nginx/signet.conf': server,
      },
      live: {
        [mainCf]: name(believed[mainCf]) + (isNew ? `${lines}smtpd_tls_security_level = may\n` : `# ${word}\n`),
        [masterCf]:
          name(believed[masterCf]) +
          (isNew ? `2525 inet n - y - - smtpd\n  -o smtpd_tls_chain_files=${current}/public.pem\n` : ''),
      },
      plan: [
        'key files/public.pem',
        'access www-data www-data 0440 files/services/dlp/combined.pem',
        `link ${link} files/services/dlp/combined.pem`,
        `link ${settings} files/nginx/signet.conf`,
        'ldap files/ldap/people.cf',
        'nginx files/nginx/signet.conf',
        'postfix',
        'activate reload',
      ],
    };
  }

  async function flatten(window = 60): Promise<{ readonly session: Session; readonly answer: string }> {
    const session = mx1.open('flatten');
    session.write(`epoch 1\nwindow ${window}\n`);
    return { session, answer: (await session.line()) ?? 'nothing' };
  }

  const asBefore = async (): Promise<void> => {
    assert.equal(await named(), `${current}/\n`);
    assert.equal(await inside('ls /etc/tls-kept'), '');
    assert.equal(await inside(`su -s /bin/sh -c 'cat ${link}' www-data`), keyAndChain);
    await stands(mx1, { digest: digestOf('one'), ports: [25, 2525] });
    assert.equal(await served(), 'yes\nyes\n');
  };

  it('has nothing to do where nothing was pushed', async () => {
    const { answer } = await flatten();

    assert.equal(answer, 'unchanged');
  });

  it('is taken back whole, with the folder it made, when it is not proven', async () => {
    await deploy(mx1, await push('one'));
    await inside('mkdir -m 711 /etc/tls-kept');
    await asBefore();

    const { session, answer } = await flatten();
    const meanwhile = await named();
    session.write('revert\n');
    await session.result();

    assert.match(answer, /^activated 2$/);
    assert.equal(meanwhile, '/etc/tls-kept/1/\n');
    await asBefore();
  });

  it('is taken back by the gateway when the controller is gone, and after a power cut', async () => {
    const { session } = await flatten(2);
    session.cut();
    await isDecided(mx1);
    await asBefore();

    await flatten();
    await mx1.gateway.kill();
    await mx1.gateway.start();
    await inside('nginx');
    await isDecided(mx1);
    await asBefore();
  });

  it('is refused, with nothing left of it, where a live file cannot be replaced', async () => {
    await inside('mv /etc/postfix/main.cf /etc/postfix/real.cf; ln -s real.cf /etc/postfix/main.cf');
    const { answer, session } = await flatten();
    await session.result();
    await inside('mv /etc/postfix/real.cf /etc/postfix/main.cf');

    assert.match(answer, /^refused invalid .*symbolic link/);
    await asBefore();
  });

  it('keeps owners and modes, leaves nothing that names Signet, and the machine does not need its folder', async () => {
    await inside(`echo 'x ${current}/public.pem' >/etc/dlp/by-hand.cf`);
    const { session } = await flatten();
    session.write('confirm\n');
    await session.result();
    const { lines } = await mx1.ask('leave', 'epoch 1\n');

    const kept = [
      'ldap/people.cf',
      'nginx/main.pem',
      'nginx/signet.conf',
      'policy',
      'public.pem',
      'services/dlp/combined.pem',
    ];
    assert.deepEqual(lines, [
      ...kept.map((path) => `kept /etc/tls-kept/1/${path}`),
      'names /etc/dlp/by-hand.cf',
      'left',
      'end',
    ]);
    assert.equal(await inside(`cat ${current}/public.pem; rm /etc/dlp/by-hand.cf`), keyAndChain);
    await inside('cd /var/lib/signet && ls -A | grep -v "^identity$" | xargs rm -rf');
    assert.equal(await inside('grep -rlI /var/lib/signet /etc; find /etc -lname "/var/lib/signet*"; true'), '');
    assert.equal(await named(), '/etc/tls-kept/1/\n');
    assert.equal(
      await inside('cd /etc/tls-kept && stat -c "%U %a %n" . 1 1/public.pem 1/services/dlp/combined.pem'),
      'root 711 .\nroot 711 1\nroot 600 1/public.pem\nwww-data 440 1/services/dlp/combined.pem\n',
    );
    await mx1.gateway.kill();
    await mx1.gateway.start();
    await inside('nginx');
    for (const port of [25, 2525]) await acceptsMail(mx1.gateway, port);
    assert.equal(await served(), 'yes\nyes\n');
    assert.equal(await inside(`su -s /bin/sh -c 'cat ${link}' www-data`), keyAndChain);
    assert.equal(await inside('postmap -q example.com "$(postconf -h smtp_tls_policy_maps)"'), 'may # one\n');
  });

  it('on the way back its links are taken for what they are, and a push that is taken back has them again', async () => {
    mx1 = await joinAs(lab.gateways[0]);
    assert.equal((await statusOf(mx1))['current'], '0 -');

    const { session, answer } = await send(mx1, await push('two'));
    const meanwhile = await inside(`readlink ${link}`);
    session.write('revert\n');
    await session.result();

    assert.match(answer, /^activated 1$/);
    assert.match(meanwhile, /^\/var\/lib\/signet\/current\//);
    assert.equal(await named(), '/etc/tls-kept/1/\n');
    assert.equal(await served(), 'yes\nyes\n');
    await deploy(mx1, await push('three'));
    assert.equal(await named(), `${current}/\n`);
  });

  it('is what root by hand does, too, and takes a folder of its own each time', async () => {
    const said = await inside('/usr/local/lib/signet/gateway leave');

    assert.match(said, /^kept \/etc\/tls-kept\/2\/ldap\/people\.cf\n[^]*\nleft\nend\n$/);
    assert.equal(await named(), '/etc/tls-kept/2/\n');
    assert.equal(await inside('ls /etc/tls-kept'), '1\n2\n');
    await acceptsMail(mx1.gateway, 2525);
    assert.equal(await served(), 'yes\nyes\n');
  });

  it('that was not followed by its leave is finished by the next join', async () => {
    mx1 = await joinAs(lab.gateways[0]);
    await deploy(mx1, await push('four'));
    const { session } = await flatten();
    session.write('confirm\n');
    await session.result();

    mx1 = await joinAs(lab.gateways[0]);

    assert.equal((await statusOf(mx1))['current'], '0 -');
    assert.equal(await named(), '/etc/tls-kept/3/\n');
    assert.equal((await flatten()).answer, 'unchanged');
  });
});
