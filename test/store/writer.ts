/** A process that writes to a store as fast as it can and prints each key once its write was acknowledged, until it is killed. */
import { writeSync } from 'node:fs';

import { embeddedStore } from '../../services/store/embedded.ts';

const [path = '', run = ''] = process.argv.slice(2);
const store = embeddedStore(path);
writeSync(1, 'open\n');
for (let n = 0; ; n += 32) {
  await Promise.all(
    Array.from({ length: 32 }, async (_, k) => {
      const key = `${run}/${n + k}`;
      const { applied, revision } = await store.transact({
        compare: [{ key, absent: true }],
        writes: [
          { put: key, value: 'x'.repeat(400) },
          { put: `twin/${key}`, value: key },
        ],
      });
      if (applied) writeSync(1, `${key} ${revision}\n`);
    }),
  );
}
