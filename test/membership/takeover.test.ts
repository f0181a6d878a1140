/** A gateway whose controller is lost: another one that was given the configuration file takes it over, with all that its owner did to it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { skipLab, startLab, type Gateway } from '../lab/harness.ts';
import { cli } from '../scenarios/cli.ts';
import { firstCertificate, isOutcome } from '../scenarios/faults/steps.ts';
import { again, amend, join, rollOut } from '../scenarios/harness.ts';
import { stands } from '../scenarios/outside.ts';
import { startSignetd, type Signetd } from '../scenarios/signetd.ts';

describe('a take-over', { skip: skipLab }, () => {
  const ends: (() => Promise<void> | void)[] = [];
  let mx1: Gateway;
  let another: Signetd;
  let pristine: Awaited<ReturnType<typeof files>>;

  const files = async () => ({
    main: await mx1.inside('cat /etc/postfix/main.cf'),
    master: await mx1.inside('cat /etc/postfix/master.cf'),
  });

  before(async () => {
    const lab = await startLab('takeover', 1);
    ends.push(lab.down);
    assert.ok(lab.gateways[0]);
    mx1 = lab.gateways[0];
    pristine = await files();
    const first = await startSignetd();
    ends.push(first.remove);
    await join(first, mx1);
    await firstCertificate(first);

    const home = mkdtempSync(path(tmpdir(), 'signet-takeover-'));
    ends.push(() => rmSync(home, { recursive: true }));
    const [file, passphrase] = [path(home, 'file'), path(home, 'passphrase')];
    writeFileSync(passphrase, 'correct horse\n');
    await cli(first).done('config', 'save', file, '--passphrase-file', passphrase);
    await first.kill();
    another = await startSignetd();
    ends.push(another.remove);
    await cli(another).done('config', 'load', file, '--passphrase-file', passphrase);
    await cli(another).done('commit', '-m', 'as it was');
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  it('finds what was edited by hand meanwhile, and overwrites it only when it is asked to', async () => {
    await mx1.inside("sed -i 's/^smtpd_tls_ciphers = .*/smtpd_tls_ciphers = low/' /etc/postfix/main.cf");

    const view = await join(another, mx1);

    assert.ok(view);
    isOutcome(view, 'refused', /^changed by hand: main\.cf has smtpd_tls_ciphers = low where .*; put it into Signet/);
    assert.match((await files()).main, /^smtpd_tls_ciphers = low$/m);
    const overwritten = await again(another, { overwriteDrift: true });
    isOutcome(overwritten, 'confirmed');
    await stands(another, mx1, { revision: overwritten.rollout.revision });
  });

  it('knows how everything was before the first controller, not before itself', async () => {
    await amend(another, { op: 'remove', level: 'cluster', path: '/listeners/public' });

    const view = await rollOut(another, 'no listener of ours');

    assert.equal(view.rollout.state, 'succeeded', JSON.stringify(view.outcomes));
    assert.equal((await files()).master, pristine.master);
    assert.doesNotMatch((await files()).main, /smtpd_tls_chain_files/);
  });

  it('puts everything back when it lets the machine go for good', async () => {
    await cli(another).done('machine', 'leave', 'mx1', '--yes', '--restore-original');

    assert.deepEqual(await files(), pristine);
  });
});
