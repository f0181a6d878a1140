import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { standing, type Candidate, type Records } from '../../services/membership/identity.ts';
import type { Registration } from '../../services/schema/types.generated.ts';
import { machineId } from '../config/surroundings.ts';

const machine = (n: number, name: string, state: Registration['state']): Registration => ({
  ...{ id: machineId(n), name, host: `198.18.0.${n}`, port: 22, user: 'root', hostKey: `ssh-ed25519 ${n}`, state },
});
const archive = (n: number, name: string, left: string) => ({
  ...{ id: machineId(n), name, group: 'main', left: `${left}T10:00:00.000Z`, layer: {} },
});
/** Machine `n` as it is on record, under another name, with another key or at another address when these are given. */
const candidate = (name: string, n: number, change: Partial<Candidate> = {}): Candidate => ({
  ...{ name, host: `198.18.0.${n}`, port: 22, hostKey: `ssh-ed25519 ${n}`, identity: machineId(n) },
  ...change,
});

const records: Records = {
  configuration: { machines: { mx1: { id: machineId(1), group: 'main' }, mx4: { id: machineId(4), group: 'edge' } } },
  registrations: [
    machine(1, 'mx1', 'member'),
    machine(2, 'mx2', 'joining'),
    machine(3, 'mx3', 'left'),
    machine(4, 'mx4', 'waiting'),
    machine(5, 'mx5', 'left'),
  ],
  archives: [archive(3, 'mx3', '2026-11-01'), archive(6, 'mx3', '2026-10-01')],
  answers: () => false,
};
const alive: Records = { ...records, answers: () => true };
const otherKey = { hostKey: 'ssh-ed25519 other' };

describe('a machine is recognised', () => {
  const plain: Readonly<Record<string, Candidate>> = {
    'that is new, under a new name': candidate('mx9', 9),
    'that has no identity yet': candidate('mx9', 9, { identity: '' }),
    'whose join was interrupted': candidate('mx2', 2),
    'whose join was interrupted, under another name': candidate('mx9', 2),
    'that left': candidate('mx3', 3),
    'that left, under another name and address': candidate('mx9', 3, { host: '198.18.0.99' }),
    'that left, and has new host keys': candidate('mx3', 3, { ...otherKey, claim: 'replace' }),
    'that left with nothing of its own, whatever its host key': candidate('mx5', 5, otherKey),
    'that waits': candidate('mx4', 4),
    'that was forgotten but for its archive': candidate('mx9', 6, { claim: 'replace' }),
  };
  for (const [which, one] of Object.entries(plain)) {
    it(`${which}, and may join as itself`, () => assert.deepEqual(standing(one, records), { identity: one.identity }));
  }

  it('as one of its own when that is said: a copy of a member, and one under the name of a machine that left', () => {
    const copy = candidate('mx9', 1, { host: '198.18.0.99', claim: 'new' });
    const newcomer = candidate('mx3', 9, { claim: 'new' });

    assert.deepEqual(standing(copy, alive), { identity: '' });
    assert.deepEqual(standing(newcomer, records), { identity: '' });
  });
});

describe('a machine waits for a decision', () => {
  const refused: Readonly<Record<string, readonly [one: Candidate, words: RegExp, at?: Records]>> = {
    'under the name of a member': [candidate('mx1', 9), /^the name mx1 belongs to another machine .*--replace/],
    'under the name and at the address of a member': [
      candidate('mx1', 9, { host: '198.18.0.1' }),
      /another host key and identity: it seems to have been reinstalled; .* --replace/,
    ],
    'under the name of a member that is alive': [candidate('mx1', 9), /answers there .*leave first, or choose/, alive],
    'under the name of one that joins': [candidate('mx2', 9), /mx2 belongs to another machine/],
    'under the name of one that waits': [candidate('mx4', 9), /for another machine, which waits to be taken over/],
    'under the name of one that left': [
      candidate('mx3', 9),
      /^a machine called mx3 left on 2026-11-01, .* --replace, .* --new-identity$/,
    ],
    'that was forgotten but for its archive': [
      candidate('mx9', 6),
      /identity of mx3, which left on 2026-10-01 and was forgotten, .* --replace; .* --new-identity$/,
    ],
    'that is a member': [candidate('mx1', 1), /^mx1 is a member already, at 198\.18\.0\.1/],
    'with the identity, the key and the address of a member': [
      candidate('mx9', 1, { claim: 'new' }),
      /^the member mx1 is at this address, .* let mx1 leave first/,
    ],
    'with the identity and the key of a member': [
      candidate('mx9', 1, { host: '198.18.0.99' }),
      /it is the same machine under another name, or a copy of it; .* --new-identity/,
    ],
    'with the identity of a member, and another key': [
      candidate('mx1', 1, otherKey),
      /identity of the member mx1, .* another host key .* --replace; .* --new-identity/,
    ],
    'with the identity of a member that is alive, and another key': [
      candidate('mx1', 1, otherKey),
      /answers at 198\.18\.0\.1 with a host key of its own: it is a copy of it; join the copy with --new-identity/,
      alive,
    ],
    'with the identity of one that left, and another key': [candidate('mx3', 3, otherKey), /mx3, a machine known/],
    'with the identity of one that waits, and another key': [candidate('mx4', 4, otherKey), /mx4, a machine known/],
  };
  for (const [which, [one, words, at = records]] of Object.entries(refused)) {
    it(which, () => assert.match(standing(one, at).conflict ?? 'none', words));
  }
});

describe('a machine that is to replace', () => {
  const replace = { claim: 'replace' } as const;

  it('takes the place of the member that has its name and is gone', () => {
    assert.deepEqual(standing(candidate('mx1', 9, replace), records), {
      ...{ identity: machineId(9), succeeds: machineId(1) },
    });
  });

  it('takes the place of the one that waits, and of the last that left under its name', () => {
    assert.equal(standing(candidate('mx4', 9, replace), records).succeeds, machineId(4));
    assert.equal(standing(candidate('mx3', 9, replace), records).succeeds, machineId(3));
  });

  it('takes its own place when only its host key is another one', () => {
    assert.deepEqual(standing(candidate('mx1', 1, { ...otherKey, ...replace }), records), {
      ...{ identity: machineId(1), succeeds: machineId(1) },
    });
  });

  it('gets a new identity when it had settings of its own as another machine, whose archive stays', () => {
    assert.deepEqual(standing(candidate('mx1', 3, replace), records), { identity: '', succeeds: machineId(1) });
  });

  it('is refused when the one to be replaced is alive, and when there is none', () => {
    assert.match(
      standing(candidate('mx1', 9, replace), alive).conflict ?? '',
      /answers there with its own host key; let that one leave first, then this one can replace it/,
    );
    assert.match(
      standing(candidate('mx1', 1, { ...otherKey, ...replace }), alive).conflict ?? '',
      /a copy of it; join the copy with --new-identity/,
    );
    assert.match(standing(candidate('mx9', 9, replace), records).conflict ?? '', /no machine mx9 .*without --replace/);
  });
});
