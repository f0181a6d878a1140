/** Text that is about to be shown loses its secrets, and nothing else. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';

import { redact } from '../../services/secrets/redact.ts';

const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
const body = pem.toString().split('\n')[1] ?? '';
const token = 'signet_0123456789abcdef_Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6';

/** What is given, what must be gone, what the result is. */
const cases: readonly (readonly [string, string, string])[] = [
  [`before\n${pem.toString()}after`, body, 'before\n[private key]\nafter'],
  [JSON.stringify({ key: pem, next: 1 }), body, '{"key":"[private key]\\n","next":1}'],
  [pem.toString().slice(0, 80), body.slice(0, 20), '[private key]'],
  [pem.toString().replaceAll('PRIVATE', 'ENCRYPTED PRIVATE'), body, '[private key]\n'],
  [
    '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMIIsecret\n-----END RSA PRIVATE KEY-----',
    'MIIsecret',
    '[private key]',
  ],
  ['-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r\n-----END OPENSSH PRIVATE KEY-----', 'b3Blb', '[private key]'],
  ['AGE-SECRET-KEY-1QQQSYQCYQ5RQWZQF', 'QQQSYQ', '[private key]'],
  ['Authorization: Bearer abcdefghijkl', 'abcdefgh', 'Authorization: Bearer [redacted]'],
  ['authorization: basic dXNlcjpwYXNz', 'dXNlcj', 'authorization: basic [redacted]'],
  [`the token ${token} was used`, 'Zm9vYmFy', 'the token signet_0123456789abcdef_[redacted] was used'],
  ['https://user:hunter2@etcd.example.test:2379/', 'hunter2', 'https://user:[redacted]@etcd.example.test:2379/'],
  ['{"password":"hunter \\"2\\"","user":"a"}', 'hunter', '{"password":[redacted],"user":"a"}'],
  ["{ passphrase: 'correct horse' }", 'correct', '{ passphrase: [redacted] }'],
  ['signet config save --passphrase hunter2 file', 'hunter2', 'signet config save --passphrase [redacted] file'],
  ['ETCD_PASSWORD=hunter2 signetd', 'hunter2', 'ETCD_PASSWORD=[redacted] signetd'],
  ['?token=abc123&page=2', 'abc123', '?token=[redacted]&page=2'],
];

const harmless = [
  'etcd refused the user and password; check both',
  'the passphrase is wrong; type it again',
  '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
  'key 3f2a0c9e8b7d6a5f4e3d2c1b0a998877 is bound to machine/mx2',
  'https://etcd.example.test:2379',
  'Bearer of this message',
  '',
];

describe('redaction', () => {
  for (const [given, secret, expected] of cases) {
    it(`takes the secret out of ${JSON.stringify(expected)}`, () => {
      const result = redact(given);

      assert.ok(given.includes(secret));
      assert.ok(!result.includes(secret));
      assert.equal(result, expected);
      assert.equal(redact(result), result);
    });
  }

  it('leaves text without secrets as it is', () => {
    for (const text of harmless) assert.equal(redact(text), text);
  });

  it('takes little time over long text made to slow it down', () => {
    const started = performance.now();

    redact('-----BEGIN PRIVATE KEY-----'.repeat(20_000));
    redact(`${'-'.repeat(200_000)}BEGIN`);
    redact(`password=${'"'.repeat(100_000)}`);

    assert.ok(performance.now() - started < 2_000);
  });
});
