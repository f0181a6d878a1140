import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import { chainId, readCertificate } from '../../services/pki/certificate.ts';
import { createKey, keyId, privateKeyPem, readPrivateKey, type KeyKind } from '../../services/pki/keys.ts';
import { splitPem } from '../../services/pki/pem.ts';

const expected = {
  'rsa-2048': { modulusLength: 2048, publicExponent: 65537n },
  'rsa-3072': { modulusLength: 3072, publicExponent: 65537n },
  'rsa-4096': { modulusLength: 4096, publicExponent: 65537n },
  'ec-p256': { namedCurve: 'prime256v1' },
  'ec-p384': { namedCurve: 'secp384r1' },
};

describe('keys', () => {
  for (const [kind, details] of Object.entries(expected)) {
    it(`makes ${kind} and writes it so that reading gives the same key`, async () => {
      const key = await createKey(kind as KeyKind);

      assert.deepEqual(key.asymmetricKeyDetails, details);
      const [block] = splitPem(privateKeyPem(key));
      assert.equal(block?.label, 'PRIVATE KEY');
      assert.equal(keyId(readPrivateKey(block.der, 'pkcs8')), keyId(key));
    });
  }

  it('leaves the event loop free while five RSA-4096 keys are made', async () => {
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 5);

    await Promise.all(Array.from({ length: 5 }, () => createKey('rsa-4096')));
    clearInterval(timer);

    assert.ok(ticks >= 10, `the timer ran ${ticks} times`);
  });

  // The expected values come from `openssl pkey -pubout -outform der | sha256sum` and `openssl x509 -outform der | sha256sum`.
  it('names a key and a chain by what openssl and sha256sum say of them', () => {
    const [key] = splitPem(readFileSync('test/pki/vectors/leaf.key', 'utf8'));
    const chain = splitPem(readFileSync('test/pki/vectors/chain.pem', 'utf8')).map(({ der }) => readCertificate(der));

    assert.ok(key);
    const id = '8db5b58279d296cb63b302a2b5127ee206c218e7652fbe2ea98438fbbf9084af';
    assert.equal(keyId(readPrivateKey(key.der, 'pkcs8')), id);
    assert.equal(chain[0]?.key, id);
    assert.equal(chainId(chain), '8d6c3606cc9716c6b71ecf085b41a1edb16bf48893afea14c048ac22ddfe9be1');
    assert.deepEqual(
      chain.map(({ sha256 }) => sha256),
      [
        '2ab4dc7e2144a621cf6cc26689dcece94bcf6d3fbb08006965f6d89069a65657',
        '03ad8475ea97ec30aa60266012f02fdc9987348361454e0a2bf4d6d994a697fb',
      ],
    );
  });
});
