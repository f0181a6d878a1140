// Scheduled saves that fail, as an alert: real SMTP, and a schedule that says what a test wants.
import assert from 'node:assert/strict';
import { it } from 'node:test';

import { alertService } from '../../services/observe/service.ts';
import { keys } from '../../services/store/keys.ts';
import { fleet, mail } from './fleet.ts';
import { mailbox } from './receivers.ts';

it('a save that fails is told once, with where and why, and is over when one works again', async () => {
  const [around, mails] = [await fleet(), await mailbox()];
  const never = new AbortController().signal;
  const { fence } = await around.store.lease(keys.leader, 'a test', 10, never);
  const alerts = alertService(around.deps);
  await around.set({ mail: mail(mails.server) });
  await alerts.check(fence, never);
  const before = mails.mails.length;
  const [since, time] = [-3_600_000, 0].map((ago) => new Date(Date.now() + ago).toISOString());
  assert.ok(since !== undefined && time !== undefined);
  const sftp = { user: 'backup', host: 'vault.example.org', port: 22, hostKey: 'ssh-ed25519 AAAA' };
  const problem = { since, time, failures: 3, detail: 'vault.example.org refuses the login of backup' };

  const target = { folder: 'signet', sftp };
  around.save({ kind: 'scheduled', problem, target });
  await alerts.check(fence, never);
  await alerts.check(fence, never);
  const found = (await alerts.list()).find(({ alert }) => alert.kind === 'save-failed')?.alert;
  around.save({ kind: 'scheduled', target });
  await alerts.check(fence, never);

  assert.deepEqual([found?.id, found?.due], ['save-failed', since]);
  assert.match(found?.summary ?? '', /not saved to vault\.example\.org:signet as scheduled: .* refuses the login/);
  assert.ok(!(await alerts.list()).some(({ alert }) => alert.kind === 'save-failed'));
  const told = mails.mails.slice(before).map(({ text }) => /^Subject: (.*)$/m.exec(text)?.[1]);
  assert.deepEqual(told, ['Signet: the configuration is not saved as scheduled', 'Signet: 1 alert is over']);
  await mails.close();
  await around.close();
});

it('a good save that is missing for two intervals is told, also while nothing says that one failed', async () => {
  const [around, mails] = [await fleet(), await mailbox()];
  const never = new AbortController().signal;
  const { fence } = await around.store.lease(keys.leader, 'a test', 10, never);
  const alerts = alertService(around.deps);
  await around.set({ mail: mail(mails.server) });
  await alerts.check(fence, never);
  const before = mails.mails.length;
  const overdue = new Date(Date.now() - 3_600_000).toISOString();
  const target = { folder: '/var/backups/signet' };

  around.save({ kind: 'scheduled', target, overdue });
  await alerts.check(fence, never);
  const found = (await alerts.list()).find(({ alert }) => alert.id === 'save-overdue')?.alert;
  around.save({ kind: 'scheduled', target });
  await alerts.check(fence, never);

  assert.deepEqual([found?.kind, found?.due], ['save-overdue', overdue]);
  assert.match(found?.summary ?? '', /no good save .* came to \/var\/backups\/signet/);
  const told = mails.mails.slice(before).map(({ text }) => /^Subject: (.*)$/m.exec(text)?.[1]);
  assert.deepEqual(told, ['Signet: the configuration has no good save for long', 'Signet: 1 alert is over']);
  await mails.close();
  await around.close();
});
