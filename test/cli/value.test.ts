/** How values typed on the command line are read. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';

import { readValue, wantedTypes } from '../../services/cli/value.ts';

describe('a value on the command line', () => {
  const cases: readonly (readonly [path: string, text: string, value: unknown])[] = [
    ['listeners/public/port', '25', 25],
    ['listeners/public/certificate', '25', '25'],
    ['listeners/public/certificate', 'mx', 'mx'],
    ['listeners/public/certificate', '"mx"', 'mx'],
    ['listeners/public/certificate', 'true', 'true'],
    ['listeners/public/certificate', 'null', 'null'],
    ['interfaces/main/address', 'all', 'all'],
    ['interfaces/main/address', '198.18.0.11', '198.18.0.11'],
    ['destinations/example.org', '{"tls":"required"}', { tls: 'required' }],
    ['destinations/example.org/tls', 'required', 'required'],
    ['protocols/inbound/exclude', '["RC4"]', ['RC4']],
    ['protocols/inbound/exclude', 'RC4', 'RC4'],
    ['trust/partners', '{"source":"system"}', { source: 'system' }],
    ['outbound/trust', '["system","partners"]', ['system', 'partners']],
    ['outbound/trust', 'partners', 'partners'],
    ['listeners/public/port', 'smtp', 'smtp'],
    ['listeners/public/port', '"25"', '25'],
    ['no/such/setting', '25', 25],
    ['no/such/setting', 'mx', 'mx'],
  ];
  for (const [path, text, value] of cases) {
    it(`${text} at ${path} is ${JSON.stringify(value)}`, () => {
      assert.deepEqual(readValue(text, path.split('/')), value);
    });
  }

  it('is text, whatever it looks like, where the setting is text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const value = readValue(text, ['outbound', 'certificate']);

        assert.equal(typeof value, 'string');
      }),
    );
  });

  it('is wanted as any of the types that the branches of a schema allow', () => {
    assert.deepEqual([...wantedTypes(['trust', 'partners', 'source'])], ['string']);
    assert.deepEqual([...wantedTypes(['listeners', 'any', 'port'])], ['number']);
    assert.deepEqual([...wantedTypes(['nowhere'])], []);
  });
});
