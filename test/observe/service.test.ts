/** Alerts end to end: a real store, configuration and certificates, real SMTP and HTTP. Only the clock and the machines are made up. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';

import { isNamed } from '../../services/errors.ts';
import { alertService, type AlertKeeper, type AlertService } from '../../services/observe/service.ts';
import { keys } from '../../services/store/keys.ts';
import type { Lease, Store } from '../../services/store/store.ts';
import { fleet, mail, type Fleet } from './fleet.ts';
import { hook, mailbox, type Hook, type Mailbox } from './receivers.ts';

const day = 24 * 3600 * 1000;
const never = new AbortController().signal;

let around: Fleet;
let lease: Lease;
let alerts: AlertService & AlertKeeper;
let mails: Mailbox;
let web: Hook;
beforeEach(async () => {
  around = await fleet();
  lease = await around.store.lease(keys.leader, 'a test', 10, never);
  alerts = alertService(around.deps);
  mails = await mailbox();
  web = await hook();
});
afterEach(async () => {
  await Promise.all([mails.close(), web.close()]);
  await around.close();
});

const check = (service: AlertKeeper = alerts) => service.check(lease.fence, never);
const only = async () => {
  const [view, ...others] = await alerts.list();
  assert.ok(view);
  assert.deepEqual(others, []);
  return view;
};

describe('an alert', () => {
  it('comes by mail and by webhook, once a rung, with what breaks and what to do', async () => {
    await around.set({ mail: mail(mails.server), webhooks: [web.url] });
    around.passDays(11);

    await check();
    await check();

    const { alert, told } = await only();
    const [sent, ...more] = mails.mails;
    assert.deepEqual(more, []);
    assert.deepEqual(sent?.to, ['ops@example.org']);
    assert.match(sent.text, /^Subject: Signet: CN=mx\.example\.org expires in 1[34] days$/m);
    assert.match(sent.text, /^From: signet@example\.org$/m);
    assert.match(sent.text, /^Auto-Submitted: auto-generated$/m);
    assert.match(sent.text, /^- \/listeners\/public\/certificate on mx1$/m);
    assert.match(sent.text, /^Alert: expiry-[0-9a-f]{16}$/m);
    assert.deepEqual(
      web.notices.map(({ test, alerts: news, cleared }) => [test, news, cleared]),
      [[false, [alert], []]],
    );
    assert.deepEqual(
      [alert.rung, alert.breaks],
      [15, [{ pointer: '/listeners/public/certificate', machines: ['mx1'], count: 1 }]],
    );
    assert.equal(told.length, 2);
  });

  it('at two levels that bind the same certificate is one, and several alerts are one mail', async () => {
    const { binding } = await around.deps.pki.create({ key: 'ec-p256', subject: { commonName: 'client' }, days: 20 });
    const path = '/certificates/client';
    await around.commit(
      { op: 'set', level: 'cluster', path, value: binding },
      { op: 'set', level: 'group/main', path, value: binding },
    );
    await around.set({ mail: mail(mails.server) });
    around.passDays(11);

    await check();

    assert.deepEqual(
      (await alerts.list()).map(({ alert }) => alert.certificate?.bound.map(({ level }) => level)),
      [['cluster', 'group/main'], ['cluster']],
    );
    assert.equal(mails.mails.length, 1);
    assert.match(mails.mails[0]?.text ?? '', /^Subject: Signet: CN=client expires in [89] days, and 1 more$/m);
  });

  it('comes for the certificates of a private authority and for trust lists, with what uses them', async () => {
    const { authorities } = around.deps;
    const { bundle } = await authorities.create('ann', {
      ...{ name: 'mail', subject: { commonName: 'Mail CA' }, rootDays: 200, days: 100 },
    });
    const request = { key: 'ec-p256' as const, subject: { commonName: 'mx1.example.org' }, days: 99 };
    const { binding } = await authorities.issue({ authority: 'mail', profile: 'server', request });
    await around.commit(
      { op: 'set', level: 'cluster', path: '/certificates/mx', value: binding },
      { op: 'set', level: 'cluster', path: '/trust/partners', value: { source: 'bundle', bundle } },
      { op: 'set', level: 'cluster', path: '/outbound/trust', value: ['partners'] },
    );
    around.passDays(150);

    await check();

    assert.deepEqual(
      (await alerts.list()).map(({ alert: { rung, certificate, breaks } }) => [
        ...[rung, certificate?.role, certificate?.subject, certificate?.bound.map(({ pointer }) => pointer)],
        breaks.map(({ pointer }) => pointer),
      ]),
      [
        [-49, 'leaf', 'CN=mx1.example.org', ['/certificates/mx'], ['/listeners/public/certificate']],
        [-49, 'authority', 'CN=Mail CA Issuing', ['/certificates/mx'], ['/listeners/public/certificate']],
        [60, 'authority', 'CN=Mail CA', ['/trust/partners'], ['/outbound/trust', '/listeners/public/certificate']],
      ],
    );
  });

  it('is over when its name is bound to a new certificate', async () => {
    await around.set({ webhooks: [web.url] });
    around.passDays(11);
    await check();
    const { alert } = await only();

    await around.commit(await around.bind(397));
    await check();
    await check();

    assert.deepEqual(await alerts.list(), []);
    assert.deepEqual(
      web.notices.slice(1).map(({ alerts: news, cleared }) => [news, cleared.map((one) => one.id)]),
      [[[], [alert.id]]],
    );
    assert.deepEqual((await around.store.range(keys.alerts)).entries, []);
  });

  it('is told no more once it is acknowledged, until its next rung', async () => {
    await around.set({ webhooks: [web.url] });
    around.passDays(11);
    web.answer(500);
    await check();
    const { alert } = await only();

    const { state, acknowledged } = await alerts.acknowledge(alert.id, 'ann');
    web.answer(204);
    await check();
    const after = web.notices.length;
    around.passDays(8);
    await check();

    assert.deepEqual([state, acknowledged?.by, acknowledged?.rung], ['acknowledged', 'ann', 15]);
    assert.equal(after, 1);
    assert.deepEqual(
      web.notices.slice(1).map(({ alerts: news }) => news.map(({ rung }) => rung)),
      [[7]],
    );
    assert.equal((await only()).state, 'open');
  });

  it('is silenced until a time, and not marked when there is none', async () => {
    await around.set({ webhooks: [web.url] });
    around.passDays(11);
    await check();
    const { alert } = await only();

    const until = new Date(around.deps.now().getTime() + 10 * day).toISOString();
    assert.equal((await alerts.silence(alert.id, until, 'ann')).state, 'silenced');
    around.passDays(9);
    await check();
    assert.equal(web.notices.length, 1);
    around.passDays(2);
    await check();

    assert.equal(web.notices.length, 2);
    await assert.rejects(alerts.acknowledge('expiry-0000000000000000', 'ann'), (error) => isNamed(error, 'not-found'));
  });

  it('tells of a machine that has not had the newest certificate for an hour', async () => {
    await around.set({ webhooks: [web.url] });
    const served = {
      listener: 'public',
      address: '',
      port: 25,
      detail: '',
      expires: '',
      seen: new Date(0).toISOString(),
    };
    around.serve({
      machine: 'mx1',
      wanted: { revision: 2, digest: 'a'.repeat(64) },
      served: [{ ...served, verdict: 'match', fingerprint: 'b'.repeat(64) }],
    });

    const { next } = await check();
    const before = await alerts.list();
    around.passDays(1 / 24);
    await check();

    assert.equal(Math.round(((next?.getTime() ?? 0) - Date.now()) / 60_000), 60);
    assert.deepEqual(before, []);
    const { alert } = await only();
    assert.deepEqual([alert.id, alert.machine], ['not-served-mx1', 'mx1']);
    assert.match(alert.summary, /^mx1 serves another certificate than it should on public/);
    assert.deepEqual(
      web.notices.map(({ alerts: news }) => news.map(({ id: one }) => one)),
      [['not-served-mx1']],
    );
  });
});

describe('a notice that cannot be delivered', () => {
  it('goes to the second server when the first is down, and is sent once', async () => {
    const down = await mailbox();
    await down.close();
    await around.set({ mail: mail(down.server, mails.server) });
    around.passDays(11);

    assert.deepEqual((await check()).failed, []);
    await check();

    assert.equal(mails.mails.length, 1);
  });

  it('goes to the second server for those whom the first does not know', async () => {
    const strict = await mailbox({ refuse: ['boss@example.org'] });
    const both = { ...mail(strict.server, mails.server), to: ['ops@example.org', 'boss@example.org'] };
    await around.set({ mail: both });
    around.passDays(11);

    assert.deepEqual((await check()).failed, []);

    assert.deepEqual(
      [strict.mails, mails.mails].map((all) => all.map(({ to }) => to)),
      [[['ops@example.org']], [['boss@example.org']]],
    );
    await strict.close();
  });

  it('is kept, shown with the reason and sent later, to those alone who have not had it', async () => {
    await around.set({ mail: mail(mails.server), webhooks: [web.url] });
    around.passDays(11);
    web.answer(503);

    const { failed } = await check();
    const { undelivered } = await only();
    web.answer(204);
    await check();
    await check();

    assert.deepEqual(
      failed.map(({ detail }) => detail),
      ['it answered 503'],
    );
    assert.deepEqual(
      undelivered.map(({ detail }) => detail),
      ['it answered 503'],
    );
    assert.deepEqual([web.notices.length, mails.mails.length], [2, 1]);
    assert.equal(web.notices[0]?.id, web.notices[1]?.id);
    assert.deepEqual((await only()).undelivered, []);
    assert.doesNotMatch(JSON.stringify([failed, await alerts.list()]), /very-secret/);
  });

  it('holds up a controller that is told to end no longer than that, although the server says nothing', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    await around.set({ mail: mail(`127.0.0.1:${(silent.address() as AddressInfo).port}`) });
    around.passDays(11);
    const told = new AbortController();

    const checking = alerts.check(lease.fence, told.signal);
    const [socket] = (await once(silent, 'connection')) as [Socket];
    const before = Date.now();
    told.abort();
    const { failed } = await checking;

    assert.equal(failed.length, 1);
    assert.ok(Date.now() - before < 2_000);
    socket.destroy();
    silent.close();
  });

  it('is no longer owed to a recipient that was taken out of the settings', async () => {
    await around.set({ webhooks: [web.url] });
    around.passDays(11);
    web.answer(503);
    await check();

    await around.set({ webhooks: [] });
    assert.deepEqual((await check()).failed, []);

    assert.deepEqual((await only()).undelivered, []);
  });
});

describe('a controller that ends', () => {
  /** A store that breaks when it is to be written that somebody was told. */
  function killedAfterSending(store: Store): Store {
    return {
      ...store,
      transact(transaction) {
        const record = transaction.writes.some((write) => 'put' in write && write.value.includes('"told":{"'));
        return record ? Promise.reject(new Error('killed')) : store.transact(transaction);
      },
    };
  }

  it('between sending and recording repeats the notice once, and it can be told as the same', async () => {
    await around.set({ webhooks: [web.url] });
    around.passDays(11);
    const killed = alertService({ ...around.deps, store: killedAfterSending(around.store) });

    await assert.rejects(check(killed), /killed/);
    await check();
    await check();

    assert.equal(web.notices.length, 2);
    assert.equal(web.notices[0]?.id, web.notices[1]?.id);
  });

  it('and is followed by another leader: nothing is told twice, and the old one tells and writes nothing more', async () => {
    await around.set({ webhooks: [web.url] });
    around.passDays(11);
    await check();
    const stale = lease.fence;
    await lease.release();
    lease = await around.store.lease(keys.leader, 'another', 10, never);
    const follower = alertService(around.deps);

    await check(follower);
    around.passDays(8);
    await assert.rejects(alerts.check(stale, never), (error) => isNamed(error, 'interrupted'));
    const before = web.notices.length;
    await check(follower);

    assert.equal(before, 1);
    assert.equal(web.notices.length, 2);
  });
});

describe('a test', () => {
  it('goes to every recipient and says how it went for each, never the URL of a webhook', async () => {
    const down = await hook();
    await down.close();
    await around.set({ mail: mail(mails.server), webhooks: [web.url, down.url] });

    const outcomes = await alerts.test(never);

    assert.deepEqual(
      outcomes.map(({ delivered, detail }) => [delivered, delivered ? '' : detail]),
      [
        [true, ''],
        [true, ''],
        [false, 'it could not be reached (ECONNREFUSED)'],
      ],
    );
    assert.doesNotMatch(JSON.stringify(outcomes), /very-secret/);
    assert.deepEqual(
      web.notices.map(({ test }) => test),
      [true],
    );
    assert.match(mails.mails[0]?.text ?? '', /^Subject: Signet: test of the alerts$/m);
  });

  it('is refused when there is no recipient, and does not follow a redirect', async () => {
    await assert.rejects(alerts.test(never), (error) => isNamed(error, 'invalid-input'));
    await around.set({ webhooks: [web.url] });
    web.answer(302);

    assert.deepEqual(
      (await alerts.test(never)).map(({ detail }) => detail),
      ['it answered 302'],
    );
  });

  for (const [tls, options, secure] of [
    ['starttls', {}, true],
    ['implicit', { secure: true }, true],
    ['none', {}, false],
  ] as const) {
    it(`is sent with tls ${tls}, whatever certificate the server has`, async () => {
      const server = await mailbox(options);
      await around.set({ mail: { ...mail(server.server), tls } });

      const outcomes = await alerts.test(never);

      assert.deepEqual(
        outcomes.map(({ delivered }) => delivered),
        [true],
        outcomes[0]?.detail,
      );
      assert.deepEqual(
        server.mails.map((one) => one.secure),
        [secure],
      );
      await server.close();
    });
  }

  it('is not sent in clear when TLS is wanted and the server has none, which is what no tls at all means', async () => {
    const plain = await mailbox({ disabledCommands: ['STARTTLS'] });
    const { tls: _tls, ...unsaid } = mail(plain.server);
    await around.set({ mail: unsaid });

    const [outcome] = await alerts.test(never);

    assert.equal(outcome?.delivered, false);
    assert.match(outcome.detail, /STARTTLS/);
    assert.deepEqual(plain.mails, []);
    await plain.close();
  });
});

describe('the settings of alerts', () => {
  it('change nothing on any machine', async () => {
    const before = await around.config.manifest('mx1', (await around.config.head()).number);

    await around.set({ mail: mail('mail.example.org:25'), webhooks: [web.url], ladder: [10] });

    const after = await around.config.manifest('mx1', (await around.config.head()).number);
    assert.equal(after.digest, before.digest);
  });

  it('are refused at any other level than cluster', async () => {
    await assert.rejects(
      around.commit({ op: 'set', level: 'group/main', path: '/alerts/ladder', value: [10] }),
      (error) => isNamed(error, 'invalid-configuration') && error.findings[0]?.level === 'group/main',
    );
  });

  for (const server of ['mx1.example.test:25', '198.18.0.11:587', 'mx1:25']) {
    it(`warn of ${server}, which is a gateway that alerts may be about`, async () => {
      await around.config.amend('bob', [
        { op: 'set', level: 'cluster', path: '/alerts/mail', value: mail('mail.example.org:25', server) },
      ]);

      const { findings } = await around.config.preview('bob');

      const ofAlerts = findings.filter(({ pointer }) => pointer?.startsWith('/alerts/'));
      assert.deepEqual(
        ofAlerts.map(({ severity, pointer }) => [severity, pointer]),
        [['warning', '/alerts/mail/servers/1']],
      );
    });
  }
});
