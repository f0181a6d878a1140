import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { canonicalSender, readSender } from '../../services/schema/sender.ts';

describe('senders', () => {
  const cases = [
    ['Mail.Example.ORG.', 'mail.example.org', 'host'],
    ['.Example.ORG', '.example.org', 'domain'],
    ['.bücher.example', '.xn--bcher-kva.example', 'domain'],
    ['UNKNOWN', 'unknown', 'unknown'],
    ['localhost', 'localhost', 'host'],
    ['192.0.2.9/28', '192.0.2.0/28', 'network'],
    ['2001:DB8::/32', '2001:db8::/32', 'network'],
    ['0x7f.example', '0x7f.example', 'host'],
  ] as const;
  for (const [given, stored, kind] of cases) {
    it(`are stored canonical: ${given} as ${stored}`, () => {
      assert.equal(canonicalSender(given), stored);
      assert.equal(readSender(given)?.kind, kind);
    });
  }

  const wrong = [
    '',
    '.',
    '..example',
    '192.0.2',
    '192.0.2.300',
    '192.0.2.0/33',
    '-a.example',
    'a b',
    'a,b',
    '*.example',
  ];
  for (const text of wrong) {
    it(`are not read from "${text}", which is left for the schema to refuse`, () => {
      assert.equal(readSender(text), undefined);
      assert.equal(canonicalSender(text), text);
    });
  }

  it('are canonical once and for all', () => {
    fc.assert(
      fc.property(fc.oneof(fc.domain(), fc.ipV4Extended(), fc.ipV6(), fc.string()), (text) => {
        const stored = canonicalSender(text);

        assert.equal(canonicalSender(stored), stored);
      }),
    );
  });
});
