// Files of every format load for ever: golden/format-N.signet. `UPDATE_GOLDEN=1 node --test dist/test/backup/golden.test.js`
// renews that of the present format; those of older ones stay as they were written.
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import { version } from '../../services/backup/migrate.ts';
import type { ConfigurationFile } from '../../services/schema/types.generated.ts';
import { keys } from '../../services/store/keys.ts';
import { withoutOpenssl } from '../pki/openssl.ts';
import { cheaply, open, passphrase } from './cheaply.ts';
import { goldenFile, goldenFolder, goldenPath } from './golden.ts';
import { surroundings } from './surroundings.ts';

const present = goldenFile(version);

describe('files of every format there was', { skip: withoutOpenssl }, () => {
  const names = Array.from({ length: version }, (_none, n) => `format-${n + 1}.signet`);

  it('are kept, one of each', () => {
    assert.deepEqual(readdirSync(goldenFolder).sort(), names);
  });

  for (const [n, name] of names.entries()) {
    it(`load: ${name}`, async () => {
      const to = await surroundings();

      const { unknownMachines } = await to.backup.load('anna', goldenFile(n + 1), { passphrase, foreign: true });
      await to.config.commit('anna', { comment: 'as it was', rollout: false });

      const { configuration } = JSON.parse(present) as ConfigurationFile;
      assert.deepEqual(await to.config.configuration(1), configuration);
      assert.deepEqual(unknownMachines, ['mx1', 'mx2']);
      await to.close();
    });
  }
});

describe('the file of a controller that took over from the golden one', { skip: withoutOpenssl }, () => {
  it('is the golden one, but for what is encrypted', async () => {
    const to = await surroundings();
    const before = JSON.parse(present) as ConfigurationFile;
    await to.backup.takeOver('anna', present, { passphrase });
    const epoch = String(before.controller?.epoch ?? assert.fail());
    await to.store.transact({ compare: [], writes: [{ put: keys.epoch, value: epoch }] });

    const text = await to.backup.save({ passphrase });

    const after = JSON.parse(text) as ConfigurationFile;
    if (process.env['UPDATE_GOLDEN'] === '1') {
      const cheap = JSON.parse(await cheaply(text)) as ConfigurationFile;
      writeFileSync(goldenPath(version), `${JSON.stringify(cheap, null, 2)}\n`);
    } else {
      const rest = (whole: string) => whole.replace(/"secrets": "[^"]*"/, '');
      assert.equal(rest(text), rest(present));
      const inside = async (file: ConfigurationFile) => JSON.parse(await open(file)) as unknown;
      assert.deepEqual(await inside(after), await inside(before));
    }
    await to.close();
  });
});
