import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ownedSettings } from '../../services/platforms/postfix/present/present.ts';
import { foundDrift, isAsFound } from '../../services/push/adopted.ts';
import type { Facts } from '../../services/schema/types.generated.ts';
import { facts, postfixOf } from '../platforms/postfix/sample.ts';

const manifest = 'a'.repeat(64);
const before = facts({ mainCf: 'smtp_tls_security_level = may\nmynetworks = 127.0.0.0/8\n' });
const adopted = { manifest, found: ownedSettings(postfixOf(before)) };
const state = { generation: 0, digest: '-', newest: 0, epoch: 0, pending: undefined, reason: '', script: '1' };
const edited = (mainCf: string): Facts => facts({ mainCf });

describe('a machine that was adopted', () => {
  it('counts as having what it should as long as nothing of Signet is there and nothing else is wanted', () => {
    assert.ok(isAsFound(adopted, manifest, state));
    assert.ok(!isAsFound(adopted, 'b'.repeat(64), state));
    assert.ok(!isAsFound(adopted, manifest, { ...state, digest: 'c'.repeat(64) }));
    assert.ok(!isAsFound(adopted, manifest, { ...state, pending: 1 }));
  });

  it('drifts where a setting that Signet would own was changed by hand, and only there', () => {
    assert.deepEqual(foundDrift(adopted, edited('smtp_tls_security_level = may\nmynetworks = 10.0.0.0/8\n'), {}), []);
    assert.deepEqual(foundDrift(adopted, edited('smtp_tls_security_level = encrypt\nsmtp_tls_loglevel = 2\n'), {}), [
      'main.cf smtp_tls_loglevel is 2 where not set was adopted',
      'main.cf smtp_tls_security_level is encrypt where may was adopted',
    ]);
  });

  it('drifts where the files that its settings name say something else, as far as the gateway tells', () => {
    const [pem, old, table] = ['/etc/ssl/mx.pem', '/etc/ssl/old.pem', 'hash:/etc/postfix/tls_policy'];
    const files = { [pem]: 'a'.repeat(64), [old]: 'b'.repeat(64), [table]: 'c'.repeat(64) };

    assert.deepEqual(foundDrift({ ...adopted, files }, before, files), []);
    assert.deepEqual(foundDrift({ ...adopted, files }, before, {}), []);
    assert.deepEqual(
      foundDrift({ ...adopted, files }, before, { [pem]: 'd'.repeat(64), [old]: '-', [table]: 'd'.repeat(64) }),
      [
        `the certificates in ${pem} are others than were adopted`,
        `${old} cannot be read any more`,
        `the rows of ${table} are others than were adopted`,
      ],
    );
  });
});
