import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { groupOf, notes, obstacles, placeOf, type Candidate, type Roster } from '../../services/membership/join.ts';
import type { Archive, Facts, Registration } from '../../services/schema/types.generated.ts';
import { facts as found, machineId } from '../config/surroundings.ts';

const machine = (n: number, name: string, state: Registration['state']): Registration => ({
  ...{ id: machineId(n), name, host: `198.18.0.${n}`, port: 22, user: 'root', hostKey: 'ssh-ed25519 AAAA', state },
});
const facts = (n: number): Facts => ({ ...found('mx.example.test'), identity: machineId(n) });
const candidate = (name: string, n: number, change: Partial<Candidate> = {}): Candidate => ({
  ...{ name, group: 'main', host: '198.18.0.99', hostKey: 'ssh-ed25519 AAAA', facts: facts(n) },
  ...change,
});

const roster: Roster = {
  configuration: {
    groups: { main: {}, edge: {} },
    machines: { mx1: { id: machineId(1), group: 'main' }, mx4: { id: machineId(4), group: 'edge' } },
  },
  registrations: [
    machine(1, 'mx1', 'member'),
    machine(2, 'mx2', 'joining'),
    machine(3, 'mx3', 'left'),
    machine(4, 'mx4', 'waiting'),
  ],
};

describe('a machine', () => {
  const free: Readonly<Record<string, Candidate>> = {
    'that is new, under a new name': candidate('mx9', 9),
    'that has no identity yet': candidate('mx9', 9, { facts: { ...facts(9), identity: '' } }),
    'whose join was interrupted': candidate('mx2', 2),
    'whose join was interrupted, under another name': candidate('mx9', 2),
    'that left': candidate('mx3', 3),
    'that left, under another name': candidate('mx9', 3),
    'under the name of one that left': candidate('mx3', 9),
    'that waits': candidate('mx4', 4, { group: 'edge' }),
  };
  for (const [which, one] of Object.entries(free)) {
    it(`${which} may join`, () => assert.deepEqual(obstacles(one, roster), []));
  }

  const stopped = { ...facts(9), postfix: { ...facts(9).postfix, running: false } } as Facts;
  const { postfix: _postfix, ...bare } = facts(9);
  const refused: Readonly<Record<string, readonly [one: Candidate, code: string, message: RegExp]>> = {
    'under the name of a member': [
      candidate('mx1', 9),
      'identity-conflict',
      /mx1 belongs to another machine \(198\.18\.0\.1\)/,
    ],
    'under the name of one that joins': [candidate('mx2', 9), 'identity-conflict', /mx2 belongs to another machine/],
    'under the name of one that waits': [
      candidate('mx4', 9),
      'identity-conflict',
      /another machine called mx4, which waits/,
    ],
    'that is a member': [candidate('mx1', 1), 'identity-conflict', /^mx1 is a member already, at 198\.18\.0\.1/],
    'with the identity of a member': [
      candidate('mx9', 1),
      'identity-conflict',
      /a copy of it; .* remove \/var\/lib\/signet\/identity/,
    ],
    'that waits under another name': [candidate('mx9', 4), 'identity-conflict', /knows this machine as mx4/],
    'that waits in another group': [candidate('mx4', 4), 'identity-conflict', /in the group edge; join it there/],
    'into a group there is none of': [
      candidate('mx9', 9, { group: 'inner' }),
      'not-found',
      /no group inner; create it/,
    ],
    'without Postfix': [candidate('mx9', 9, { facts: bare }), 'unsupported-gateway', /install Postfix there first/],
    'whose Postfix does not run': [
      candidate('mx9', 9, { facts: stopped }),
      'unsupported-gateway',
      /not running; start it/,
    ],
  };
  for (const [which, [one, code, message]] of Object.entries(refused)) {
    it(`${which} may not join, and is told why`, () => {
      const [first, ...rest] = obstacles(one, roster);

      assert.deepEqual(rest, []);
      assert.equal(first?.code, code);
      assert.match(first.finding.detail, message);
    });
  }

  it('comes into the group it has, or had, or the first', () => {
    const { configuration } = roster;
    const archive = (group: string): Archive => ({
      ...{ id: machineId(3), name: 'mx3', group, left: '2026-11-24T10:00:00.000Z', layer: {} },
    });

    assert.equal(groupOf('inner', configuration, undefined, archive('edge')), 'inner');
    assert.equal(groupOf(undefined, configuration, placeOf(machineId(4), configuration), undefined), 'edge');
    assert.equal(groupOf(undefined, configuration, undefined, archive('edge')), 'edge');
    assert.equal(groupOf(undefined, configuration, undefined, archive('gone')), 'main');
    assert.equal(groupOf(undefined, configuration, undefined, undefined), 'main');
  });

  it('is told of what it would lose and of what could go wrong', () => {
    const mainCf = 'smtpd_tls_cert_file = /etc/ssl/own.pem\nsmtpd_banner = hello\n';
    const postfix = { ...facts(9).postfix, mainCf } as NonNullable<Facts['postfix']>;
    const one = candidate('mx9', 9, { facts: { ...facts(9), bootHook: 'none', freeKilobytes: 100, postfix } });

    assert.match(
      notes(one, undefined).join('\n'),
      /not reboot-safe[^]*only 100 kB[^]*replaced[^:]*: smtpd_tls_cert_file;/,
    );
  });
});
