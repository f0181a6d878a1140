import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { isNamed } from '../../services/errors.ts';
import { installation, type Installation } from './installation.ts';
import { issue, makeHierarchy, openssl, removeFolder, temporaryFolder, texts, withoutOpenssl } from './openssl.ts';

describe('trust lists', { skip: withoutOpenssl }, () => {
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

  it('keep their authorities in order, each once', async () => {
    const given = texts(folder, 'root.pem', 'intermediate.pem', 'root.pem');

    const { bundle, findings } = await at.pki.putBundle(given);

    assert.equal(await at.pki.bundle(bundle), texts(folder, 'root.pem', 'intermediate.pem'));
    assert.deepEqual(findings, [
      { detail: '1 certificate was there twice and is kept once', severity: 'repaired', rule: 'duplicate' },
    ]);
  });

  it('keep an expired authority and say so', async () => {
    issue(folder, 'intermediate', 'root', ['-out', 'expired.pem', '-days', '-1', '-extfile', 'authority.ext']);

    const { findings } = await at.pki.putBundle(texts(folder, 'root.pem', 'expired.pem'));

    assert.equal(findings.length, 1);
    assert.match(findings[0]?.detail ?? '', /^O=Test, CN=intermediate expired on .*: nothing verifies against it$/);
  });

  const refused: Readonly<Record<string, () => string>> = {
    'no-certificate': () => 'nothing to see here',
    'not-an-authority': () => texts(folder, 'root.pem', 'leaf.pem'),
    'private-key': () => texts(folder, 'root.pem', 'root.key'),
    'unreadable-certificate': () =>
      openssl(folder, ['req', '-in', 'leaf.csr']).toString().replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE'),
  };
  for (const [reason, text] of Object.entries(refused)) {
    it(`are refused with the reason ${reason}`, async () => {
      await assert.rejects(
        at.pki.putBundle(text()),
        (error) => isNamed(error, 'bad-certificate') && error.facts['reason'] === reason,
      );
    });
  }
});
