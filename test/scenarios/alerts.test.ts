/** Alerts of the whole product: typed, committed, and in a real mailbox by the time the controller has looked. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { mailbox, type Mailbox } from '../observe/receivers.ts';
import { openssl, removeFolder, temporaryFolder, withoutOpenssl } from '../pki/openssl.ts';
import { cli } from './cli.ts';
import { startSignetd, type Signetd } from './signetd.ts';

describe('alerts', { skip: withoutOpenssl }, () => {
  const home = temporaryFolder();
  let signetd: Signetd;
  let mails: Mailbox;
  before(async () => {
    [signetd, mails] = await Promise.all([startSignetd(), mailbox()]);
  });
  after(async () => {
    await Promise.all([signetd.remove(), mails.close()]);
    removeFolder(home);
  });

  /** Made a year ago, with so many days to go. */
  function makeCertificate(days: number): string {
    const stamp = (time: number) => `${new Date(time).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`;
    const ends = ['-startdate', stamp(Date.now() - 365 * day), '-enddate', stamp(Date.now() + days * day)];
    const settings = ['[ca]', 'default_ca=any', '[any]', 'new_certs_dir=.', 'database=index', 'serial=serial'];
    const policy = ['default_md=sha256', 'policy=names', 'rand_serial=yes', '[names]', 'commonName=supplied'];
    writeFileSync(join(home, 'ca.cnf'), [...settings, ...policy, ''].join('\n'));
    writeFileSync(join(home, 'index'), '');
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'key.pem'];
    openssl(home, ['req', ...key, '-out', 'request.pem', '-subj', '/CN=mx.example.org']);
    const signing = [
      '-config',
      'ca.cnf',
      '-selfsign',
      '-keyfile',
      'key.pem',
      '-in',
      'request.pem',
      '-notext',
      '-batch',
    ];
    openssl(home, ['ca', ...signing, '-out', 'cert.pem', ...ends]);
    return home;
  }

  it('arrive by mail moments after the commit of a certificate that is about to expire, and end with its renewal', async () => {
    const { done } = cli(signetd);
    const folder = makeCertificate(6);
    const mail = { servers: [mails.server], from: 'signet@example.org', to: ['ops@example.org'] };

    await done('set', 'cluster', 'alerts/mail', JSON.stringify(mail));
    await done('certificate', 'import', 'mx', '--level', 'cluster', join(folder, 'key.pem'), join(folder, 'cert.pem'));
    await done('commit', '-m', 'tell operations');
    await received(mails, 1);
    const listed = await done('alert', 'list');
    await done('certificate', 'create', 'mx', '--level', 'cluster', '--cn', 'mx.example.org', '--key', 'ec-p256');
    await done('commit', '-m', 'renew');
    await received(mails, 2);

    assert.match(mails.mails[0]?.text ?? '', /^Subject: Signet: CN=mx\.example\.org expires in 5 days$/m);
    assert.match(listed, /^expiry-[0-9a-f]{16} {2}open {2}expires /m);
    assert.match(mails.mails[1]?.text ?? '', /^Subject: Signet: 1 alert is over$/m);
    assert.match(await done('alert', 'list'), /^nothing needs you$/m);
    assert.equal(
      mails.mails.every(({ secure }) => secure),
      true,
    );
  });

  it('are tested with one command', async () => {
    assert.match(await cli(signetd).done('alert', 'test'), /^ops@example\.org +delivered +127\.0\.0\.1:\d+$/m);
  });
});

const day = 24 * 3600 * 1000;

async function received(mails: Mailbox, count: number): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (mails.mails.length < count && Date.now() < deadline) await sleep(50);
  assert.equal(mails.mails.length, count);
}
