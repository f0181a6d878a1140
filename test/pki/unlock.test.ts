import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { isNamed } from '../../services/errors.ts';
import { unlockPkcs12 } from '../../services/pki/unlock.ts';
import { makeHierarchy, openssl, removeFolder, temporaryFolder, withoutOpenssl } from './openssl.ts';

describe('opening a file with a slow derivation', { skip: withoutOpenssl }, () => {
  const folder = temporaryFolder();
  let slow: Buffer;
  before(() => {
    makeHierarchy(folder, 'ec');
    const input = ['-inkey', 'leaf.key', '-in', 'leaf.pem', '-iter', '600000', '-passout', 'pass:geheim'];
    openssl(folder, ['pkcs12', '-export', ...input, '-out', 'slow.p12']);
    slow = readFileSync(join(folder, 'slow.p12'));
  });
  after(() => removeFolder(folder));

  it('leaves the event loop free', async () => {
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 5);

    const { keys } = await unlockPkcs12(slow, 'geheim');
    clearInterval(timer);

    assert.equal(keys.length, 1);
    assert.ok(ticks >= 10, `the timer ran ${ticks} times`);
  });

  it('is given up at the deadline', async () => {
    await assert.rejects(
      unlockPkcs12(slow, 'geheim', 0.05),
      (error) => isNamed(error, 'bad-certificate') && error.facts['reason'] === 'derivation-cost',
    );
  });
});
