import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import fc from 'fast-check';

import { isNamed } from '../../services/errors.ts';
import { writeAsn1 } from '../../services/pki/forge.ts';
import { shroud, type Protection } from '../../services/pki/password-protection.ts';
import { splitPem } from '../../services/pki/pem.ts';
import { spellings } from '../../services/pki/pkcs12-key.ts';
import { writePkcs12 } from '../../services/pki/pkcs12-write.ts';
import { readEncryptedKey, readPkcs12 } from '../../services/pki/pkcs12.ts';
import { installation, type Installation } from './installation.ts';
import { openssl, removeFolder, temporaryFolder, withoutOpenssl } from './openssl.ts';

const vector = (name: string) => readFileSync(join('test/pki/vectors', name), 'utf8');
const key = createPrivateKey(vector('leaf.key')).export({ format: 'der', type: 'pkcs8' });
const chain = splitPem(vector('chain.pem')).map(({ der }) => Buffer.from(der));

/** Anything a person or a password manager comes up with: short or long, of any script, also none at all. */
const passwords = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: 'grapheme-ascii', minLength: 500, maxLength: 1000 }),
  fc.constant(''),
);
const friendlyNames = fc.string({ unit: 'binary', minLength: 1, maxLength: 200 });

describe('what is exported', () => {
  // Modern files are slow to guess, and so to try.
  for (const [protection, numRuns] of [
    ['modern', 6],
    ['legacy', 60],
  ] as const) {
    it(`comes back as the same key and chain under any password and friendly name, ${protection}`, () => {
      fc.assert(
        fc.property(passwords, friendlyNames, (password, friendlyName) => {
          const file = writePkcs12({ key, chain, friendlyName }, { password, protection, random: randomBytes });

          const read = readPkcs12(file, password);

          assert.deepEqual(read.keys.map(hex), [hex(key)]);
          assert.deepEqual(read.certificates.map(hex), chain.map(hex));
          assert.equal(read.checked, true);
        }),
        { numRuns },
      );
    });

    it(`is opened by no other password, ${protection}`, () => {
      const file = writePkcs12(
        { key, chain, friendlyName: 'mx' },
        { password: 'geheim', protection, random: randomBytes },
      );

      for (const wrong of ['', 'geheim ', 'Geheim'])
        assert.throws(
          () => readPkcs12(file, wrong),
          (error) => isNamed(error, 'wrong-passphrase'),
        );
    });
  }

  it('comes back as the same key under any passphrase, as PKCS#8', () => {
    fc.assert(
      fc.property(passwords, (passphrase) => {
        const encrypted = writeAsn1(shroud(key, spellings(passphrase)[0], 'modern', randomBytes));

        assert.equal(hex(readEncryptedKey(encrypted, passphrase)), hex(key));
      }),
      { numRuns: 10 },
    );
  });
});

describe('exports of the pki service', { skip: withoutOpenssl }, () => {
  const folder = temporaryFolder();
  let at: Installation;
  before(async () => {
    at = await installation();
  });
  after(async () => {
    await at.close();
    removeFolder(folder);
  });

  const forms: readonly (readonly [Protection, RegExp])[] = [
    [
      'modern',
      /^MAC: sha256, .*\n.*\n.*PBES2, PBKDF2, AES-256-CBC, .*PRF hmacWithSHA256\n[^]*Shrouded Keybag: PBES2, /,
    ],
    ['legacy', /^MAC: sha1, .*\n.*\n.*pbeWithSHA1And3-KeyTripleDES-CBC, .*\n[^]*Shrouded Keybag: pbeWithSHA1And3-Key/],
  ];
  for (const [protection, expected] of forms) {
    it(`are what openssl calls ${protection}, with name and key id on certificate and key`, async () => {
      const { binding } = await at.pki.create({ subject: { commonName: 'mx1.example.test' } });

      const file = await at.pki.exportPkcs12({ binding, friendlyName: 'edge', password: 'geheïm☃', protection });

      writeFileSync(join(folder, 'out.p12'), file);
      const text = execFileSync('sh', ['-c', 'openssl pkcs12 -in out.p12 -passin "pass:geheïm☃" -nodes -info 2>&1'], {
        cwd: folder,
        encoding: 'utf8',
      });
      assert.match(text, expected);
      const leaf = new X509Certificate((await at.pki.chain(binding.chain))[0] ?? '');
      const id = leaf.fingerprint.replaceAll(':', ' ');
      assert.equal(text.match(/friendlyName: edge\n/g)?.length, 2);
      assert.equal(text.match(new RegExp(`localKeyID: ${id}`, 'g'))?.length, 2);
      assert.deepEqual((await at.pki.importPkcs12(file, 'geheïm☃')).binding, binding);
    });
  }

  it('give the key as PKCS#8 that openssl opens with the passphrase', async () => {
    const { binding } = await at.pki.create({ subject: { commonName: 'mx2.example.test' } });

    const pem = await at.pki.exportKey(binding.key, 'geheïm☃');

    writeFileSync(join(folder, 'out.key'), pem);
    assert.match(
      openssl(folder, ['asn1parse', '-in', 'out.key']).toString(),
      /:PBES2\n[^]*:hmacWithSHA256\n[^]*:aes-256-cbc\n/,
    );
    assert.equal(
      openssl(folder, ['pkey', '-in', 'out.key', '-passin', 'pass:geheïm☃']).toString(),
      await at.pki.keyPem(binding.key),
    );
  });

  it('leave the event loop free', async () => {
    const { binding } = await at.pki.create({ subject: { commonName: 'mx3.example.test' } });
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 5);

    await at.pki.exportPkcs12({ binding, friendlyName: 'mx', password: 'geheim', protection: 'modern' });
    clearInterval(timer);

    assert.ok(ticks >= 10, `the timer ran ${ticks} times`);
  });

  it('say not-found of a key that is not there', async () => {
    const binding = { key: '0'.repeat(64), chain: '0'.repeat(64) };

    await assert.rejects(at.pki.exportKey(binding.key, 'geheim'), (error) => isNamed(error, 'not-found'));
    await assert.rejects(
      at.pki.exportPkcs12({ binding, friendlyName: 'mx', password: 'geheim', protection: 'modern' }),
      (error) => isNamed(error, 'not-found'),
    );
  });
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
