import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { matchingEntry, orderedEntries, type Client } from '../../services/platforms/sender-groups.ts';
import { canonicalSender } from '../../services/schema/sender.ts';
import type { SenderGroupsOfAListener } from '../../services/schema/types.generated.ts';

const groups: SenderGroupsOfAListener = {
  nameless: { order: 1, senders: ['unknown'], policy: 'strict' },
  partners: { order: 10, senders: ['192.0.2.0/24', 'mail.partner.example', '2001:db8::/32'], policy: 'required' },
  branch: { order: 20, senders: ['.partner.example', '192.0.2.7'], policy: 'off' },
  again: { order: 10, senders: ['198.51.100.1'], policy: 'off' },
};

describe('sender groups', () => {
  const cases: readonly (readonly [string, Client, string | undefined])[] = [
    ['an address in a network', { address: '192.0.2.7' }, 'partners 192.0.2.0/24'],
    ['an IPv6 address in any spelling', { address: '2001:DB8:0::1' }, 'partners 2001:db8::/32'],
    ['an IPv4 address written as IPv6', { address: '::ffff:192.0.2.9' }, 'partners 192.0.2.0/24'],
    ['a host by its name', { address: '203.0.113.1', name: 'mail.partner.example' }, 'partners mail.partner.example'],
    ['a host below a domain', { address: '203.0.113.1', name: 'a.b.partner.example' }, 'branch .partner.example'],
    ['not the domain itself', { address: '203.0.113.1', name: 'partner.example' }, undefined],
    ['nor a name that only ends like it', { address: '203.0.113.1', name: 'expartner.example' }, undefined],
    ['a client without a name, when nothing else does', { address: '203.0.113.1' }, 'nameless unknown'],
    ['of equal orders, the group whose name sorts first', { address: '198.51.100.1' }, 'again 198.51.100.1'],
  ];
  for (const [title, client, expected] of cases) {
    it(`match ${title}`, () => {
      const found = matchingEntry(groups, client);

      assert.equal(found && `${found.group} ${found.text}`, expected);
    });
  }

  it('are gone through in their order, unknown at the end', () => {
    assert.deepEqual(
      orderedEntries(groups).map(({ group, text }) => `${group} ${text}`),
      [
        'again 198.51.100.1',
        'partners 192.0.2.0/24',
        'partners mail.partner.example',
        'partners 2001:db8::/32',
        'branch .partner.example',
        'branch 192.0.2.7',
        'nameless unknown',
      ],
    );
  });

  it('match as a plain reading of the rules does', () => {
    const octet = fc.constantFrom('0', '1', '128', '255');
    const address = fc.tuple(octet, octet).map(([one, other]) => `10.0.${one}.${other}`);
    const six = fc.constantFrom('2001:db8::1', '2001:db8:0:1::', '2001:db8:8000::1');
    const name = fc.constantFrom('a.example', 'b.a.example', 'c.b.a.example', 'xa.example');
    const sender = fc.oneof(
      address,
      fc.tuple(address, fc.integer({ min: 0, max: 32 })).map(([one, bits]) => `${one}/${bits}`),
      fc.tuple(six, fc.integer({ min: 0, max: 128 })).map(([one, bits]) => `${one}/${bits}`),
      name,
      name.map((one) => `.${one}`),
      fc.constant('unknown'),
    );
    const group = fc.record({
      order: fc.integer({ min: 0, max: 3 }),
      senders: fc.uniqueArray(sender.map(canonicalSender), { maxLength: 4 }),
      policy: fc.constant('default'),
    });
    const table = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), group, { noNullPrototype: true });
    const client = fc.record({ address: fc.oneof(address, six), name: fc.option(name, { nil: undefined }) });
    fc.assert(
      fc.property(table, client, (groups, client) => {
        const found = matchingEntry(groups, client);

        assert.deepEqual(found && [found.group, found.text], plainly(groups, client));
      }),
      { numRuns: 2000 },
    );
  });
});

/** The rules once more, word by word: known senders of all groups first, then unknown. */
function plainly(groups: SenderGroupsOfAListener, { address, name }: Client): readonly [string, string] | undefined {
  const names = Object.keys(groups).sort();
  for (const unknown of [false, true]) {
    for (let order = 0; order <= 3; order += 1) {
      for (const group of names) {
        if (groups[group]?.order !== order) continue;
        for (const sender of groups[group].senders) {
          if (unknown ? sender === 'unknown' && name === undefined : holds(sender, address, name))
            return [group, sender];
        }
      }
    }
  }
  return undefined;
}

function holds(sender: string, address: string, name: string | undefined): boolean {
  if (/^[\d.]+(\/|$)|:/.test(sender)) {
    const [network = '', bits] = sender.split('/');
    const family = (one: string) => (one.includes(':') ? 'ipv6' : 'ipv4');
    if (family(network) !== family(address)) return false;
    const list = new BlockList();
    if (bits === undefined) list.addAddress(network, family(network));
    else list.addSubnet(network, Number(bits), family(network));
    return list.check(address, family(address));
  }
  if (name === undefined) return false;
  return sender.startsWith('.') ? name.endsWith(sender) : name === sender;
}
