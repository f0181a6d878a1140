/** The four programs whose PKCS#12 files are exchanged with: each opens a file and writes what was in it as one of its own. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { openssl } from '../../pki/openssl.ts';
import type { Form } from './cells.ts';

export interface Exchange {
  readonly folder: string;
  /** Of both files. */
  readonly password: string;
  readonly friendlyName: string;
  readonly form: Form;
}

export interface Tool {
  /** Why it cannot be used here; false when it can. */
  readonly missing: string | false;
  /** Opens `in.p12` of the folder and writes its key and certificates to `out.p12`, in its own way of that form; throws when it cannot. */
  rewrite(exchange: Exchange): void;
}

export const tools: Readonly<Record<string, Tool>> = {
  OpenSSL: {
    missing: without('openssl', ['version'], 'openssl'),
    rewrite({ folder, password, friendlyName, form }) {
      const text = openssl(folder, ['pkcs12', '-in', 'in.p12', '-passin', `pass:${password}`, '-nodes']);
      writeFileSync(join(folder, 'all.pem'), text);
      const options = [
        '-name',
        friendlyName,
        '-passout',
        `pass:${password}`,
        ...(form === 'legacy' ? ['-legacy'] : []),
      ];
      openssl(folder, ['pkcs12', '-export', '-in', 'all.pem', ...options, '-out', 'out.p12']);
    },
  },
  'GnuTLS certtool': {
    missing: without('certtool', ['--version'], 'gnutls-bin'),
    rewrite({ folder, password, friendlyName, form }) {
      const certtool = (...args: readonly string[]) =>
        execFileSync('certtool', [...args, '--password', password], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
      const blocks = /-----BEGIN ([A-Z ]+)-----[^]+?-----END \1-----\n/g;
      const found = [...certtool('--p12-info', '--inder', '--infile', 'in.p12').toString().matchAll(blocks)];
      const named = (label: RegExp) =>
        found
          .filter(([, one = '']) => label.test(one))
          .map(([pem]) => pem)
          .join('');
      writeFileSync(join(folder, 'shrouded.pem'), named(/PRIVATE KEY/));
      writeFileSync(join(folder, 'all.pem'), named(/CERTIFICATE/));
      const input = ['--load-privkey', 'shrouded.pem', '--load-certificate', 'all.pem', '--p12-name', friendlyName];
      // GnuTLS 3.7 has no 3DES by default any more, but what has been written with it for decades is still about.
      const old = form === 'legacy' ? ['--pkcs-cipher', '3des-pkcs12', '--hash', 'sha1'] : [];
      certtool('--to-p12', ...input, ...old, '--outder', '--outfile', 'out.p12');
    },
  },
  'NSS pk12util': {
    missing: without('pk12util', ['-H'], 'libnss3-tools'),
    rewrite({ folder, password, friendlyName, form }) {
      const nss = (program: string, ...args: readonly string[]) =>
        execFileSync(program, [...args, '-d', 'sql:nss'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
      mkdirSync(join(folder, 'nss'));
      nss('certutil', '-N', '--empty-password');
      nss('pk12util', '-i', 'in.p12', '-W', password, '-K', '');
      const [key, certificates] = ['3KEY Triple DES-CBC', '40 Bit RC2 CBC'].map(
        (one) => `PKCS #12 V2 PBE With SHA-1 And ${one}`,
      );
      const old = form === 'legacy' ? ['-c', key ?? '', '-C', certificates ?? '', '-M', 'SHA-1'] : [];
      nss('pk12util', '-o', 'out.p12', '-n', friendlyName, '-W', password, '-K', '', ...old);
    },
  },
  'Java keytool': {
    missing: without('keytool', ['-J-version'], 'default-jre-headless'),
    rewrite({ folder, password, form }) {
      const side = (which: 'src' | 'dest', file: string) => [
        ...[`-${which}keystore`, file, `-${which}storetype`, 'PKCS12'],
        ...[`-${which}storepass`, password],
      ];
      // A virtual machine that lives for a second has no use for its better compiler.
      const java = ['-J-XX:TieredStopAtLevel=1', ...(form === 'legacy' ? ['-J-Dkeystore.pkcs12.legacy'] : [])];
      const args = [...java, '-importkeystore', '-noprompt', ...side('src', 'in.p12'), ...side('dest', 'out.p12')];
      execFileSync('keytool', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    },
  },
};

function without(program: string, args: readonly string[], debianPackage: string): string | false {
  const { error } = spawnSync(program, args, { stdio: 'ignore' });
  return error ? `${program} is not installed (Debian package ${debianPackage})` : false;
}
