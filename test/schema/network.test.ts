import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { contains, networkIndex, networkText, readNetwork, type Network } from '../../services/schema/network.ts';

describe('networks', () => {
  const cases = [
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1/32', '192.0.2.1'],
    ['192.0.2.77/24', '192.0.2.0/24'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8:0:0::11', '2001:db8::11'],
    ['2001:db8::1/128', '2001:db8::1'],
    ['2001:db8:ffff::/33', '2001:db8:8000::/33'],
    ['::', '::'],
    ['::/0', '::/0'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.77/120', '192.0.2.0/24'],
  ] as const;
  for (const [given, stored] of cases) {
    it(`are written in one spelling: ${given} as ${stored}`, () => {
      assert.equal(networkText(read(given)), stored);
      assert.equal(networkText(read(stored)), stored);
    });
  }

  for (const text of ['', '192.0.2', '192.0.2.256', '192.0.2.0/33', '2001:db8::/129', '::1%eth0', '1/8', '[::1]']) {
    it(`are not read from "${text}"`, () => {
      assert.equal(readNetwork(text), undefined);
    });
  }

  it('hold the addresses that a list of blocks of Node holds', () => {
    fc.assert(
      fc.property(fc.oneof(near('ipv6'), near('ipv4')), fc.nat(128), ([one, other, family], width) => {
        const bits = family === 'ipv4' ? width % 33 : width;
        const list = new BlockList();
        list.addSubnet(one, bits, family);

        const held = contains(read(`${one}/${bits}`), read(other));

        assert.equal(held, list.check(other, family));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('an index of networks', () => {
  it('finds the widest network that holds another, as looking at each does', () => {
    const any = fc
      .tuple(fc.constantFrom('10.0.0.0', '10.0.0.1', '10.128.0.0', '2001:db8::', '2001:db8::1'), fc.nat(32))
      .map(([address, bits]) => read(`${address}/${bits}`));
    fc.assert(
      fc.property(fc.array(any, { maxLength: 6 }), any, (networks, asked) => {
        const index = networkIndex<Network>();
        for (const one of networks) index.add(one, one);

        const [widest] = networks.filter((one) => contains(one, asked)).sort((a, b) => a.bits - b.bits);

        assert.deepEqual(index.holding(asked), widest);
      }),
      { numRuns: 1000 },
    );
  });
});

/** Two addresses that share a prefix of any length, so that networks are met from both sides. */
function near(family: 'ipv4' | 'ipv6') {
  const size = family === 'ipv4' ? 4 : 8;
  const part = fc.integer({ min: 1, max: family === 'ipv4' ? 255 : 65535 });
  const text = (parts: readonly number[]) =>
    family === 'ipv4' ? parts.join('.') : parts.map((one) => one.toString(16)).join(':');
  return fc
    .tuple(fc.array(part, { minLength: size, maxLength: size }), fc.nat(size - 1), part)
    .map(([parts, at, other]) => [text(parts), text(parts.with(at, other)), family] as const);
}

function read(text: string): Network {
  const found = readNetwork(text);
  assert.ok(found, text);
  return found;
}
