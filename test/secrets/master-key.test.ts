/** The master key's file: made private, read only when it is. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';

import { isNamed } from '../../services/errors.ts';
import { createMasterKey, masterKeyPath, readMasterKey } from '../../services/secrets/master-key.ts';

describe('the master key', () => {
  const folder = mkdtempSync(join(tmpdir(), 'signet-key-'));
  after(() => rmSync(folder, { recursive: true }));

  function keyFile(name: string, content: string, mode = 0o600): string {
    const path = join(folder, name);
    writeFileSync(path, content, { mode });
    chmodSync(path, mode);
    return path;
  }

  const good = `${Buffer.alloc(32, 7).toString('base64')}\n`;

  it('is 32 random bytes in a file for its owner alone', () => {
    const path = join(folder, 'new');

    const made = createMasterKey(path);

    assert.equal(made.length, 32);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(Buffer.from(readMasterKey(path)), Buffer.from(made));
    assert.match(readFileSync(path, 'utf8'), /^[A-Za-z0-9+/]{43}=\n$/);
    assert.notDeepEqual(createMasterKey(join(folder, 'another')), made);
  });

  it('never takes the place of another', () => {
    const path = keyFile('there', good);

    assert.throws(() => createMasterKey(path), { code: 'already-exists' });
    assert.equal(readFileSync(path, 'utf8'), good);
  });

  it('is read as openssl rand -base64 32 writes it', () => {
    const bytes = randomBytes(32);

    for (const [n, content] of [
      bytes.toString('base64'),
      `${bytes.toString('base64')}\n`,
      `${bytes.toString('base64')}\r\n`,
    ].entries()) {
      assert.deepEqual(Buffer.from(readMasterKey(keyFile(`text-${n}`, content))), bytes);
    }
  });

  it('is refused when others may read or change it', () => {
    for (const mode of [0o640, 0o604, 0o620, 0o602, 0o660, 0o644, 0o666, 0o610]) {
      const path = keyFile('loose', good, mode);
      assert.throws(
        () => readMasterKey(path),
        (error) => isNamed(error, 'invalid-input') && error.message.includes(`run chmod 600 ${path}`),
        mode.toString(8),
      );
    }
    for (const mode of [0o600, 0o400]) readMasterKey(keyFile('tight', good, mode));
  });

  it('is refused when it is missing, no file, or no key, without showing what is in it', () => {
    mkdirSync(join(folder, 'directory'));
    assert.throws(() => readMasterKey(join(folder, 'nowhere')), { code: 'not-found' });
    assert.throws(() => readMasterKey(join(folder, 'directory')), /is not a file/);
    for (const content of [
      '',
      'c2hvcnQ=',
      `${good}${good}`,
      'x'.repeat(32),
      `${good.slice(0, 20)} ${good.slice(20)}`,
    ]) {
      assert.throws(
        () => readMasterKey(keyFile('bad', content)),
        (error) =>
          isNamed(error, 'invalid-input') &&
          error.message.includes('does not hold a master key') &&
          (content === '' || !error.message.includes(content)),
      );
    }
  });

  it('comes from the systemd credential when the unit has one', () => {
    const credentials = join(folder, 'credentials');
    mkdirSync(credentials);
    const environment = { CREDENTIALS_DIRECTORY: credentials };
    const fallback = keyFile('fallback', good);

    assert.equal(masterKeyPath(fallback, environment), fallback);
    assert.equal(masterKeyPath(fallback, {}), fallback);
    const credential = join(credentials, 'signet-master-key');
    writeFileSync(credential, good);
    // What systemd's ACL for the service's user looks like.
    chmodSync(credential, 0o440);
    assert.equal(masterKeyPath(fallback, environment), credential);
    assert.equal(readMasterKey(credential, environment).length, 32);
    assert.throws(() => readMasterKey(credential, {}), /may be read or changed by others/);
    chmodSync(credential, 0o444);
    assert.throws(() => readMasterKey(credential, environment), /may be read or changed by others/);
  });

  it('is checked where a link to it leads', () => {
    const target = keyFile('target', good, 0o644);
    symlinkSync(target, join(folder, 'link'));

    assert.throws(() => readMasterKey(join(folder, 'link')), /may be read or changed by others/);
  });
});
