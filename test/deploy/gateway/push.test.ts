// A push that goes as planned: what it answers, what it leaves on the gateway, and what it does not touch.
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';

import { skipLab, startLab, type Lab } from '../../lab/harness.ts';
import {
  deploy,
  digestOf,
  joinAs,
  liveFiles,
  mainCf,
  pair,
  request,
  send,
  stands,
  statusOf,
  type Controller,
  type Push,
} from './controller.ts';

describe('a push', { skip: skipLab }, () => {
  let lab: Lab;
  let mx1: Controller;
  before(async () => {
    lab = await startLab('gateway-push', 1);
    mx1 = await joinAs(lab.gateways[0]);
  });
  after(() => lab.down());

  const chain = '/var/lib/signet/current/files/postfix/public.pem';
  const certificate = (word: string): Omit<Push, 'base'> => ({
    digest: digestOf(word),
    files: { 'postfix/public.pem': pair(word).text },
    plan: ['key files/postfix/public.pem', 'activate reload'],
  });

  it('brings new settings and the files they name, and keeps owner, group and mode of what it replaces', async () => {
    await mx1.gateway.inside(`chgrp mail ${mainCf}; chmod 640 ${mainCf}`);
    const believed = await liveFiles(mx1);

    await deploy(mx1, {
      ...certificate('one'),
      believed,
      live: {
        [mainCf]: `${believed[mainCf]}smtpd_tls_chain_files = ${chain}\nsmtpd_tls_security_level = may\n`,
      },
      plan: ['key files/postfix/public.pem', 'postfix', 'activate reload'],
    });

    await stands(mx1, { digest: digestOf('one'), outcome: /^confirmed 1$/ });
    assert.equal(await mx1.gateway.inside(`stat -c '%U %G %a' ${mainCf}`), 'root mail 640\n');
    assert.equal(await mx1.gateway.inside(`cat /var/lib/signet/original${mainCf}`), believed[mainCf]);
    await serves(chain);
  });

  it('renews a certificate with a reload of the same master, and readable by root alone', async () => {
    const master = await mx1.gateway.inside('cat /var/spool/postfix/pid/master.pid');

    await deploy(mx1, { ...certificate('two'), base: digestOf('one') });

    await stands(mx1, { digest: digestOf('two'), outcome: /^confirmed 2$/ });
    await serves(chain);
    assert.equal(await mx1.gateway.inside('cat /var/spool/postfix/pid/master.pid'), master);
    assert.equal(
      await mx1.gateway.inside(
        `find /var/lib/signet ! -type l ! -path '*/etc/postfix/*' ! -path '*/undo/*' -perm /077`,
      ),
      '',
    );
  });

  it('that changes nothing writes nothing and reloads nothing', async () => {
    const state = `find /var/lib/signet /etc/postfix -printf '%p %i %T@ %C@ %s\\n'; grep -c 'reload --' /var/log/mail.log; pgrep -d ' ' master`;
    const before = await mx1.gateway.inside(state);

    const { answer, session } = await send(mx1, {
      digest: digestOf('two'),
      base: digestOf('two'),
      believed: await liveFiles(mx1),
    });

    assert.equal(answer, 'unchanged');
    assert.deepEqual((await session.result()).lines, ['end']);
    assert.equal(await mx1.gateway.inside(state), before);
  });

  it('costs few processes: at most 3 when nothing changes, 18 for a certificate', async (t: TestContext) => {
    const nothing = await forks({ digest: digestOf('two'), base: digestOf('two'), believed: await liveFiles(mx1) });
    const renewal = await forks({ ...certificate('three'), base: digestOf('two') });

    t.diagnostic(`${nothing} processes when nothing changes, ${renewal} for a certificate`);
    assert.ok(nothing <= 3, `${nothing} processes`);
    assert.ok(renewal <= 18, `${renewal} processes`);
    await mx1.ask('confirm 3');
  });

  it('may be opened long before it is used: until then it keeps nobody waiting', async () => {
    const waiting = mx1.open('push 1');
    await deploy(mx1, { ...certificate('four'), base: digestOf('three') });

    waiting.write(await request({ ...certificate('five'), base: digestOf('four') }));

    assert.equal(await waiting.line(), 'activated 5');
    waiting.write('confirm\n');
    assert.deepEqual((await waiting.result()).lines, ['confirmed 5', 'end']);
  });

  it('is refused while another is unproven, which can be decided from a second channel', async () => {
    const first = await send(mx1, { ...certificate('six'), base: digestOf('five') });
    assert.equal(first.answer, 'activated 6');

    const second = await send(mx1, { ...certificate('seven'), base: digestOf('six') });
    const confirmed = await mx1.ask('confirm 6');
    const again = await mx1.ask('confirm 6');
    const tooLate = await mx1.ask('revert 6');

    assert.match(second.answer, /^refused pending generation 6 /);
    assert.deepEqual([confirmed.status, ...confirmed.lines], [0, 'confirmed 6', 'end']);
    assert.deepEqual([again.status, ...again.lines], [0, 'confirmed 6', 'end']);
    assert.deepEqual([tooLate.status, ...tooLate.lines], [4, 'confirmed 6', 'end']);
    first.session.write('revert\n');
    const late = await first.session.result();
    assert.deepEqual([late.status, ...late.lines], [4, 'confirmed 6', 'end']);
    await stands(mx1, { digest: digestOf('six'), outcome: /^confirmed 6$/ });
  });

  it('is undone when the verdict is revert, live files included', async () => {
    const believed = await liveFiles(mx1);
    const { session } = await send(mx1, {
      ...certificate('bad'),
      base: digestOf('six'),
      believed,
      live: { [mainCf]: `${believed[mainCf]}message_size_limit = 2000000\n` },
      plan: ['postfix', 'activate reload'],
    });

    session.write('revert\n');

    const { status, lines } = await session.result();
    assert.deepEqual([status, ...lines], [0, 'reverted 7 as asked', 'end']);
    await stands(mx1, { digest: digestOf('six'), outcome: /^reverted 7 as asked$/ });
    assert.deepEqual(await liveFiles(mx1), believed);
  });

  it('with the same digest and a bundle repairs live files', async () => {
    const believed = await liveFiles(mx1);
    const repaired = `${believed[mainCf]}message_size_limit = 2000000\n`;

    await deploy(mx1, {
      ...certificate('six'),
      base: digestOf('six'),
      believed,
      live: { [mainCf]: repaired },
      plan: ['postfix', 'activate reload'],
    });

    await stands(mx1, { digest: digestOf('six'), outcome: /^confirmed 8$/ });
    assert.equal((await liveFiles(mx1))[mainCf], repaired);
  });

  it('keeps the last five generations', async () => {
    await deploy(mx1, { ...certificate('nine'), base: digestOf('six'), plan: ['activate none'] });

    assert.equal(await mx1.gateway.inside('ls /var/lib/signet/generations'), '5\n6\n7\n8\n9\n');
  });

  it('is refused with the texts when a live file was edited by hand, and writes nothing', async () => {
    const believed = await liveFiles(mx1);
    const state = `find /var/lib/signet -printf '%p %i %T@ %C@ %s\\n'`;
    const before = await mx1.gateway.inside(state);
    await mx1.gateway.inside(`echo '# by hand: caf\u00e9' >>${mainCf}`);
    const edited = (await liveFiles(mx1))[mainCf];

    const session = mx1.open('push 1');
    session.end(await request({ ...certificate('ten'), base: digestOf('nine'), believed }));

    const { status, lines } = await session.result();
    assert.equal(status, 3);
    assert.equal(lines[0], `current 9 ${digestOf('nine')}`);
    const at = lines.indexOf(`text ${mainCf} ${Buffer.byteLength(edited)}`);
    assert.equal(at, 1);
    assert.equal(lines.slice(at + 1, at + 1 + edited.split('\n').length).join('\n'), edited);
    assert.deepEqual(lines.slice(-2), [`refused drift not as believed: ${mainCf}`, 'end']);
    assert.equal(await mx1.gateway.inside(state), before);
    await stands(mx1, { digest: digestOf('nine') });
  });

  it('is refused when another generation is live than was believed', async () => {
    const { answer } = await send(mx1, { ...certificate('ten'), base: digestOf('eight') });

    assert.equal(answer, 'refused drift not as believed: generation 9');
  });

  it('is refused before anything is recorded when less was reached here than the controller knows of', async () => {
    const push = { digest: digestOf('nine'), base: digestOf('nine'), epoch: 6 };
    for (const reached of ['10 1', '9 2'] as const) {
      const { answer } = await send(mx1, { ...push, reached });

      assert.equal(
        answer,
        `refused set-back the state here is generation 9 and epoch 1, where ${reached.replace(' ', ' and ')} were reached`,
      );
      assert.equal((await statusOf(mx1))['epoch'], '1');
    }
    assert.equal((await send(mx1, { ...push, reached: '9 1' })).answer, 'unchanged');
  });

  it('of a controller that was succeeded is refused; a newer one is remembered at once', async () => {
    await send(mx1, { digest: digestOf('nine'), base: digestOf('nine'), epoch: 7 });

    const { answer } = await send(mx1, { digest: digestOf('ten'), base: digestOf('nine'), epoch: 6 });

    assert.equal(answer, 'refused stale-epoch a controller of epoch 7 has been here, yours is 6');
    assert.equal((await statusOf(mx1))['epoch'], '7');
  });

  it('for another version of the script is refused with the version there is', async () => {
    const { answer } = await send(mx1, { digest: digestOf('ten'), epoch: 7, script: '1.00000000' });

    assert.match(answer, /^refused script-version the script here is 1\.[0-9a-f]{8}, not 1\.00000000/);
  });

  for (const [what, header] of [
    ['an unknown line', 'surprise 1\n'],
    ['characters that no value has', 'epoch $(reboot)\n'],
    ['no epoch', `digest ${digestOf('x')}\nbundle 0 -\n`],
    ['a window of an hour and more', `epoch 7\ndigest ${digestOf('x')}\nbase -\nwindow 3601\nbundle 0 -\n`],
  ] as const) {
    it(`is refused when its header has ${what}`, async () => {
      const session = mx1.open('push 1');
      session.end(header);

      const { status, lines } = await session.result();

      assert.equal(status, 3);
      assert.match(lines[0] ?? '', /^refused bad-request /);
    });
  }

  for (const plan of [
    ['reload'],
    ['activate reload', 'postfix'],
    ['live /etc/passwd x y', 'activate none'],
    ['key ../../etc/shadow', 'activate none'],
    ['key files/../plan', 'activate none'],
    ['system files/postfix/public.pem /etc/shadow', 'activate none'],
    ['system files/../plan /etc/ssl/certs/ca-certificates.crt', 'activate none'],
    ['system files/none.pem /etc/ssl/certs/ca-certificates.crt', 'activate none'],
    ['bind 198.18.0.1 0', 'activate none'],
    ['bind $(reboot) 25', 'activate none'],
    ['activate halt'],
  ]) {
    it(`is refused when its plan says ${plan.join(', ')}`, async () => {
      const { answer } = await send(mx1, { ...certificate('ten'), base: digestOf('nine'), epoch: 7, plan });

      assert.match(answer, /^refused (bad-request|invalid) /);
    });
  }

  it('that was refused leaves everything as it was', () => stands(mx1, { digest: digestOf('nine') }));

  it('costs few processes for a setting: at most 30', async (t: TestContext) => {
    const believed = await liveFiles(mx1);

    const setting = await forks({
      ...certificate('eleven'),
      base: digestOf('nine'),
      epoch: 7,
      believed,
      live: { [mainCf]: `${believed[mainCf]}smtpd_tls_loglevel = 1\n` },
      plan: ['key files/postfix/public.pem', 'postfix', 'activate reload'],
    });

    t.diagnostic(`${setting} processes`);
    assert.ok(setting <= 30, `${setting} processes`);
    await mx1.ask(`revert ${(await statusOf(mx1))['pending']?.split(' ')[0]}`);
    await stands(mx1, { digest: digestOf('nine') });
  });

  it("adds the machine's own authorities to a trust list that names them", async () => {
    const system = '/etc/ssl/certs/ca-certificates.crt';
    const partner = pair('partner').certificate;

    await deploy(mx1, {
      digest: digestOf('trust'),
      base: digestOf('nine'),
      epoch: 7,
      files: { 'postfix/public.pem': pair('nine').text, 'trust/outbound.pem': partner },
      plan: [`system files/trust/outbound.pem ${system}`, 'activate none'],
    });

    const list = '/var/lib/signet/current/files/trust/outbound.pem';
    assert.equal(await mx1.gateway.inside(`cat ${list}`), partner + (await mx1.gateway.inside(`cat ${system}`)));
    assert.equal(await mx1.gateway.inside(`stat -c '%U %a' ${list}`), 'root 600\n');
  });

  /** Counts the processes of a push up to its activation, of Postfix that of the reload included. */
  async function forks(push: Push): Promise<number> {
    const data = (await request(push)).toString('base64');
    // In a quiet pid namespace the newest pid counts every process; the script itself is one of them.
    const counted = await mx1.gateway.inside(
      `cd /tmp; echo ${data} | base64 -d >in; sleep 0.5
       read -r _ _ _ _ before </proc/loadavg
       SSH_ORIGINAL_COMMAND='push 1' /usr/local/lib/signet/gateway <in >out
       read -r _ _ _ _ after </proc/loadavg
       echo $((after - before - 1))`,
    );
    return Number(counted);
  }

  /** The reload is asynchronous: a server process that was idle may take one more connection. */
  async function serves(path: string): Promise<void> {
    await mx1.gateway.inside(`wanted=$(openssl x509 -in ${path} -noout -fingerprint)
      for try in 1 2 3 4 5 6 7 8 9; do
        seen=$(openssl s_client -starttls smtp -connect 127.0.0.1:25 </dev/null 2>/dev/null | openssl x509 -noout -fingerprint)
        [ "$seen" != "$wanted" ] || exit 0
      done
      echo "it serves $seen" >&2; exit 1`);
  }
});
