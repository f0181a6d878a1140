// The dead-man switch: a change that nobody confirms is undone by the gateway itself, whatever happens to it meanwhile.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, beforeEach, describe, it } from 'node:test';

import { skipLab, startLab, type Lab } from '../../lab/harness.ts';
import {
  deploy,
  digestOf,
  isDecided,
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

describe('an unconfirmed change', { skip: skipLab }, () => {
  let lab: Lab;
  let mx1: Controller;
  let live: Awaited<ReturnType<typeof liveFiles>>;
  let base = digestOf('old');
  const old = pair('old.example.test').text;
  const unproven = pair('new.example.test').text;
  before(async () => {
    lab = await startLab('gateway-dead-man', 1);
    mx1 = await joinAs(lab.gateways[0]);
    await deploy(mx1, {
      digest: base,
      files: { 'public.pem': old },
      plan: ['key files/public.pem', 'activate reload'],
    });
  });
  after(() => lab.down());
  beforeEach(async () => {
    live = await liveFiles(mx1);
  });

  /** A certificate and a setting that are live for `window` seconds. */
  function change(window: number): Push {
    return {
      digest: digestOf('new'),
      base,
      window,
      believed: live,
      files: { 'public.pem': unproven },
      live: { [mainCf]: `${live[mainCf]}smtpd_tls_loglevel = 1\n` },
      plan: ['key files/public.pem', 'postfix', 'activate reload'],
    };
  }

  async function activated(window: number): Promise<Awaited<ReturnType<typeof send>>> {
    const sent = await send(mx1, change(window));
    assert.match(sent.answer, /^activated \d+$/);
    return sent;
  }

  /** Old again: the certificate, the settings, and a status that says so. */
  async function isUndone(outcome: RegExp): Promise<void> {
    await stands(mx1, { digest: base, outcome });
    assert.equal(await mx1.gateway.inside('cat /var/lib/signet/current/files/public.pem'), old);
    assert.deepEqual(await liveFiles(mx1), live);
  }

  const noConfirmation = /^reverted \d+ no confirmation came in time$/;

  it('is undone at the deadline when the session was cut, and not before', async () => {
    const { session } = await activated(3);
    const started = Date.now();

    session.cut();
    await isDecided(mx1);

    const seconds = (Date.now() - started) / 1000;
    assert.ok(seconds > 1.5 && seconds < 12, `${seconds} seconds`);
    await isUndone(noConfirmation);
  });

  it('is undone when the link went down and the confirmation with it', async () => {
    const { session } = await activated(3);

    await mx1.gateway.link('down');
    session.write('confirm\n');
    await isDecided(mx1);
    session.cut();
    await mx1.gateway.link('up');

    await isUndone(noConfirmation);
  });

  it('is undone when everything that sshd had started for the session was killed', async () => {
    const { answer } = await activated(3);

    // The watchdog is in a session of its own, and holds neither the channel nor the lock.
    const seen = await mx1.gateway.inside(`watchdog=$(pgrep -f '[g]ateway watchdog ${answer.split(' ')[1]} ')
      push=$(pgrep -f '[s]ignet/gateway$')
      ls -l /proc/$watchdog/fd | grep -c -e pipe: -e socket: -e signet/lock
      kill -KILL -$(ps -o pgid= $push | tr -d ' ')
      sleep 0.3
      kill -0 $push 2>/dev/null || echo killed
      kill -0 $watchdog && echo watching`);
    await isDecided(mx1);

    assert.equal(seen, '0\nkilled\nwatching\n');
    await isUndone(noConfirmation);
  });

  it('has one ending when confirmation and deadline race', async () => {
    for (const offset of [-0.3, -0.1, 0, 0.1]) {
      const believed = base;
      const next = digestOf(`race ${offset}`);
      const { session, answer } = await send(mx1, {
        digest: next,
        base,
        window: 1,
        files: { 'public.pem': old },
        plan: ['activate none'],
      });
      const number = answer.split(' ')[1] ?? '';
      const marker = await mx1.gateway.inside('cat /var/lib/signet/pending /proc/uptime || true');
      const [, deadline, uptime] = /deadline (\d+) .*\n([\d.]+)/.exec(marker) ?? [];
      await sleep(Math.max(0, Number(deadline) - Number(uptime) + offset) * 1000);

      session.write('confirm\n');

      const { status, lines } = await session.result();
      await isDecided(mx1);
      const kept = lines[0] === `confirmed ${number}`;
      assert.match(lines[0] ?? '', new RegExp(`^(confirmed|reverted) ${number}`));
      assert.equal(status, kept ? 0 : 4);
      base = kept ? next : believed;
      await stands(mx1, { digest: base, outcome: new RegExp(`^${kept ? 'confirmed' : 'reverted'} ${number}`) });
    }
  });

  it('is undone by the boot hook before Postfix starts, when the power failed in the window', async () => {
    await activated(600);

    await mx1.gateway.kill();
    await mx1.gateway.start();

    assert.match(await mx1.gateway.inside('cat /var/lib/signet/outcome'), /^reverted \d+ the machine restarted/);
    await isUndone(/^reverted \d+ the machine restarted before it was confirmed$/);
  });

  const stages: readonly [string, string][] = [
    ['it was claimed', 'mv pending reverting'],
    ['the live file was put back', `mv pending reverting; mv ${mainCf}.signet-old ${mainCf}`],
    [
      'current was swapped back',
      `mv pending reverting; mv ${mainCf}.signet-old ${mainCf}; mv -fT generations/$N/undo/[0-9]* current`,
    ],
    [
      'the outcome was written',
      `mv pending reverting; mv ${mainCf}.signet-old ${mainCf}; mv -fT generations/$N/undo/[0-9]* current; echo "reverted $N x" >outcome`,
    ],
    ['the undo copy beside the live file was lost', `mv pending reverting; rm ${mainCf}.signet-old`],
  ];
  for (const [when, state] of stages) {
    it(`is undone by the next verb when the revert was killed after ${when}`, async () => {
      const { answer } = await activated(600);
      // What a kill at that point leaves; the watchdog sleeps on and finds nothing to do.
      await mx1.gateway.inside(`cd /var/lib/signet; N=${answer.split(' ')[1]}; ${state}`);

      await isUndone(/^reverted \d+ the revert was interrupted and finished later$/);
    });
  }

  it('is undone by the boot hook when the power failed in the middle of the revert', async () => {
    await activated(600);
    await mx1.gateway.inside(`cd /var/lib/signet; mv pending reverting; mv ${mainCf}.signet-old ${mainCf}`);

    await mx1.gateway.kill();
    await mx1.gateway.start();

    assert.match(await mx1.gateway.inside('cat /var/lib/signet/outcome'), /^reverted \d+ the revert was interrupted/);
    await isUndone(/^reverted \d+ the revert was interrupted and finished later$/);
  });

  it('is undone by the next verb after the deadline when its watchdog was killed', async () => {
    const { answer, session } = await activated(2);
    session.cut();
    await mx1.gateway.inside(`kill -KILL $(pgrep -f '[g]ateway watchdog ${answer.split(' ')[1]} ')`);

    await sleep(4000);

    assert.match(
      (await statusOf(mx1))['outcome'] ?? '',
      /^reverted \d+ no confirmation came in time, and the watchdog was gone$/,
    );
    await isUndone(/^reverted /);
  });

  it('that a power cut left with half a marker is none', async () => {
    const before = await statusOf(mx1);

    for (const half of ['', 'generation 99 previous ', 'generation 99 previous 1 boot x deadline 1']) {
      await mx1.gateway.inside(`printf '${half}' >/var/lib/signet/pending`);
      assert.deepEqual((await statusOf(mx1))['outcome'], before['outcome']);
    }

    await activated(600);
    await mx1.ask(`revert ${(await statusOf(mx1))['pending']?.split(' ')[0]}`);
    await isUndone(/^reverted \d+ as asked$/);
  });

  it('that was killed while it was staged is no generation, and the next one clears it away', async () => {
    const bytes = await request(change(600));
    const killed = mx1.open('push 1');
    killed.write(bytes.subarray(0, bytes.length - 700));
    await mx1.gateway.inside(`until [ -e /var/lib/signet/bundle ]; do sleep 0.05; done
      kill -KILL $(pgrep -f '[s]ignet/gateway$'); pkill -f '[h]ead -c'; flock /var/lib/signet/lock true`);
    const half = await mx1.gateway.inside('ls -d /var/lib/signet/generations/*; ls /var/lib/signet/bundle');

    const next = { digest: digestOf('after'), base, files: { 'public.pem': old }, plan: ['activate none'] };
    await deploy(mx1, next);

    base = next.digest;
    assert.match(half, /bundle/);
    await isUndone(/^confirmed \d+$/);
  });

  it('is undone, and Postfix started, when master died in the window', async () => {
    const { session } = await activated(600);
    await mx1.gateway.inside('kill -KILL $(cat /var/spool/postfix/pid/master.pid); sleep 0.5');

    session.write('revert\n');

    assert.match((await session.line()) ?? '', /^reverted \d+ as asked$/);
    await isUndone(/^reverted \d+ as asked$/);
  });

  it('is undone on a full disk; only the record of it waits for room', async () => {
    const { session, answer } = await send(mx1, { ...change(600), live: {}, plan: ['activate reload'] });
    const number = answer.split(' ')[1] ?? '';
    await mx1.gateway.inside('cat /dev/zero >/fill 2>/dev/null || true');

    session.write('revert\n');
    const { lines } = await session.result();
    const full = await statusOf(mx1);
    await mx1.gateway.inside('rm /fill');

    assert.match(lines[0] ?? '', new RegExp(`^reverted ${number} .*make room on the disk$`));
    assert.equal(full['reverting'], number);
    assert.equal(full['current']?.split(' ')[1], base);
    await isUndone(new RegExp(`^reverted ${number} `));
  });

  it('leaves a live file that was edited by hand in the window, and says so', async () => {
    const { session } = await activated(600);
    await mx1.gateway.inside(`echo '# by hand' >>${mainCf}`);
    const edited = await liveFiles(mx1);

    session.write('revert\n');

    assert.match(
      (await session.line()) ?? '',
      /^reverted \d+ as asked; \/etc\/postfix\/main\.cf was changed by hand meanwhile and stays/,
    );
    assert.deepEqual(await liveFiles(mx1), edited);
    await stands(mx1, { digest: base });
  });

  it('counts its window in seconds since the machine started, so that setting the clock changes nothing', async () => {
    const { session } = await activated(100);

    const marker = await mx1.gateway.inside('cat /var/lib/signet/pending /proc/uptime');
    session.write('revert\n');
    await session.result();

    const [, deadline, uptime] = /deadline (\d+) .*\n([\d.]+)/.exec(marker) ?? [];
    const left = Number(deadline) - Number(uptime);
    assert.ok(left > 80 && left <= 100, marker);
    // Nothing in the script knows the time of day, but what reads the mail log, which is dated by it, and the fact that tells it.
    const fact = 'say "clock $(date +%s)"';
    const parts = readdirSync('deploy/gateway/parts').filter((name) => name !== 'log.sh');
    const code = parts.map((name) => readFileSync(join('deploy/gateway/parts', name), 'utf8')).join('');
    assert.doesNotMatch(code.replace(fact, ''), /\bdate\b|EPOCHSECONDS|hwclock|stat -c %[XYZ]/);
  });
});
