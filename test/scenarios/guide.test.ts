/** The guide is typed as it stands, on real gateways: what it says works, or this fails. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { packageFolder } from '../../services/schema/version.ts';
import { skipLab, startLab, type Gateway } from '../lab/harness.ts';
import { cli, hostKeyOf, served } from './cli.ts';
import { startSignetd, type Signetd } from './signetd.ts';

const signetProgram = fileURLToPath(new URL('../../services/cli/main.js', import.meta.url));
const sections = readSections(join(packageFolder(), 'docs/guide.md'));

const skip =
  skipLab ||
  (['/usr/sbin/nginx', '/usr/lib/postfix/postfix-ldap.so'].every((path) => existsSync(path))
    ? false
    : 'needs nginx and postfix-ldap: run "npm run setup"');

describe('the guide', { skip }, () => {
  const home = mkdtempSync(join(tmpdir(), 'signet-guide-'));
  const ends: (() => Promise<void>)[] = [];
  let signetd: Signetd;
  let fleet: readonly Gateway[] = [];

  before(async () => {
    signetd = await startSignetd();
    ends.push(signetd.remove);
    const lab = await startLab('guide', 2);
    ends.push(lab.down);
    fleet = lab.gateways;
    for (const gateway of fleet) {
      writeFileSync(join(home, `${gateway.name}.fingerprint`), await hostKeyOf(gateway));
      copyFileSync(gateway.key, join(home, 'admin'));
      await gateway.inside('nginx');
    }
    writeFileSync(join(home, 'password'), 'correct horse battery staple\n');
    writeFileSync(join(home, 'signet'), `#!/bin/sh\nexec '${process.execPath}' '${signetProgram}' "$@"\n`);
    chmodSync(join(home, 'signet'), 0o755);
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
    rmSync(home, { recursive: true });
  });

  for (const { title, commands } of sections) {
    it(`can be typed: ${title}`, async () => {
      for (const command of commands) await type(command);
    });
  }

  it('ends with mx1 on the certificate that its authority signed, and mx2 on its own', async () => {
    const [mx1, mx2] = fleet;
    const fingerprints = await Promise.all([mx1, mx2].map((one) => served(one ?? assert.fail('the lab is not up'))));
    const bound = async (level: string) =>
      (await cli(signetd).json<{ readonly fingerprint: string }>('certificate', 'show', 'mx', '--level', level))
        .fingerprint;

    assert.deepEqual(fingerprints, [await bound('cluster'), await bound('machine/mx2')]);
    assert.equal(fingerprints[0], await fingerprintOf('mx.pem'));
    assert.equal(fingerprints[1], await fingerprintOf('own.pem'));
  });

  async function type(command: string): Promise<string> {
    const line = fleet.reduce((text, { address }, index) => text.replaceAll(`192.0.2.1${index + 1}`, address), command);
    const env = { PATH: `${home}:${process.env['PATH'] ?? ''}`, ...signetd.environment() };
    try {
      const { stdout } = await promisify(execFile)('sh', ['-ec', line], { cwd: home, env, timeout: 120_000 });
      return stdout;
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
      return assert.fail(`$ ${line}\n${stdout}${stderr}`);
    }
  }

  async function fingerprintOf(file: string): Promise<string> {
    const text = await type(`openssl x509 -in ${file} -noout -fingerprint -sha256`);
    return (text.split('=')[1] ?? '').trim().replaceAll(':', '').toLowerCase();
  }
});

/** The commands of a page by section: its indented lines that begin with a prompt. */
function readSections(file: string): readonly { readonly title: string; readonly commands: readonly string[] }[] {
  return readFileSync(file, 'utf8')
    .split(/^#+ /m)
    .map((section) => ({
      title: section.slice(0, section.indexOf('\n')),
      commands: section.split('\n').flatMap((line) => (line.startsWith('    $ ') ? [line.slice(6)] : [])),
    }))
    .filter(({ commands }) => commands.length > 0);
}
