import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { inspect } from 'node:util';

import fc from 'fast-check';

import { isNamed } from '../../services/errors.ts';
import { chainFacts } from '../../services/pki/chain-facts.ts';
import { assemble, fromPem, fromPkcs12 } from '../../services/pki/material.ts';
import { readPemKey } from '../../services/pki/pem-key.ts';
import { splitPem } from '../../services/pki/pem.ts';
import { readEncryptedKey, readPkcs12 } from '../../services/pki/pkcs12.ts';
import { badInputs } from './bad-inputs.ts';
import { installation, type Installation } from './installation.ts';
import { makeHierarchy, openssl, removeFolder, temporaryFolder, texts, withoutOpenssl } from './openssl.ts';

describe('bad inputs', { skip: withoutOpenssl }, () => {
  const folder = temporaryFolder();
  let at: Installation;
  before(async () => {
    makeHierarchy(folder, 'ec');
    at = await installation();
  });
  after(async () => {
    await at.close();
    removeFolder(folder);
  });

  for (const { name, code, reason, send } of badInputs) {
    it(`${name} is refused as ${code}${reason === undefined ? '' : `, ${reason}`}`, async () => {
      const error: unknown = await send(at.pki, folder).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );

      assert.ok(isNamed(error), inspect(error));
      assert.deepEqual([error.code, error.facts['reason']], [code, reason]);
      assert.match(error.message, /; [a-z].*[^.]$/, 'the message says what to do next');
      assertNoSecret(error, texts(folder, 'leaf.key'));
    });
  }

  it('leave nothing in the store', async () => {
    const [chains, secrets] = await Promise.all([at.store.range('pki/'), at.store.range('secret/sealed/')]);

    assert.deepEqual([...chains.entries, ...secrets.entries], []);
  });

  it('made by cutting and changing a good PEM text give a named error or a good import, and never show the key', async () => {
    const text = texts(folder, 'leaf.key', 'leaf.pem', 'intermediate.pem');

    await fc.assert(
      fc.asyncProperty(damage(text.length), async ({ from, drop, insert }) => {
        const damaged = text.slice(0, from) + insert + text.slice(from + drop);
        const error = await outcome(async () => {
          const material = await fromPem(splitPem(damaged), (block) => readPemKey(block, 'geheim', unlockHere));
          chainFacts(assemble(material, new Date()).chain);
        });
        assertNamed(error, texts(folder, 'leaf.key'));
      }),
      { numRuns: 300 },
    );
  });

  it('made by changing a good PKCS#12 file give a named error or a good import, and never show the key', async () => {
    const input = ['-inkey', 'leaf.key', '-in', 'leaf.pem', '-keypbe', 'NONE', '-certpbe', 'NONE', '-nomac'];
    openssl(folder, ['pkcs12', '-export', ...input, '-passout', 'pass:x', '-out', 'clear.p12']);
    const file = readFileSync(join(folder, 'clear.p12'));

    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), fc.integer({ min: 0, max: 255 }), async (index, byte) => {
        const damaged = Buffer.from(file);
        damaged.writeUInt8(byte, index);
        const error = await outcome(() => Promise.resolve(assemble(fromPkcs12(readPkcs12(damaged, 'x')), new Date())));
        assertNamed(error, texts(folder, 'leaf.key'));
      }),
      { numRuns: 300 },
    );
  });

  it('of random bytes are bad certificates', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        assert.throws(
          () => readPkcs12(bytes, ''),
          (error) => isNamed(error),
        );
        assert.throws(
          () => readEncryptedKey(bytes, ''),
          (error) => isNamed(error),
        );
      }),
    );
  });
});

function damage(length: number) {
  return fc.record({
    from: fc.nat(length),
    drop: fc.oneof(fc.nat(3), fc.nat(200)),
    insert: fc.oneof(fc.constant(''), fc.string({ maxLength: 3 }), fc.constant('\n')),
  });
}

function unlockHere(der: Uint8Array, passphrase: string): Promise<Uint8Array> {
  return Promise.resolve(readEncryptedKey(der, passphrase));
}

async function outcome(action: () => Promise<unknown>): Promise<unknown> {
  try {
    await action();
    return undefined;
  } catch (error) {
    return error;
  }
}

function assertNamed(error: unknown, secret: string): void {
  if (error === undefined) return;
  assert.ok(isNamed(error), inspect(error));
  assertNoSecret(error, secret);
}

/** No 12 characters of the key's base64 or hexadecimal form are anywhere in the error: message, stack, facts, causes. */
function assertNoSecret(error: unknown, keyPem: string): void {
  const shown = inspect(error, { depth: Infinity, showHidden: true, maxStringLength: Infinity });
  const base64 = keyPem.split('\n').slice(1, -2).join('');
  const hex = Buffer.from(base64, 'base64').toString('hex');
  // Not the head, which is the same in every key: algorithm and lengths.
  for (const form of [base64.slice(48), hex.slice(72)]) {
    for (let at = 0; at + 12 <= form.length; at += 1) assert.ok(!shown.includes(form.slice(at, at + 12)), shown);
  }
}
