/** Where the command line looks for the controller and for what proves who is asking. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { connection } from '../../services/cli/connection.ts';
import { Failure } from '../../services/cli/failure.ts';

describe('the connection', () => {
  let home = '';
  before(() => {
    home = mkdtempSync(join(tmpdir(), 'signet-connection-'));
    mkdirSync(join(home, '.config/signet'), { recursive: true });
    mkdirSync(join(home, 'state'));
    writeFileSync(join(home, '.config/signet/token'), 'from-home\n');
    writeFileSync(join(home, 'state/admin-token'), 'from-state\n');
    writeFileSync(join(home, 'named'), 'from-file\n');
  });
  after(() => rmSync(home, { recursive: true }));

  it('goes to loopback when nothing else is said', () => {
    assert.equal(connection({ HOME: home }).url.href, 'http://127.0.0.1:7410/');
  });

  it('takes the token from the environment, then the named file, then the home, then the controller on this machine', () => {
    const state = { HOME: join(home, 'nobody'), SIGNETD_STATE: join(home, 'state') };

    assert.equal(connection({ HOME: home, SIGNET_TOKEN: 'own', SIGNET_TOKEN_FILE: join(home, 'named') }).token, 'own');
    assert.equal(connection({ HOME: home, SIGNET_TOKEN_FILE: join(home, 'named') }).token, 'from-file');
    assert.equal(connection({ ...state, HOME: home }).token, 'from-home');
    assert.equal(connection(state).token, 'from-state');
    assert.equal(connection({ ...state, XDG_CONFIG_HOME: join(home, '.config') }).token, 'from-home');
  });

  it('does not send the admin token of this machine to another one', () => {
    const env = {
      HOME: join(home, 'nobody'),
      SIGNETD_STATE: join(home, 'state'),
      SIGNET_URL: 'https://other.example.test',
    };

    assert.equal(connection(env).token, undefined);
  });

  it('sends no token unencrypted beyond loopback', () => {
    for (const url of [
      'http://198.18.0.1:7410',
      'http://127.0.0.1.example.test',
      'http://localhost.example.test',
      'ftp://localhost',
    ]) {
      assert.throws(
        () => connection({ SIGNET_URL: url }),
        (error) => error instanceof Failure && error.kind === 'usage',
        url,
      );
    }
    for (const url of ['http://[::1]:1', 'http://localhost:1', 'http://127.9.9.9', 'https://198.18.0.1']) {
      assert.equal(connection({ HOME: home, SIGNET_URL: url }).url.href, new URL(url).href);
    }
  });

  it('names a file that cannot be read, and the variable that names it', () => {
    assert.throws(
      () => connection({ HOME: home, SIGNET_CA: '/nowhere/ca.pem' }),
      /^Failure: \/nowhere\/ca\.pem, which SIGNET_CA names/,
    );
    assert.throws(
      () => connection({ HOME: home, SIGNET_TOKEN_FILE: '/nowhere/token' }),
      /which SIGNET_TOKEN_FILE names/,
    );
  });
});
