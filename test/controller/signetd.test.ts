/** The process itself: what it refuses to start with, what it leaves in its folder, and how it ends. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { cli, runSignetd } from '../scenarios/cli.ts';
import { startSignetd, type Signetd } from '../scenarios/signetd.ts';

describe('signetd', () => {
  const home = mkdtempSync(join(tmpdir(), 'signet-signetd-'));
  let signetd: Signetd;
  before(async () => {
    signetd = await startSignetd();
  });
  after(async () => {
    await signetd.remove();
    rmSync(home, { recursive: true });
  });

  const mode = (name: string) => statSync(join(signetd.state, name)).mode & 0o777;

  it('says what it is and how it is called', async () => {
    assert.match(
      (await runSignetd('--help')).stdout,
      /^signetd: the controller of a Signet cluster\n[^]*--master-key FILE/,
    );
    assert.match((await runSignetd('--version')).stdout, /^\d+\.\d+\.\d+\n$/);
  });

  it('ends with 2 and one sentence when it is called in a wrong way', async () => {
    const { exit, stdout, stderr } = await runSignetd('--listne', '127.0.0.1:0');

    assert.equal(exit, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /^signetd: [^\n]*--listne[^\n]*see signetd --help\n$/);
  });

  it('keeps its folder, key, token and store to its owner', () => {
    assert.equal(mode('.'), 0o700);
    for (const name of ['master-key', 'admin-token', 'signet.db']) assert.equal(mode(name), 0o600, name);
  });

  it('does not run twice on one store, and leaves the one that runs alone', async () => {
    const { exit, stderr } = await runSignetd('--state', signetd.state, '--listen', '127.0.0.1:0');

    assert.equal(exit, 1);
    assert.match(stderr, /^signetd: the store \S+ is in use by another process; stop the other signetd, or use etcd/);
    assert.match(await cli(signetd).done('health'), /ok/);
  });

  it('does not listen beyond loopback without TLS, and not on a port that is taken', async () => {
    const beyond = await runSignetd('--state', join(home, 'beyond'), '--listen', '0.0.0.0:0');
    const { port } = new URL(signetd.environment().SIGNET_URL);
    const taken = await runSignetd('--state', join(home, 'taken'), '--listen', `127.0.0.1:${port}`);

    assert.equal(beyond.exit, 2);
    assert.match(beyond.stderr, /^signetd: refusing to listen on 0\.0\.0\.0 without TLS/);
    assert.equal(taken.exit, 1);
    assert.match(taken.stderr, /^signetd: 127\.0\.0\.1 port \d+ is taken/);
  });

  it('names the file it cannot use', async () => {
    const absent = join(home, 'absent.pem');
    const tls = ['--tls-certificate', absent, '--tls-key', absent];
    const short = join(home, 'short');
    const readable = join(home, 'readable');
    writeFileSync(short, 'x', { mode: 0o600 });
    writeFileSync(readable, randomBytes(32), { mode: 0o644 });
    const file = join(home, 'file');
    writeFileSync(file, '');
    const wrong: readonly (readonly [message: RegExp, flags: readonly string[]])[] = [
      [/absent\.pem/, tls],
      [/short/, ['--master-key', short]],
      [/readable/, ['--master-key', readable]],
      [/state folder \S+file\/state/, ['--state', join(file, 'state')]],
      [/absent\.pem/, ['--etcd', 'https://127.0.0.1:1', '--etcd-ca', absent]],
    ];
    await Promise.all(
      wrong.map(async ([message, flags], n) => {
        const { exit, stderr } = await runSignetd('--state', join(home, `s${n}`), '--listen', '127.0.0.1:0', ...flags);
        assert.ok(exit === 1 || exit === 2, stderr);
        assert.match(stderr, message);
        assert.equal(stderr.split('\n').length, 2, stderr);
      }),
    );
  });

  it('starts again with the same key, writes no second token, and says no secret in its log', async () => {
    await cli(signetd).done('certificate', 'create', 'mx', '--level', 'cluster', '--cn', 'mail.example.test');
    const token = readFileSync(join(signetd.state, 'admin-token'), 'utf8').trim();
    assert.equal(await signetd.stop(), 0);
    assert.ok(!existsSync(join(signetd.state, 'url')), 'where it listened is forgotten');
    rmSync(join(signetd.state, 'admin-token'));
    await signetd.start();

    assert.ok(!existsSync(join(signetd.state, 'admin-token')));
    writeFileSync(join(signetd.state, 'admin-token'), `${token}\n`, { mode: 0o600 });
    assert.match(await cli(signetd).done('show'), /certificates\/mx/);
    const log = signetd.log();
    assert.ok(!log.includes(token.slice(-20)));
    assert.ok(!log.includes(readFileSync(join(signetd.state, 'master-key'), 'utf8').trim()));
    assert.doesNotMatch(log, /PRIVATE KEY/);
    for (const line of log.trim().split('\n'))
      assert.equal(typeof (JSON.parse(line) as { msg: unknown }).msg, 'string');
  });

  it('does not start on a store with another master key, and touches nothing', async () => {
    await signetd.stop();
    const key = join(signetd.state, 'master-key');
    const right = readFileSync(key);
    const names = readdirSync(signetd.state).sort();
    writeFileSync(key, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });

    const { exit, stderr } = await runSignetd('--state', signetd.state, '--listen', '127.0.0.1:0');
    writeFileSync(key, right);

    assert.equal(exit, 1);
    assert.match(stderr, /^signetd: [^\n]*master key[^\n]*\n$/);
    assert.deepEqual(readdirSync(signetd.state).sort(), names);
    await signetd.start();
    assert.match(await cli(signetd).done('show'), /certificates\/mx/);
  });

  it('does not make a new master key for a store that has one', async () => {
    await signetd.stop();
    const key = join(signetd.state, 'master-key');
    const right = readFileSync(key);
    rmSync(key);

    const { exit, stderr } = await runSignetd('--state', signetd.state, '--listen', '127.0.0.1:0');

    assert.equal(exit, 1);
    assert.match(stderr, /master key/);
    assert.ok(!existsSync(key), 'no key is made that opens nothing');
    writeFileSync(key, right, { mode: 0o600 });
    await signetd.start();
  });

  it('ends at once when nothing is under way, on either signal', async () => {
    const since = Date.now();
    assert.equal(await signetd.stop(), 0);
    assert.ok(Date.now() - since < 3_000);
    await signetd.start();
  });
});
