import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { readCertificatePem } from '../../services/pki/certificate.ts';
import { warnings } from '../../services/pki/check.ts';
import { installation } from './installation.ts';
import { issue, makeHierarchy, openssl, removeFolder, temporaryFolder, texts, withoutOpenssl } from './openssl.ts';

describe('the checks of a chain', { skip: withoutOpenssl }, () => {
  const folder = temporaryFolder();
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);
  const warningsOf = (name: string, now: Date = inDays(1)) =>
    warnings([readCertificatePem(texts(folder, `${name}.pem`))], now).map(({ detail }) => detail);
  before(() => makeHierarchy(folder, 'rsa'));
  after(() => removeFolder(folder));

  it('find nothing to say of a good one', () => {
    assert.deepEqual([...warningsOf('leaf'), ...warningsOf('intermediate')], []);
  });

  it('warn of a certificate that expired, or is not valid yet', () => {
    assert.match(
      warningsOf('leaf', inDays(21)).join(),
      /^O=Test, CN=leaf expired on \d{4}-.*; peers that verify refuse it$/,
    );
    assert.match(warningsOf('leaf', inDays(-1)).join(), /^O=Test, CN=leaf is not valid before \d{4}-/);
  });

  const weakSignatures: Readonly<Record<string, string>> = { '-md5': 'MD5', '-sha1': 'SHA-1' };
  for (const [option, hash] of Object.entries(weakSignatures)) {
    it(`warn of a signature with ${hash}, but not where the certificate signs itself`, () => {
      issue(folder, 'leaf', 'root', [option, '-out', 'weak.pem']);
      openssl(folder, ['req', '-x509', '-key', 'root.key', '-subj', '/CN=self', option, '-out', 'self.pem']);

      assert.match(
        warningsOf('weak').join(),
        new RegExp(`^O=Test, CN=leaf is signed with ${hash}, which peers that verify refuse`),
      );
      assert.deepEqual(warningsOf('self'), []);
    });
  }

  const unusualKeys: Readonly<Record<string, RegExp>> = {
    'rsa:1024': /^CN=key has an RSA key of 1024 bits; peers refuse less than 2048$/,
    ed25519: /^CN=key has a key of the kind ed25519, which many peers do not know/,
    'ec:secp256k1': /^CN=key has a key of the kind secp256k1, which many peers do not know/,
    'ec:P-521': /^$/,
  };
  for (const [kind, expected] of Object.entries(unusualKeys)) {
    it(`take ${kind} and say what peers think of it`, async () => {
      const [algorithm = '', curve] = kind.startsWith('ec:') ? kind.split(':') : [kind];
      const options = curve === undefined ? [] : ['-pkeyopt', `ec_paramgen_curve:${curve}`];
      openssl(folder, [
        'req',
        '-x509',
        '-newkey',
        algorithm,
        ...options,
        '-nodes',
        '-subj',
        '/CN=key',
        '-keyout',
        'key.key',
        '-out',
        'key.pem',
      ]);
      const at = await installation(() => inDays(1));

      const { findings } = await at.pki.importPem(texts(folder, 'key.key', 'key.pem'));

      assert.match(findings.map(({ detail }) => detail).join(), expected);
      await at.close();
    });
  }
});
