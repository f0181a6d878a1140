/** The controller's own key must be readable for as long as it lives: every machine has its public half. */
import assert from 'node:assert/strict';
import { it } from 'node:test';

import { newKeyPair, publicKeyOf } from '../../services/push/ssh.ts';

it('makes no key that cannot be read back', () => {
  for (let n = 0; n < 3000; n += 1) {
    const { privateKey, publicKey } = newKeyPair('signet');
    assert.equal(publicKeyOf(privateKey, 'signet'), publicKey);
  }
});
