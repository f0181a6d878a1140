import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { assemble, batches, blobsOf, configurationFrom, records, sha256 } from '../../services/config/blobs.ts';
import type { Configuration } from '../../services/schema/types.generated.ts';
import { limits } from '../../services/store/store.ts';
import { layer } from './arbitraries.ts';

const roster = {
  groups: { main: {} },
  machines: { mx1: { id: '00000000-0000-4000-8000-000000000001', group: 'main' } },
};

describe('blobs', () => {
  it('give a configuration back as it was', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom('cluster', 'group/main', 'machine/mx1'), layer),
        async (layers) => {
          const configuration: Configuration = { ...roster, layers: { ...layers } };
          const { values, ...digests } = blobsOf(configuration);

          const back = await configurationFrom(digests, (digest) =>
            Promise.resolve(JSON.parse(values.get(digest) ?? '')),
          );

          assert.deepEqual(back, configuration);
        },
      ),
    );
  });

  it('store equal layers once, whatever the order of their keys', () => {
    const { index, values } = blobsOf({
      ...roster,
      layers: {
        'group/main': { listeners: { public: { port: 25, tls: 'implicit' } } },
        'machine/mx1': { listeners: { public: { tls: 'implicit', port: 25 } } },
      },
    });

    assert.equal(index['group/main'], index['machine/mx1']);
    assert.equal(values.size, 3);
  });

  it('cut long texts into pieces and put them together again, also between surrogates', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.integer({ min: 2, max: 9 }),
        async (text, length) => {
          const json = JSON.stringify(text);
          const stored = new Map(
            records(json, length).map((record) => [record.digest, Buffer.from(record.text).toString()]),
          );

          const back = await assemble(sha256(json), (digest) => Promise.resolve(stored.get(digest) ?? ''));

          assert.equal(back, json);
        },
      ),
    );
  });

  it('are refused when they are not what their digest says', async () => {
    await assert.rejects(
      assemble(sha256('{}'), () => Promise.resolve('{"a":1}')),
      /is damaged/,
    );
  });

  it('go to the store in transactions within its limits', () => {
    const texts = Array.from({ length: 300 }, (_, index) => `${index}`.repeat(4000));
    const long = records('€'.repeat(2 * 1024 * 1024));
    const all = [...texts.map((text) => ({ digest: sha256(text), text })), ...long, ...long];

    const groups = batches(all);

    assert.equal(groups.flat().length, 300 + long.length - 7);
    for (const group of groups) {
      assert.ok(group.length <= limits.operations);
      assert.ok(group.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0) < limits.bytes - 64 * 1024);
    }
  });
});
