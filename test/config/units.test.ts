import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { locate, settingsShape } from '../../services/config/units.ts';
import { canonicalDomain } from '../../services/schema/domain.ts';

describe('the shape of settings', () => {
  it('is read from the schemas', () => {
    assert.equal(settingsShape.fields.get('certificates')?.kind, 'table');
    assert.equal(locate(['certificates', 'mx']).shape.kind, 'unit');
    assert.equal(locate(['trust', 'system']).shape.kind, 'unit');
    assert.equal(locate(['destinations', 'example.org']).shape.kind, 'unit');
    assert.equal(locate(['listeners', 'public']).shape.kind, 'record');
    assert.deepEqual(locate(['protocols', 'inbound', 'exclude']).shape, { kind: 'leaf', fallback: [] });
    assert.deepEqual(locate(['listeners', 'public', 'port']).shape, { kind: 'leaf', fallback: undefined });
  });

  it('knows the unit that a path goes into', () => {
    assert.deepEqual(locate(['certificates', 'mx', 'key']).whole, ['certificates', 'mx']);
    assert.deepEqual(locate(['listeners', 'public', 'port']).whole, ['listeners', 'public', 'port']);
  });
});

describe('domains', () => {
  const cases = [
    ['example.org', 'example.org'],
    ['Example.ORG', 'example.org'],
    ['example.org.', 'example.org'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['BÜCHER。Example。', 'xn--bcher-kva.example'],
    ['_25._tcp.Example.org', '_25._tcp.example.org'],
    ['default', 'default'],
    ['0x7f.1', '0x7f.1'],
    ['not a domain', 'not a domain'],
  ] as const;

  for (const [given, stored] of cases) {
    it(`are stored canonical: ${given} as ${stored}`, () => {
      assert.equal(canonicalDomain(given), stored);
    });
  }

  it('are canonical once and for all', () => {
    fc.assert(
      fc.property(fc.domain(), (domain) => {
        const stored = canonicalDomain(domain.toUpperCase());

        assert.equal(canonicalDomain(stored), stored);
        assert.equal(stored, canonicalDomain(`${domain}.`));
      }),
    );
  });
});
