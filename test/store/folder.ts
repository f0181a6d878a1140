/** A folder of its own for each test that needs one, away when the test has ended. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

export function temporaryFolder(test: Pick<TestContext, 'after'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'signet-store-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
