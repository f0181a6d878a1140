// The shell scripts of deploy/ are clean by shellcheck's standards.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { it } from 'node:test';

const skip = spawnSync('shellcheck', ['--version']).error ? 'needs shellcheck' : false;
const scripts = ['deploy/setup.sh', ...['lab', 'init', 'boot', 'install'].map((name) => `deploy/lab/${name}`)];

it('the lab and the setup are clean shell', { skip }, () => {
  const { stdout, status } = spawnSync('shellcheck', ['--external-sources', '--shell=sh', ...scripts], {
    encoding: 'utf8',
  });

  assert.equal(status, 0, stdout);
});
