/** What mail logs say of TLS, on the whole product: real mail between two gateways, in clear, over TLS, and not at all. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import type { AlertList, MailSessionList, SessionCountList } from '../../services/schema/types.generated.ts';
import { skipLab, type Gateway } from '../lab/harness.ts';
import { cli, type Cli } from './cli.ts';
import { join, startScenario, type Scenario } from './harness.ts';

const destination = 'mx2.lab.example.test';

describe('what mail logs say of TLS', { skip: skipLab }, () => {
  let scenario: Scenario;
  let mx1: Gateway;
  let signet: Cli;
  before(async () => {
    scenario = await startScenario('tls-log', 2);
    for (const gateway of scenario.gateways) await join(scenario.signetd, gateway);
    [mx1] = scenario.gateways as [Gateway];
    signet = cli(scenario.signetd);
  });
  after(() => scenario.down());

  /** Sends a message from mx1 at a level, and waits until its log says what became of it; logs tell times to the second. */
  async function send(level: string): Promise<void> {
    await signet.done('set', 'machine/mx1', `destinations/${destination}`, JSON.stringify({ tls: level }));
    await signet.done('commit', '-m', level);
    const count = async () => Number(await mx1.inside('grep -c "postfix/smtp\\[.* to=<" /var/log/mail.log || true'));
    const earlier = await count();
    await mx1.inside(`printf 'Subject: x\\n\\nhi\\n' | sendmail -f root@mx1.lab.example.test root@${destination}`);
    for (let tries = 0; (await count()) === earlier; tries += 1) {
      assert.ok(tries < 100, await mx1.inside('tail -20 /var/log/mail.log'));
      await sleep(100);
    }
    await sleep(1000);
  }

  const sessions = (...words: readonly string[]) => signet.json<MailSessionList>('tls-log', ...words);
  const results = async (...words: readonly string[]) =>
    (await sessions(...words)).sessions.map(({ session }) => session.result).reverse();

  it('is shown for mail in clear, over TLS, and held back, at both ends', async () => {
    for (const level of ['none', 'preferred', 'required-verify']) await send(level);

    const left = await sessions('--read', '--direction', 'out', '--machine', 'mx1');
    const [failed, overTls, clear] = left.sessions.map(({ session }) => session);
    const came = (await sessions('--read', '--direction', 'in', '--machine', 'mx2', '--peer', 'mx1.lab.example.test'))
      .sessions;

    assert.deepEqual(left.readings, []);
    assert.equal(clear?.result, 'clear');
    assert.equal(overTls?.result, 'untrusted');
    assert.equal(overTls.protocol, 'TLSv1.3');
    assert.deepEqual([failed?.result, failed?.failure, failed?.destination], ['failed', 'verification', destination]);
    assert.match(failed?.reason ?? '', /^Server certificate not verified: self-signed certificate/);
    assert.deepEqual(came.map(({ session }) => session.result).reverse(), ['clear', 'anonymous']);
  });

  it('raises an alert about the destination that cannot have what it requires', async () => {
    const raised = async () =>
      (await signet.json<AlertList>('alert', 'list')).alerts.filter(({ alert }) => alert.kind === 'tls-required');
    for (let tries = 0; (await raised()).length === 0; tries += 1) {
      assert.ok(tries < 60, scenario.signetd.log());
      await sleep(250);
    }

    const [view, ...others] = await raised();

    assert.deepEqual(others, []);
    assert.equal(view?.alert.destination, destination);
    assert.match(view.alert.summary, /waits on mx1: Server certificate not verified: self-signed certificate/);
    assert.deepEqual(
      view.alert.breaks.map(({ pointer, machines }) => [pointer, machines]),
      [[`/destinations/${destination}`, ['mx1']]],
    );
  });

  it('is found by result and counted by destination', async () => {
    const { counts } = await signet.json<SessionCountList>('tls-log', '--count', '--destination', '.lab.example.test');

    assert.deepEqual(await results('--result', 'clear,failed', '--direction', 'out'), ['clear', 'failed']);
    assert.deepEqual(await results('--until', '1d'), []);
    assert.deepEqual(counts[0]?.results, { clear: 1, untrusted: 1, failed: 1 });
    assert.equal(counts[0].messages, 2);
    assert.match(await signet.done('tls-log', '--count'), new RegExp(`^out {2}${destination} +`, 'm'));
  });

  it('warns of a draft under which mail of the last days would have waited, and of its commit', async () => {
    await signet.done('set', 'machine/mx1', `destinations/${destination}`, '{"tls":"preferred"}');
    await signet.done('commit', '-m', 'preferred');
    await signet.done('set', 'machine/mx1', `destinations/${destination}`, '{"tls":"required"}');
    const warning = new RegExp(
      `1 of 2 messages to ${destination} in the last 14 days \\(mx1\\) would have waited at required`,
    );

    const diff = await signet.run('diff', '--settings');
    const commit = await signet.run('commit', '-m', 'required', '--no-rollout');

    assert.equal(diff.exit, 0);
    assert.match(diff.stderr, warning);
    assert.equal(commit.exit, 0);
    assert.match(commit.stderr, warning);
  });

  it('warns of a draft under which clients would have been refused', async () => {
    await signet.done('set', 'machine/mx2', 'mailFlowPolicies/default', '{"tls":"required"}');

    const diff = await signet.run('diff', '--settings');
    await signet.done('discard');

    assert.equal(diff.exit, 0);
    assert.match(
      diff.stderr,
      /1 of 2 messages from mx1\.lab\.example\.test in the last 14 days \(mx2\) would have been refused by the policy default/,
    );
  });

  it('goes on across a rotation, and says what was lost', async () => {
    const log = '/var/log/mail.log';
    // As logrotate does: who writes to the log has it open until it is told.
    await mx1.inside(`mv ${log} ${log}.1 && : >${log} && postfix reload && sleep 1`);
    await send('preferred');
    const across = await sessions('--read', '--machine', 'mx1', '--direction', 'out');
    await mx1.inside(`rm ${log}* && : >${log} && postfix reload && sleep 1`);
    await send('none');

    const lost = await signet.run('tls-log', '--read', '--machine', 'mx1', '--direction', 'out', '--limit', '1');

    assert.equal(across.sessions[0]?.session.result, 'untrusted');
    assert.deepEqual(across.readings, []);
    assert.match(lost.stdout, / clear /);
    assert.match(lost.stderr, /^mx1: what was logged between .* is lost$/m);
  });
});
