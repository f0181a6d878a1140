// Scheduled saves to another host over SFTP, by a real sshd: what it refuses, what it loses, and that no half file has a file's name.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';

import { isNamed } from '../../../services/errors.ts';
import { sftpHost, skipSftp } from './sftp-host.ts';
import { passphrase, scheduled } from './surroundings.ts';

const day = 24 * 3_600_000;

describe('a scheduled save over SFTP', { skip: skipSftp }, () => {
  let root: string;
  let host: Awaited<ReturnType<typeof sftpHost>>;
  let around: Awaited<ReturnType<typeof scheduled>>;
  let to: string;
  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'signet-sftp-'));
    host = await sftpHost(root);
  });
  after(async () => {
    await host.close();
    rmSync(root, { recursive: true });
  });
  beforeEach(async () => {
    around = await scheduled();
    to = mkdtempSync(join(root, 'saves-'));
    host.letIn((await around.sshKey()).publicKey);
    host.cutAfter(Infinity);
  });
  afterEach(() => around.close());

  const set = (hostKey = host.hostKey, keep = 2) =>
    around.schedule.set('ann', {
      ...{ every: '24h', keep, folder: to, passphrase },
      sftp: { user: userInfo().username, host: '127.0.0.1', port: host.port, hostKey },
    });
  const due = () => around.schedule.saveIfDue(around.fence);
  const failure = async () => {
    const saved = await due();
    assert.ok(saved?.kind === 'failed', JSON.stringify(saved));
    return saved.detail;
  };
  const files = () => readdirSync(to).sort();

  it('is uploaded, read back, renamed and thinned out, with the key whose line the schedule shows', async () => {
    const { publicKey, target } = await set();
    around.world.text = 'x'.repeat(3_000_000);
    for (let n = 0; n < 4; n += 1, around.world.time += day) assert.equal((await due())?.kind, 'saved');

    const [first = '', second] = files();
    assert.deepEqual(
      [first, second],
      ['26', '27'].map((n) => `signet-2026-11-${n}T10-00-00Z-r1.signet`),
    );
    assert.equal(files().length, 2);
    assert.equal(readFileSync(join(to, first), 'utf8'), around.world.text);
    assert.equal(statSync(join(to, first)).mode & 0o777, 0o600);
    assert.equal(around.world.verified.length, 4);
    assert.equal(publicKey, (await around.sshKey()).publicKey);
    assert.match(target.sftp?.hostKey ?? '', /^ssh-ed25519 AAAA/);
  });

  it('is refused for another host key: when it is set, and when it changed since', async () => {
    await assert.rejects(set(`SHA256:${'A'.repeat(43)}`), (error) => isNamed(error, 'host-key-mismatch'));
    await set();
    const pinned = host.hostKey;
    await host.changeHostKey();

    const detail = await failure();

    assert.match(detail, /127\.0\.0\.1 shows the host key SHA256:\S+ and not (\S+); nothing was sent/);
    assert.ok(detail.includes(pinned));
    assert.deepEqual(files(), []);
    rmSync(join(root, 'host-key'));
    rmSync(join(root, 'host-key.pub'));
    await host.close();
    rmSync(join(root, 'other-key'));
    rmSync(join(root, 'other-key.pub'));
    host = await sftpHost(root);
  });

  it('says what is refused: the login, the directory, and writing there', async () => {
    await set();
    host.letIn('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA other');
    assert.match(await failure(), /127\.0\.0\.1 refuses the login/);

    host.letIn((await around.sshKey()).publicKey);
    rmSync(to, { recursive: true });
    around.world.time += day;
    assert.match(await failure(), /saves-\S+ on 127\.0\.0\.1 cannot be written to: it is not there; make it/);
    assert.equal((await around.schedule.show()).problem?.failures, 2);

    mkdirSync(to);
    around.world.time += day;
    assert.equal((await due())?.kind, 'saved');
    assert.equal((await around.schedule.show()).problem, undefined);
  });

  it('leaves no half file and nothing less when the disk there is full', async () => {
    await set(host.hostKey, 1);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', to]);
    try {
      await due();
      around.world.time += day;
      around.world.text = 'x'.repeat(200_000);

      assert.match(await failure(), /look whether its disk is full/);
      assert.deepEqual(files(), ['signet-2026-11-24T10-00-00Z-r1.signet']);
    } finally {
      execFileSync('umount', [to]);
    }
  });

  it('leaves no half file under a name when the connection is lost in the middle, and its part goes with the next', async () => {
    await set();
    around.world.text = 'x'.repeat(3_000_000);
    host.cutAfter(1_000_000);

    assert.match(await failure(), /cannot be reached over SSH/);

    assert.deepEqual(files(), ['.signet-2026-11-24T10-00-00Z-r1.signet.part']);
    host.cutAfter(Infinity);
    around.world.time += day;
    assert.equal((await due())?.kind, 'saved');
    assert.deepEqual(files(), ['signet-2026-11-25T10-00-00Z-r1.signet']);
  });

  it('goes on when the host has something enormous in the place of a file', async () => {
    await set();
    around.world.text = 'x'.repeat(3_000_000);
    host.cutAfter(1_000_000);
    await failure();
    const place = join(to, 'signet-2026-11-24T10-00-00Z-r1.signet');
    writeFileSync(place, '');
    truncateSync(place, 5e12);
    host.cutAfter(Infinity);
    around.world.time += day;

    assert.equal((await due())?.kind, 'saved');
  });
});
