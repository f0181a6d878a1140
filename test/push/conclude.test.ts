import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { Answer } from '../../services/push/answer.ts';
import { conclude, type Delivery } from '../../services/push/conclude.ts';
import type { Served } from '../../services/push/probe.ts';
import type { Facts, Manifest } from '../../services/schema/types.generated.ts';

const wanted: Manifest = { machine: 'mx1', digest: '1'.repeat(64), files: [], probes: [] };
const facts: Facts = {
  collected: '2026-01-01T00:00:00.000Z',
  script: '1',
  identity: '',
  hostname: 'mx1',
  os: 'Debian',
  addresses: [],
  bootId: 'x',
  bootHook: 'cron',
  freeKilobytes: 1,
};
const match: Served = {
  listener: 'public',
  address: '198.18.0.11',
  port: 25,
  verdict: 'match',
  detail: 'TLSv1.3',
  fingerprint: 'f'.repeat(64),
  expires: '2027-01-01T00:00:00.000Z',
  seen: '2026-01-01T00:00:00.000Z',
};
const differs: Served = { ...match, verdict: 'differs', detail: 'another certificate is served' };
const notProbed: Served = { ...match, verdict: 'unproven', detail: 'the listener is not probed' };

const cases: readonly {
  readonly title: string;
  readonly answer: Answer;
  readonly served?: readonly Served[];
  readonly state: Delivery['state'];
  readonly detail?: RegExp;
}[] = [
  {
    title: 'confirmed and seen',
    answer: { kind: 'confirmed', generation: 2 },
    served: [match],
    state: 'confirmed',
  },
  {
    title: 'confirmed where nothing is probed: never called proven',
    answer: { kind: 'confirmed', generation: 2 },
    served: [notProbed],
    state: 'unproven',
    detail: /no probe from outside has proven it/,
  },
  {
    title: 'confirmed long ago, and something else is served by now',
    answer: { kind: 'confirmed', generation: 2 },
    served: [differs],
    state: 'unproven',
    detail: /^public on 198\.18\.0\.11:25: another certificate is served$/,
  },
  { title: 'unchanged', answer: { kind: 'unchanged' }, state: 'unchanged' },
  {
    title: 'unchanged, but something else is served',
    answer: { kind: 'unchanged' },
    served: [differs],
    state: 'unproven',
    detail: /another certificate is served/,
  },
  {
    title: 'reverted as asked: the probe is the reason',
    answer: { kind: 'reverted', generation: 2, reason: 'as asked' },
    served: [differs],
    state: 'reverted',
    detail: /^public on 198\.18\.0\.11:25: another certificate is served$/,
  },
  {
    title: 'reverted for a reason of the gateway: that one comes first',
    answer: { kind: 'reverted', generation: 2, reason: 'the machine restarted before it was confirmed' },
    served: [differs],
    state: 'reverted',
    detail: /^the machine restarted before it was confirmed; public on .*: another certificate is served$/,
  },
  {
    title: 'refused with code and sentence',
    answer: { kind: 'refused', code: 'no-space', detail: 'the disk is full' },
    state: 'refused',
    detail: /^no-space: the disk is full$/,
  },
  { title: 'a lost answer is never success', answer: { kind: 'unknown' }, state: 'unknown', detail: /was lost/ },
];

describe('conclude', () => {
  for (const { title, answer, served = [], state, detail } of cases) {
    it(title, () => {
      const delivery = conclude(answer, { facts }, wanted, undefined, served);

      assert.equal(delivery.state, state);
      assert.match(delivery.detail ?? '', detail ?? /^$/);
      const live = state === 'confirmed' || state === 'unproven' || state === 'unchanged';
      assert.equal(delivery.deployed, live ? wanted : undefined);
    });
  }
});
