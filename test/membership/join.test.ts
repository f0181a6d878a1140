import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  demands,
  groupOf,
  notes,
  obstacles,
  placeOf,
  type Candidate,
  type Roster,
} from '../../services/membership/join.ts';
import type { Archive, Facts } from '../../services/schema/types.generated.ts';
import { facts as found, machineId } from '../config/surroundings.ts';

const facts = (n: number): Facts => ({ ...found('mx.example.test'), identity: machineId(n) });
const candidate = (name: string, n: number, change: Partial<Candidate> = {}): Candidate => ({
  ...{ name, group: 'main', host: '198.18.0.99', facts: facts(n) },
  ...change,
});

const roster: Roster = {
  groups: { main: {}, edge: {} },
  machines: { mx1: { id: machineId(1), group: 'main' }, mx4: { id: machineId(4), group: 'edge' } },
};
const stands = (one: Candidate) => ({ identity: one.facts.identity });

describe('a machine', () => {
  const free: Readonly<Record<string, Candidate>> = {
    'that is new, under a new name': candidate('mx9', 9),
    'that waits': candidate('mx4', 4, { group: 'edge' }),
  };
  for (const [which, one] of Object.entries(free)) {
    it(`${which} may join`, () => assert.deepEqual(obstacles(one, roster, stands(one)), []));
  }

  const stopped = { ...facts(9), postfix: { ...facts(9).postfix, running: false } } as Facts;
  const { postfix: _postfix, ...bare } = facts(9);
  const refused: Readonly<Record<string, readonly [one: Candidate, code: string, message: RegExp]>> = {
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
      const [first, ...rest] = obstacles(one, roster, stands(one));

      assert.deepEqual(rest, []);
      assert.equal(first?.code, code);
      assert.match(first.finding.detail, message);
    });
  }

  it('comes into the group it has, or had, or the first', () => {
    const archive = (group: string): Archive => ({
      ...{ id: machineId(3), name: 'mx3', group, left: '2026-11-24T10:00:00.000Z', layer: {} },
    });

    assert.equal(groupOf('inner', roster, undefined, archive('edge')), 'inner');
    assert.equal(groupOf(undefined, roster, placeOf(machineId(4), roster), undefined), 'edge');
    assert.equal(groupOf(undefined, roster, undefined, archive('edge')), 'edge');
    assert.equal(groupOf(undefined, roster, undefined, archive('gone')), 'main');
    assert.equal(groupOf(undefined, roster, undefined, undefined), 'main');
  });

  it('is told of what it would lose and of what could go wrong', () => {
    const one = candidate('mx9', 9, {
      facts: { ...facts(9), bootHook: 'none', freeKilobytes: 100, clockSkewSeconds: -90 },
    });

    assert.match(
      notes(one).join('\n'),
      /not reboot-safe[^]*only 100 kB[^]*clock of 198\.18\.0\.99 is 90 seconds behind/,
    );
  });
});

describe('a machine that is to join', () => {
  it('is told what its cluster and its group want of every machine', () => {
    const pins = (at: string, rule: string) => ({ pins: { [at]: { rule } } });
    const layers = {
      cluster: pins('/outbound/certificate', 'perMachine'),
      'group/edge': pins('/listeners/*/certificate', 'perMachine'),
      'group/main': pins('/trust', 'fixed'),
    };
    const configuration = { groups: { main: {}, edge: {} }, machines: {}, layers };

    assert.equal(demands(configuration, 'edge').length, 2);
    assert.deepEqual(demands(configuration, 'main'), [
      'cluster wants /outbound/certificate to be set for every machine: set it here once it has joined',
    ]);
  });
});
