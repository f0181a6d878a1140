// No file is saved that a load would refuse for its size; it is said before, with what is large and what to do.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { loadLimitBytes, textOf } from '../../services/backup/size.ts';
import { isNamed } from '../../services/errors.ts';
import type { Archive, ConfigurationFile } from '../../services/schema/types.generated.ts';
import { running } from '../api/running.ts';
import { machineId } from '../config/surroundings.ts';
import { withoutOpenssl } from '../pki/openssl.ts';
import { goldenFile } from './golden.ts';
import { surroundings } from './surroundings.ts';

describe('a configuration file that is too large to load', { skip: withoutOpenssl }, () => {
  const file = JSON.parse(goldenFile(2)) as ConfigurationFile;
  const refusal = (of: ConfigurationFile, limit: number) => {
    try {
      return textOf(of, limit);
    } catch (error) {
      if (isNamed(error, 'precondition-failed')) return error.message;
      throw error;
    }
  };

  it('is measured as it is sent, inside a string', () => {
    const size = Buffer.byteLength(JSON.stringify(goldenFile(2))) + 1024 * 1024;

    assert.equal(refusal(file, size), goldenFile(2));
    assert.match(refusal(file, size - 1), /nothing was saved; save it in parts \(--level, --certificate\), and remove/);
  });

  it('is refused with its largest parts, and without what need not be in it', () => {
    const history = { revisions: [], blobs: { a: 'x'.repeat(2 * 1024 * 1024) } } as unknown as NonNullable<
      ConfigurationFile['history']
    >;

    const message = refusal({ ...file, history }, 2 * 1024 * 1024);

    assert.match(
      message,
      /would be 2\.0 MB as it is sent, and a load takes 1\.0 MB; the most of it is history 2\.0 MB, /,
    );
    assert.match(message, /; save it without history \(--history\)$/);
  });

  it('is not saved at all, while one that just fits is loaded over REST', async () => {
    const [from, api] = [await surroundings(), await running()];
    const archive = (n: number): Archive => ({
      ...{ id: machineId(n), name: `mx${n}`, group: 'main', left: '2026-11-01T00:00:00.000Z' },
      layer: { alerts: { webhooks: [`https://hooks.example.org/${'a'.repeat(1_000_000)}`] } },
    });
    for (let n = 1; n <= 62; n += 1) await from.machines.putArchive(archive(n));
    const fits = await from.backup.save({});
    for (let n = 63; n <= 67; n += 1) await from.machines.putArchive(archive(n));

    const body = JSON.stringify({ file: fits, foreign: true });
    const loaded = await api.ask('POST /configuration-files/load', { body: { file: fits, foreign: true } });

    assert.ok(body.length > loadLimitBytes - 8 * 1024 * 1024);
    assert.equal(loaded.as('load-result').archives, 62);
    await assert.rejects(from.backup.save({}), (error) => {
      assert.ok(isNamed(error, 'precondition-failed'));
      assert.match(
        error.message,
        /^the configuration file would be 6\d\.\d MB .* the most of it is archives 6\d\.\d MB, /,
      );
      return true;
    });
    await Promise.all([from.close(), api.close()]);
  });
});
