/** The command line against the real controller, over TLS: what can be told of the story without gateways. */
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { runSignet, type Ran } from './run-signet.ts';

const signetd = fileURLToPath(new URL('../../services/controller/main.js', import.meta.url));
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

describe('signet with a real controller', { skip: hasOpenssl ? false : 'openssl is not installed' }, () => {
  let home = '';
  let controller: ChildProcess;
  let env: Readonly<Record<string, string>> = {};

  before(async () => {
    home = mkdtempSync(join(tmpdir(), 'signet-story-'));
    const names = ['-subj', '/CN=signetd', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'key.pem'];
    const made = spawnSync('openssl', ['req', '-x509', ...key, '-out', 'cert.pem', ...names], { cwd: home });
    assert.equal(made.status, 0, made.stderr.toString());
    writeFileSync(join(home, 'pass'), 'correct horse\n');
    const tls = ['--tls-certificate', join(home, 'cert.pem'), '--tls-key', join(home, 'key.pem')];
    const state = join(home, 'state');
    controller = spawn(process.execPath, [signetd, '--state', state, '--listen', '127.0.0.1:0', ...tls], {
      stdio: 'ignore',
    });
    while (!existsSync(join(state, 'url'))) {
      assert.equal(controller.exitCode, null, 'signetd ended');
      await delay(50);
    }
    const url = readFileSync(join(state, 'url'), 'utf8').trim();
    env = { HOME: home, SIGNET_URL: url, SIGNETD_STATE: state, SIGNET_CA: join(home, 'cert.pem') };
  });
  after(async () => {
    controller.kill();
    await new Promise((resolve) => controller.once('exit', resolve));
    rmSync(home, { recursive: true });
  });

  function signet(line: string, other: Readonly<Record<string, string>> = {}): Promise<Ran> {
    const nothing = { stdout: [], somewhere: [], stderr: [], exit: 0, asked: [], reactions: [], input: '' };
    return runSignet({ ...nothing, line: `signet ${line}`, env: other }, home, env);
  }
  async function done(line: string): Promise<string> {
    const { stdout, stderr, exit } = await signet(line);
    assert.equal(exit, 0, `$ signet ${line}\n${stdout}${stderr}`);
    return stdout;
  }

  it('does not talk to a controller whose certificate it cannot verify', async () => {
    const { stderr, exit } = await signet('health', { SIGNET_CA: '' });

    assert.match(stderr, /^signet: the certificate of https:\/\/127\.0\.0\.1:\d+ is not trusted .* set SIGNET_CA/);
    assert.equal(exit, 5);
  });

  it('commits a first certificate, as the story types it', async () => {
    await done('certificate create mx --level cluster --cn mail.example.test --dns mx1.example.test --key ec-p256');
    await done('set cluster listeners/public/certificate mx');
    assert.match(await done('diff'), /\+ \/listeners\/public\/certificate "mx"/);
    assert.match(await done('commit -m "first certificate"'), /^r1: first certificate\nrollout 1 of r1: succeeded\n$/);

    const { certificates } = JSON.parse(await done('certificate list --json')) as {
      readonly certificates: readonly { readonly level: string; readonly name: string }[];
    };
    assert.deepEqual(
      certificates.map(({ level, name }) => `${level} ${name}`),
      ['cluster mx', 'defaults demonstration'],
    );
  });

  it('is told what is wrong, where and what next, and ends with 3', async () => {
    const refused: readonly (readonly [line: string, message: RegExp])[] = [
      ['set cluster listeners/public/prt 25', /there is no setting \/listeners\/public\/prt/],
      ['set cluster listeners/public/port 70000', /\/listeners\/public\/port must be <= 65535/],
      ['commit -m x', /the draft of admin is empty/],
      ['machine show mx9', /there is no machine mx9/],
      ['token create ../x --role viewer', /name/],
    ];
    for (const [line, message] of refused) {
      const { stderr, exit } = await signet(line);

      assert.match(stderr, message);
      assert.equal(exit, 3, `$ signet ${line}\n${stderr}`);
    }
  });

  it('goes back, and says so in the history', async () => {
    await done('set cluster listeners/public/port 2525');
    await done('commit -m "another port" --no-watch');
    assert.equal((await signet('commit -m x --if-revision r1')).exit, 3);
    await done('revision rollback 1 -m "back again"');

    assert.match(await done('revision list'), /^r3 .* back again +back to r1$/m);
    assert.equal(await done('revision diff 1 3'), 'no difference\n');
  });

  it('saves the configuration for its owner alone, and loads it into a draft', async () => {
    await done('config save cluster.signet --passphrase-file pass');
    await done('unset cluster listeners/public/certificate');
    await done('commit -m "without" --no-rollout');

    assert.equal(statSync(join(home, 'cluster.signet')).mode & 0o777, 0o600);
    assert.match(
      await done('config load cluster.signet --passphrase-file pass'),
      /: 1 certificate, 1 change, now in your/,
    );
    assert.match(await done('show'), /^set cluster \/listeners.*"mx"/m);
    await done('discard');
  });

  it('is held to the role of its token, and to nothing once that is revoked', async () => {
    const token = (await done('token create ci --role viewer')).trim();
    const id = token.split('_')[1] ?? '';

    assert.equal((await signet('machine list', { SIGNET_TOKEN: token })).exit, 0);
    assert.equal((await signet('set cluster outbound/trust system', { SIGNET_TOKEN: token })).exit, 3);
    await done(`token revoke ${id}`);
    assert.equal((await signet('machine list', { SIGNET_TOKEN: token })).exit, 3);
  });

  it('says that a gateway cannot be reached, and ends with 1', async () => {
    const key = `SHA256:${'A'.repeat(43)}`;
    const { stderr, exit } = await signet(
      `machine join mx1 --host 127.0.0.1 --port 1 --identity pass --yes --host-key ${key}`,
    );

    assert.match(stderr, /^signet: 127\.0\.0\.1 port 1 cannot be reached over SSH/);
    assert.equal(exit, 1);
  });
});
