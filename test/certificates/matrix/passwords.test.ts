/** Passwords on which programs differ: none, the empty one, and those beyond ASCII. Java refuses these last ones itself. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, randomBytes } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { splitPem } from '../../../services/pki/pem.ts';
import { writePkcs12 } from '../../../services/pki/pkcs12-write.ts';
import { unlockPkcs12 } from '../../../services/pki/unlock.ts';
import { removeFolder, temporaryFolder } from '../../pki/openssl.ts';
import { tools } from './tools.ts';

const vector = (name: string) => readFileSync(join('test/pki/vectors', name), 'utf8');
const key = createPrivateKey(vector('leaf.key')).export({ format: 'der', type: 'pkcs8' });
const chain = splitPem(vector('chain.pem')).map(({ der }) => Buffer.from(der));
const beyondAscii = 'geheïm☃𝄞';

interface Written {
  readonly title: string;
  readonly tool: string;
  readonly password: string;
  readonly command: readonly [string, ...string[]];
}

const certtool = ['certtool', '--to-p12', '--load-privkey', 'leaf.key', '--load-certificate', 'chain.pem'] as const;
const named = ['--p12-name', 'mx', '--outder', '--outfile', 'out.p12'] as const;
const pk12util = ['pk12util', '-o', 'out.p12', '-n', 'mx', '-d', 'sql:database', '-K', ''] as const;

const written: readonly Written[] = [
  { title: 'no password', tool: 'GnuTLS certtool', password: '', command: [...certtool, ...named, '--null-password'] },
  {
    title: 'an empty password',
    tool: 'GnuTLS certtool',
    password: '',
    command: [...certtool, ...named, '--empty-password'],
  },
  {
    title: 'a password beyond ASCII',
    tool: 'GnuTLS certtool',
    password: beyondAscii,
    command: [...certtool, ...named, '--password', beyondAscii],
  },
  { title: 'an empty password', tool: 'NSS pk12util', password: '', command: [...pk12util, '-W', ''] },
  {
    title: 'a password beyond ASCII',
    tool: 'NSS pk12util',
    password: beyondAscii,
    command: [...pk12util, '-W', beyondAscii],
  },
];

describe('a PKCS#12 file', () => {
  const folder = temporaryFolder();
  const run = (program: string, ...args: readonly string[]) =>
    execFileSync(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  before(() => {
    for (const name of ['leaf.key', 'chain.pem']) copyFileSync(join('test/pki/vectors', name), join(folder, name));
    if (tools['NSS pk12util']?.missing !== false) return;
    run('mkdir', 'database');
    run('certutil', '-N', '--empty-password', '-d', 'sql:database');
    const options = { password: 'geheim', protection: 'legacy', random: randomBytes } as const;
    writeFileSync(join(folder, 'database.p12'), writePkcs12({ key, chain, friendlyName: 'mx' }, options));
    run('pk12util', '-i', 'database.p12', '-W', 'geheim', '-d', 'sql:database', '-K', '');
  });
  after(() => removeFolder(folder));

  for (const title of ['GnuTLS certtool', 'NSS pk12util', 'OpenSSL']) {
    const tool = tools[title];
    it(`opens in ${title} under a password beyond ASCII`, { skip: tool?.missing ?? 'no such program' }, () => {
      const options = { password: beyondAscii, protection: 'modern', random: randomBytes } as const;
      writeFileSync(join(folder, 'in.p12'), writePkcs12({ key, chain, friendlyName: 'mx' }, options));

      tool?.rewrite({ folder, password: beyondAscii, friendlyName: 'mx', form: 'modern' });

      const args = ['pkcs12', '-in', 'out.p12', '-passin', `pass:${beyondAscii}`, '-nodes', '-nocerts'];
      assert.deepEqual(createPrivateKey(run('openssl', ...args)).export({ format: 'der', type: 'pkcs8' }), key);
    });
  }

  for (const { title, tool, password, command } of written) {
    it(`that ${tool} wrote with ${title} is opened`, { skip: tools[tool]?.missing ?? 'no such program' }, async () => {
      run(...command);

      const opened = await unlockPkcs12(readFileSync(join(folder, 'out.p12')), password);

      assert.deepEqual(opened.keys.map(hex), [hex(key)]);
      assert.deepEqual(opened.certificates.map(hex).sort(), chain.map(hex).sort());
    });
  }
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
