import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import type { Finding } from '../../services/errors.ts';
import { installation, type Installation } from './installation.ts';
import { makeHierarchy, openssl, removeFolder, temporaryFolder, texts, withoutOpenssl } from './openssl.ts';

/** How `openssl pkcs12 -export` was asked to write, and the password. */
const pkcs12Forms: Readonly<Record<string, { readonly password: string; readonly options?: readonly string[] }>> = {
  'PBES2 with AES-256 and a SHA-256 check, the default of OpenSSL 3': { password: 'geheim' },
  'RC2-40 and 3DES with a SHA-1 check, the legacy form': { password: 'geheim', options: ['-legacy'] },
  '3DES throughout': { password: 'geheim', options: ['-legacy', '-descert'] },
  'AES-128 for the key, AES-192 for the certificates and a SHA-512 check': {
    password: 'geheim',
    options: ['-keypbe', 'AES-128-CBC', '-certpbe', 'AES-192-CBC', '-macalg', 'sha512'],
  },
  'no password': { password: '' },
  'no password in the legacy form': { password: '', options: ['-legacy'] },
  'no encryption': { password: 'geheim', options: ['-keypbe', 'NONE', '-certpbe', 'NONE'] },
  'a password beyond ASCII': { password: 'geheïm☃𝄞' },
  'a password beyond ASCII in the legacy form': { password: 'geheïm☃𝄞', options: ['-legacy'] },
  'no integrity check': { password: 'geheim', options: ['-nomac'] },
};

for (const algorithm of ['rsa', 'ec'] as const) {
  describe(`import of ${algorithm} keys`, { skip: withoutOpenssl }, () => {
    const folder = temporaryFolder();
    let at: Installation, key: string, chain: string;

    before(async () => {
      makeHierarchy(folder, algorithm);
      key = sha256(openssl(folder, ['pkey', '-in', 'leaf.key', '-pubout', '-outform', 'der']));
      chain = sha256(
        ...['leaf', 'intermediate'].map((name) => openssl(folder, ['x509', '-in', `${name}.pem`, '-outform', 'der'])),
      );
      writeFileSync(join(folder, 'issuers.pem'), texts(folder, 'root.pem', 'intermediate.pem'));
      at = await installation();
    });
    after(async () => {
      await at.close();
      removeFolder(folder);
    });

    for (const [form, { password, options = [] }] of Object.entries(pkcs12Forms)) {
      it(`takes PKCS#12 with ${form}`, async () => {
        const input = ['-inkey', 'leaf.key', '-in', 'leaf.pem', '-certfile', 'issuers.pem', '-name', 'Früh'];
        openssl(folder, [
          'pkcs12',
          '-export',
          ...input,
          ...options,
          '-passout',
          `pass:${password}`,
          '-out',
          'leaf.p12',
        ]);

        const issued = await at.pki.importPkcs12(readFileSync(join(folder, 'leaf.p12')), password);

        assert.deepEqual(issued.binding, { key, chain });
        assert.equal((await at.pki.chain(chain)).join(''), plainPem('leaf.pem') + plainPem('intermediate.pem'));
        assert.equal(sha256(publicHalf(await at.pki.keyPem(key))), key);
      });
    }

    it('takes PKCS#12 with the key and its certificate alone', async () => {
      const input = ['-inkey', 'stranger.key', '-in', 'stranger.pem', '-passout', 'pass:geheim'];
      openssl(folder, ['pkcs12', '-export', ...input, '-out', 'stranger.p12']);

      const { facts, findings } = await at.pki.importPkcs12(readFileSync(join(folder, 'stranger.p12')), 'geheim');

      assert.equal(facts.subject, 'O=Test, CN=stranger');
      assert.equal(facts.selfSigned, true);
      // What `openssl req -x509` makes is an authority without alternative names.
      assert.deepEqual(rules(findings), ['no-alternative-name', 'leaf-is-authority']);
    });

    const keyForms: Readonly<Record<string, readonly string[]>> = {
      'PKCS#8': ['pkey', '-in', 'leaf.key'],
      'traditional (PKCS#1 or SEC 1)': ['pkey', '-in', 'leaf.key', '-traditional'],
      'encrypted PKCS#8': ['pkcs8', '-topk8', '-in', 'leaf.key', '-passout', 'pass:geheïm'],
      'encrypted PKCS#8 with AES-128 and HMAC-SHA512': [
        ...['pkcs8', '-topk8', '-in', 'leaf.key', '-v2', 'aes-128-cbc', '-v2prf', 'hmacWithSHA512'],
        ...['-passout', 'pass:geheïm'],
      ],
      'encrypted PKCS#8 with 3DES in the scheme of PKCS#12': [
        ...['pkcs8', '-topk8', '-in', 'leaf.key', '-v1', 'PBE-SHA1-3DES', '-passout', 'pass:geheïm'],
      ],
      'encrypted traditional': ['pkey', '-in', 'leaf.key', '-traditional', '-aes256', '-passout', 'pass:geheïm'],
      'encrypted traditional with 3DES': [
        'pkey',
        '-in',
        'leaf.key',
        '-traditional',
        '-des3',
        '-passout',
        'pass:geheïm',
      ],
    };
    for (const [form, command] of Object.entries(keyForms)) {
      it(`takes PEM with a ${form} key`, async () => {
        const text = openssl(folder, command).toString() + texts(folder, 'leaf.pem', 'intermediate.pem');

        const { binding, findings } = await at.pki.importPem(text, 'geheïm');

        assert.deepEqual(binding, { key, chain });
        assert.deepEqual(rules(findings), ['missing-intermediate']);
      });
    }

    const files = ['leaf.key', 'leaf.pem', 'intermediate.pem', 'root.pem'] as const;
    const layouts: Readonly<Record<string, () => string>> = {
      'in reverse': () => texts(folder, ...[...files].reverse()),
      'with the key in the middle': () => texts(folder, 'intermediate.pem', 'leaf.key', 'leaf.pem'),
      'with everything twice': () => texts(folder, ...files, ...files),
      'with CRLF line ends': () => texts(folder, ...files).replaceAll('\n', '\r\n'),
      'with a byte order mark': () => `\uFEFF${texts(folder, ...files)}`,
      'without a last line end': () => texts(folder, ...files).trimEnd(),
      'indented, as in YAML': () => texts(folder, ...files).replaceAll(/^/gm, '    '),
      'with trailing blanks': () => texts(folder, ...files).replaceAll('\n', '  \n'),
      'in one line of base64 a block': () =>
        texts(folder, ...files).replaceAll(/(?<=[A-Za-z0-9+/=])\n(?=[A-Za-z0-9+/=])/g, ''),
      'with text between blocks': () =>
        openssl(folder, ['x509', '-in', 'leaf.pem', '-text']).toString() +
        texts(folder, 'leaf.key', 'intermediate.pem'),
      'as `openssl pkcs12 -nodes` prints it': () => {
        const input = ['-inkey', 'leaf.key', '-in', 'leaf.pem', '-certfile', 'issuers.pem', '-passout', 'pass:x'];
        openssl(folder, ['pkcs12', '-export', ...input, '-out', 'printed.p12']);
        return openssl(folder, ['pkcs12', '-in', 'printed.p12', '-nodes', '-passin', 'pass:x']).toString();
      },
      'with curve parameters before the key': () =>
        openssl(folder, ['ecparam', '-name', 'prime256v1']).toString() + texts(folder, ...files),
    };
    // How a text is laid out has nothing to do with the kind of key in it.
    for (const [layout, text] of algorithm === 'ec' ? Object.entries(layouts) : []) {
      it(`takes PEM ${layout}`, async () => {
        const { binding } = await at.pki.importPem(text());

        assert.deepEqual(binding, { key, chain });
      });
    }

    it('gives the same binding for what was exported again', async () => {
      const text = (await at.pki.chain(chain)).join('') + (await at.pki.keyPem(key));

      const { binding, findings } = await at.pki.importPem(text);

      assert.deepEqual(binding, { key, chain });
      assert.deepEqual(rules(findings), ['missing-intermediate']);
    });

    function plainPem(name: string): string {
      return openssl(folder, ['x509', '-in', name]).toString();
    }

    function publicHalf(pem: string): Buffer {
      writeFileSync(join(folder, 'exported.key'), pem);
      return openssl(folder, ['pkey', '-in', 'exported.key', '-pubout', '-outform', 'der']);
    }
  });
}

function sha256(...parts: readonly Buffer[]): string {
  return createHash('sha256').update(Buffer.concat(parts)).digest('hex');
}

function rules(findings: readonly Finding[]): readonly (string | undefined)[] {
  return findings.map(({ rule }) => rule);
}
