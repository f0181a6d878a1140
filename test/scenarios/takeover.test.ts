/** The controller's host is lost; a new one takes its place from the file, without a reload; the old one returns and is refused. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join as path } from 'node:path';
import { after, before, describe, it } from 'node:test';

import type { FileVerification, MachineList, RolloutView } from '../../services/schema/types.generated.ts';
import { acceptsMail, skipLab, type Gateway } from '../lab/harness.ts';
import { temporaryFolder, removeFolder } from '../pki/openssl.ts';
import { cli, joinWords, served } from './cli.ts';
import { again, amend, bind, rollOut, startScenario, type Scenario } from './harness.ts';
import { startSignetd, type Signetd } from './signetd.ts';

describe('a controller that is lost', { skip: skipLab }, () => {
  const folder = temporaryFolder();
  const file = path(folder, 'cluster.signet');
  const pass = ['--passphrase-file', path(folder, 'pass')];
  const aside = path(folder, 'aside');
  let scenario: Scenario;
  let lost: Signetd;
  let next: Signetd | undefined;
  const before_ = new Map<string, string>();

  before(async () => {
    writeFileSync(path(folder, 'pass'), 'quiet-river-under-stone\n', { mode: 0o600 });
    scenario = await startScenario('takeover', 2);
    lost = scenario.signetd;
  });
  after(async () => {
    await next?.remove();
    await scenario.down();
    removeFolder(folder);
  });

  it('leaves a file and a fleet that runs on', async () => {
    for (const gateway of scenario.gateways) await cli(lost).done(...(await joinWords(gateway)));
    await bind(lost, 'cluster', 'mx');
    await amend(lost, { op: 'set', level: 'machine/mx1', path: '/listeners/public/certificate', value: 'mx' });
    assert.equal(
      (await rollOut(lost, 'mx1 has one; mx2 shows the demonstration certificate')).rollout.state,
      'succeeded',
    );

    await cli(lost).done('config', 'save', file, ...pass);
    assert.deepEqual(await verified(lost), [
      ['mx1', 'in-sync'],
      ['mx2', 'in-sync'],
    ]);
    await lost.kill();
    cpSync(lost.state, aside, { recursive: true });
    rmSync(lost.state, { recursive: true });
    for (const gateway of scenario.gateways) before_.set(gateway.name, await traces(gateway));
    for (const found of before_.values()) assert.match(found, /^\d+\n\d+\n[0-9a-f]{64} /);
  });

  it('is followed by a new one: members at once, in sync, without a reload', async () => {
    next = await startSignetd();

    const { view } = await cli(next).json<{ readonly view: RolloutView }>(
      ...['config', 'load', file, '--take-over', '--yes', ...pass],
    );

    assert.deepEqual([view.rollout.state, view.outcomes.length], ['succeeded', 2]);
    for (const gateway of scenario.gateways) assert.equal(await traces(gateway), before_.get(gateway.name));
    const { machines } = await next.api<MachineList>('GET', '/machines');
    for (const { name, status } of machines) assert.equal(status.deployed?.digest, status.wanted?.digest, name);
    assert.deepEqual(await verified(next), [
      ['mx1', 'in-sync'],
      ['mx2', 'in-sync'],
    ]);
    for (const gateway of scenario.gateways) assert.equal(await traces(gateway), before_.get(gateway.name));
  });

  it('is refused by every machine when it returns', async () => {
    cpSync(aside, lost.state, { recursive: true });
    await lost.start();

    const { outcomes } = await again(lost, { budget: 2 });

    assert.equal(outcomes.length, 2);
    for (const { state, detail } of outcomes) {
      assert.equal(state, 'refused');
      assert.match(detail ?? '', /epoch/);
    }
    assert.match(await cli(lost).fails(1, 'machine', 'leave', 'mx1', '--yes'), /mx1 follows another controller by now/);
    assert.match(
      await cli(lost).done('machine', 'leave', 'mx1', '--yes', '--force'),
      /follows another controller by now, so nothing on it was changed/,
    );
    for (const gateway of scenario.gateways) assert.equal(await traces(gateway), before_.get(gateway.name));
    await lost.stop();
  });

  it('is not missed: the new one pushes', async () => {
    assert.ok(next);
    await amend(next, { op: 'set', level: 'cluster', path: '/listeners/public/certificate', value: 'mx' });

    assert.equal((await rollOut(next, 'mx2 has it too')).rollout.state, 'succeeded');

    const [one, two] = scenario.gateways as readonly [Gateway, Gateway];
    assert.equal(await served(two), await served(one));
    await acceptsMail(two);
    assert.doesNotMatch(readFileSync(file, 'utf8'), /PRIVATE KEY/);
  });

  /** What a restore of the file would give each machine, held against what it has. */
  async function verified(at: Signetd): Promise<readonly (readonly string[])[]> {
    const { machines } = await cli(at).json<FileVerification>('config', 'verify', file, ...pass);
    return machines.map(({ machine, verdict }) => [machine, verdict]);
  }
});

/** A reload starts another qmgr, a restart another master; and what Signet may have written. */
function traces({ inside }: Gateway): Promise<string> {
  return inside(
    'pgrep -x "master|qmgr" | sort; find /etc/postfix /var/lib/signet/generations -type f -exec sha256sum {} + | sort',
  );
}
