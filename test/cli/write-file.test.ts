import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';

import { Failure } from '../../services/cli/failure.ts';
import { writeWhole } from '../../services/cli/write-file.ts';

describe('a file with secrets', () => {
  const folder = mkdtempSync(join(tmpdir(), 'signet-write-'));
  after(() => rmSync(folder, { recursive: true }));

  it('can be read by its owner alone, whatever the umask, also where another file was', async () => {
    const [fresh, replaced] = [join(folder, 'fresh'), join(folder, 'replaced')];
    writeFileSync(replaced, 'old', { mode: 0o644 });
    const before = process.umask(0);

    await writeWhole(fresh, 'new', { keep: true });
    await writeWhole(replaced, Buffer.from('new'));
    process.umask(before);

    for (const file of [fresh, replaced]) {
      assert.equal(statSync(file).mode & 0o777, 0o600);
      assert.equal(readFileSync(file, 'utf8'), 'new');
    }
  });

  it('does not take the place of one that is to be kept, and leaves nothing beside it', async () => {
    const file = join(folder, 'kept');
    writeFileSync(file, 'old');
    const before = readdirSync(folder);

    await assert.rejects(
      writeWhole(file, 'new', { keep: true }),
      (error) => error instanceof Failure && error.kind === 'usage',
    );

    assert.equal(readFileSync(file, 'utf8'), 'old');
    assert.deepEqual(readdirSync(folder), before);
  });
});
