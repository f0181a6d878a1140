import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { readAnswer } from '../../services/pki/answer.ts';
import { makeHierarchy, openssl, removeFolder, temporaryFolder, texts, withoutOpenssl } from './openssl.ts';

for (const algorithm of ['ec', 'rsa'] as const) {
  describe(`answers of an authority with ${algorithm} keys`, { skip: withoutOpenssl }, () => {
    const folder = temporaryFolder();
    before(() => makeHierarchy(folder, algorithm));
    after(() => removeFolder(folder));

    const file = (name: string) => readFileSync(join(folder, name));
    const der = (name: string) => openssl(folder, ['x509', '-in', name, '-outform', 'der']);
    const pkcs7 = (...options: readonly string[]) =>
      openssl(folder, [
        ...['crl2pkcs7', '-nocrl', '-certfile', 'leaf.pem', '-certfile', 'intermediate.pem'],
        ...options,
      ]);
    /** SEQUENCE with the indefinite length of BER (X.690 8.1.3.6), as some authorities write PKCS#7. */
    const indefinite = (definite: Buffer) => {
      const header = definite.readUInt8(1) < 0x80 ? 2 : 2 + (definite.readUInt8(1) & 0x7f);
      return Buffer.concat([Buffer.from([0x30, 0x80]), definite.subarray(header), Buffer.from([0, 0])]);
    };
    const text = (...names: readonly string[]) => texts(folder, ...names);

    const forms: Readonly<Record<string, () => readonly Uint8Array[]>> = {
      'one PEM file': () => [Buffer.from(text('leaf.pem', 'intermediate.pem'))],
      'one PEM file for each': () => [file('leaf.pem'), file('intermediate.pem')],
      'DER files': () => [der('leaf.pem'), der('intermediate.pem')],
      'a PEM and a DER file': () => [der('leaf.pem'), file('intermediate.pem')],
      'PKCS#7 in DER': () => [pkcs7('-outform', 'der')],
      'PKCS#7 in BER': () => [indefinite(pkcs7('-outform', 'der'))],
      'PKCS#7 in PEM': () => [pkcs7()],
      'PKCS#7 in PEM under its other name': () => [Buffer.from(pkcs7().toString().replaceAll('PKCS7', 'CMS'))],
      'PKCS#7 with CRLF': () => [Buffer.from(pkcs7().toString().replaceAll('\n', '\r\n'))],
      'PEM with a byte order mark and CRLF': () => [
        Buffer.from(`\uFEFF${text('leaf.pem', 'intermediate.pem').replaceAll('\n', '\r\n')}`),
      ],
      'PEM in UTF-16': () => [Buffer.from(`\uFEFF${text('leaf.pem', 'intermediate.pem')}`, 'utf16le')],
      'PEM with text around it': () => [
        openssl(folder, ['x509', '-in', 'leaf.pem', '-text']),
        openssl(folder, ['x509', '-in', 'intermediate.pem', '-text']),
      ],
    };
    for (const [form, files] of Object.entries(forms)) {
      it(`are read from ${form}`, () => {
        const { certificates, findings } = readAnswer(files());

        assert.deepEqual(
          certificates.map(({ x509 }) => x509.subject),
          ['O=Test\nCN=leaf', 'O=Test\nCN=intermediate'],
        );
        assert.deepEqual(findings, []);
      });
    }

    it('say what was passed over', () => {
      const { certificates, findings } = readAnswer([Buffer.from(text('leaf.csr', 'leaf.pem'))]);

      assert.equal(certificates.length, 1);
      assert.deepEqual(
        findings.map(({ rule }) => rule),
        ['passed-over'],
      );
    });
  });
}
