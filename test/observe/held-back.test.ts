// Destinations that require TLS and cannot have it, as alerts: real SMTP and HTTP, and mail logs that say what a test wants.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';

import type { Failing } from '../../services/observe/sessions/failing.ts';
import { alertService, type AlertKeeper, type AlertService } from '../../services/observe/service.ts';
import type { Operation } from '../../services/schema/types.generated.ts';
import { keys } from '../../services/store/keys.ts';
import type { Lease } from '../../services/store/store.ts';
import { fleet, mail, type Fleet } from './fleet.ts';
import { hook, mailbox, type Hook, type Mailbox } from './receivers.ts';

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

describe('a destination that requires TLS and cannot have it', () => {
  const hour = 3_600_000;
  const held = (destination: string, machine = 'mx1'): Failing => ({
    ...{ machine, destination, since: new Date(Date.now() - hour).toISOString(), last: new Date().toISOString() },
    ...{ failure: 'verification', reason: 'Server certificate not verified: hostname mismatch' },
  });
  const demand = (domain: string, tls: string): Operation => ({
    ...{ op: 'set', level: 'cluster', path: `/destinations/${domain}`, value: { tls } },
  });

  it('is told once, as one alert a destination, and is over when mail gets through', async () => {
    await around.set({ mail: mail(mails.server), webhooks: [web.url] });
    await around.commit(demand('bank.example', 'required-verify'), demand('other.example', 'required'));
    around.hold(held('bank.example'), held('bank.example'), held('other.example'), held('third.example'));

    await check();
    await check();
    const found = await alerts.list();
    around.hold(held('other.example'));
    await check();

    assert.deepEqual(
      found.map(({ alert }) => [alert.kind, alert.destination, alert.breaks.map(({ pointer }) => pointer)]).toSorted(),
      [
        ['tls-required', 'bank.example', ['/destinations/bank.example']],
        ['tls-required', 'other.example', ['/destinations/other.example']],
      ],
    );
    assert.equal(mails.mails.length, 2);
    assert.match(
      mails.mails[0]?.text ?? '',
      /^Subject: Signet: \S+\.example cannot have the TLS it requires, and 1 more$/m,
    );
    assert.match(
      mails.mails[0]?.text.replaceAll(/\s+/g, ' ') ?? '',
      /mail for bank\.example waits on mx1.*hostname mismatch/,
    );
    assert.match(mails.mails[1]?.text ?? '', /^Subject: Signet: 1 alert is over$/m);
    assert.equal((await alerts.list()).length, 1);
    assert.equal(web.notices.length, 2);
  });

  it('is not told where the setting of the machine says so, nor where nothing is required', async () => {
    await around.commit(demand('bank.example', 'required'), {
      ...{ op: 'set', level: 'machine/mx1', path: '/outbound/alertRequiredTls', value: false },
    });
    around.hold(held('bank.example'));
    await check();
    const off = await alerts.list();
    await around.commit({ op: 'unset', level: 'machine/mx1', path: '/outbound/alertRequiredTls' });
    await around.commit(demand('bank.example', 'preferred-verify'));
    await check();

    assert.deepEqual([off, await alerts.list()], [[], []]);
  });

  it('is told of the default destination too', async () => {
    await around.commit(demand('default', 'required'));
    around.hold(held('any.example'));

    await check();

    assert.deepEqual((await only()).alert.breaks, [{ pointer: '/destinations/default', machines: ['mx1'], count: 1 }]);
  });
});
