import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import type { KeyKind } from '../../services/pki/keys.ts';
import { certificatePem } from '../../services/pki/certificate.ts';
import { createKey, privateKeyPem } from '../../services/pki/keys.ts';
import { selfSign } from '../../services/pki/self-signed.ts';
import type { CertificateRequest } from '../../services/schema/types.generated.ts';
import { openssl, removeFolder, temporaryFolder, withoutOpenssl } from './openssl.ts';

const kinds: readonly (readonly [KeyKind, string])[] = [
  ['rsa-2048', 'sha256WithRSAEncryption'],
  ['rsa-3072', 'sha256WithRSAEncryption'],
  ['rsa-4096', 'sha256WithRSAEncryption'],
  ['ec-p256', 'ecdsa-with-SHA256'],
  ['ec-p384', 'ecdsa-with-SHA384'],
];

const request: CertificateRequest = {
  subject: {
    commonName: 'mail.example.test',
    organization: 'Ünï, "x" + y',
    organizationalUnit: 'Mail',
    locality: 'Delft',
    state: 'Zuid-Holland',
    country: 'NL',
    emailAddress: 'postmaster@example.test',
  },
  alternativeNames: {
    dns: ['mx1.example.test', '*.in.example.test', 'mx1.example.test'],
    ip: ['198.18.0.11', '2001:db8::11'],
    email: ['postmaster@example.test'],
  },
  days: 90,
};

const now = new Date('2026-11-24T03:00:00.500Z');
const random = new Uint8Array(16).fill(0xff);

describe('self-signed certificates', { skip: withoutOpenssl }, () => {
  const folder = temporaryFolder();
  before(() => assert.equal(process.env['OPENSSL_CONF'], undefined));
  after(() => removeFolder(folder));

  for (const [kind, signature] of kinds) {
    it(`with ${kind} verify under openssl for servers and clients, strictly`, async () => {
      const key = await createKey(kind);

      const { certificate } = await selfSign({ request, key, now, random });
      writeFileSync(join(folder, `${kind}.pem`), certificatePem(certificate));
      writeFileSync(join(folder, `${kind}.key`), privateKeyPem(key));

      for (const purpose of ['sslserver', 'sslclient']) {
        const arguments_ = ['-x509_strict', '-purpose', purpose, '-attime', '1795489200', '-CAfile', `${kind}.pem`];
        assert.match(openssl(folder, ['verify', ...arguments_, `${kind}.pem`]).toString(), /: OK/);
      }
      const text = openssl(folder, [
        'x509',
        '-in',
        `${kind}.pem`,
        '-noout',
        '-text',
        '-nameopt',
        'RFC2253,utf8,-esc_msb',
      ]);
      assert.match(text.toString(), new RegExp(`Signature Algorithm: ${signature}`));
      const ofKey = openssl(folder, ['pkey', '-in', `${kind}.key`, '-pubout']);
      assert.deepEqual(openssl(folder, ['x509', '-in', `${kind}.pem`, '-noout', '-pubkey']), ofKey);
    });
  }

  it('hold what was asked for, as openssl reads it', async () => {
    const { certificate } = await selfSign({ request, key: await createKey('ec-p256'), now, random });
    writeFileSync(join(folder, 'text.pem'), certificatePem(certificate));

    const text = openssl(folder, [
      'x509',
      '-in',
      'text.pem',
      '-noout',
      '-text',
      '-nameopt',
      'RFC2253,utf8,-esc_msb',
    ]).toString();

    const subject =
      'emailAddress=postmaster@example.test,CN=mail.example.test,OU=Mail,O=Ünï\\, \\"x\\" \\+ y,L=Delft,ST=Zuid-Holland,C=NL';
    for (const line of [
      `Subject: ${subject}`,
      `Issuer: ${subject}`,
      'Not Before: Nov 24 02:00:00 2026 GMT',
      'Not After : Feb 22 03:00:00 2027 GMT',
      'DNS:mail.example.test, DNS:mx1.example.test, DNS:*.in.example.test, IP Address:198.18.0.11, IP Address:2001:DB8:0:0:0:0:0:11, email:postmaster@example.test',
      'TLS Web Server Authentication, TLS Web Client Authentication',
      'CA:FALSE',
      '7f:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff',
    ]) {
      assert.ok(text.includes(line), `${line} is not in\n${text}`);
    }
  });

  it('have a positive serial number of 16 bytes whatever the random bytes are', async () => {
    const key = await createKey('ec-p256');

    const { certificate } = await selfSign({ request, key, now, random: new Uint8Array(16) });

    assert.equal(certificate.x509.serialNumber, `40${'00'.repeat(15)}`);
  });

  it('carry their common name among the alternative names when it is a host name, and say so', async () => {
    const key = await createKey('ec-p256');
    const names: readonly (readonly [CertificateRequest, string | undefined, number])[] = [
      [{ subject: { commonName: 'MX1.example.test' } }, 'DNS:mx1.example.test', 1],
      [
        { subject: { commonName: 'mx1.example.test' }, alternativeNames: { dns: ['MX1.example.test'] } },
        'DNS:mx1.example.test',
        0,
      ],
      [{ subject: { commonName: 'The mail gateway' } }, undefined, 0],
      [
        { subject: { commonName: '198.18.0.11' }, alternativeNames: { ip: ['198.18.0.11'] } },
        'IP Address:198.18.0.11',
        0,
      ],
    ];

    for (const [asked, expected, findings] of names) {
      const made = await selfSign({ request: asked, key, now, random });

      assert.equal(new X509Certificate(made.certificate.x509.raw).subjectAltName, expected);
      assert.equal(made.findings.length, findings);
    }
  });
});
